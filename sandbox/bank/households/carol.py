"""Carol: a salary, savings for a kitchen, and an account that moved to another bank."""

from datetime import timedelta
from decimal import Decimal

from kernel.banking.records.offers import OfferKind
from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.catalogue import products
from sandbox.bank.catalogue.people import CAROL
from sandbox.bank.households.everyday import everyday
from sandbox.bank.stories.household import Ended, Household, Plan
from sandbox.bank.stories.routine import (
    Habit,
    Income,
    Order,
    Payments,
    Planned,
    Promotion,
    Routine,
    Saving,
)

BILLS, HABITS = everyday("current", "current")
SALARY = Income("current", 26, 274_150, shops.payee("Eastmere College", "00994066208815"), "SALARY")
SWITCHED_TO = shops.payee("Tidebank", "00998877001122")
HOUSEHOLD = Household(
    name="carol",
    people=(CAROL,),
    plans=(
        Plan("current", products.EVERYDAY, credit_line=25_000),
        Plan("savings", products.NOTICE_SAVER, nickname="New kitchen"),
        Plan("left", products.EVERYDAY, nickname="Before the move", eligible=False, ended=Ended(100, bank=SWITCHED_TO)),
    ),
    begin={"current": 91_700, "savings": 820_000, "left": 78_120},
    routine=Routine(
        incomes=(SALARY,),
        bills=BILLS,
        orders=(
            Order("current", 1, shops.LANDLORD, 97_500, "5 COLLEGE WALK"),
            Order("current", 20, shops.MOTHER, 10_000, "From Carol"),
        ),
        habits=(
            *HABITS,
            Habit("left", shops.TRANSPORT, 0.5, 210, 940, (7, 20)),
            Habit("current", shops.CONTINENTAL, 0.12, 900, 6_200, (9, 22), currency="EUR"),
        ),
        payments=(Payments("current", shops.ALLOTMENT, 0.3, 1_500, 3_200, "PLOT 9"),),
        savings=(Saving("current", "savings", 140_000),),
        interest=(("savings", products.NOTICE_PERCENT),),
        planned=(Planned("current", shops.MOTHER, 15_000, 27, 9, "Train tickets"),),
        promotions=(
            Promotion(
                account="savings",
                kind=OfferKind.PROMOTIONAL_RATE,
                description="A year at a fixed rate for savings that stay.",
                days_ago=8,
                days=30,
                rate=Decimal("4.4"),
                minor=1_000_000,
                term="12 months, no withdrawals",
            ),
        ),
    ),
    end=lambda story, anchor: story.announce_purchase("current", anchor - timedelta(hours=6), 1_840, shops.SHOPS[1]),
)

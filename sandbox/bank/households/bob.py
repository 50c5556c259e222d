"""Bob: wages, savings, and the account of his student days, closed since."""

from datetime import timedelta

from kernel.banking.records.offers import OfferKind
from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.catalogue import products
from sandbox.bank.catalogue.people import BOB
from sandbox.bank.households.everyday import everyday
from sandbox.bank.stories.household import Ended, Household, Plan
from sandbox.bank.stories.routine import (
    Bill,
    Errand,
    Habit,
    Income,
    Order,
    Payments,
    Planned,
    Promotion,
    Routine,
    Saving,
)
from sandbox.bank.stories.story import DIRECT_DEBIT

BILLS, HABITS = everyday("current", "current")
SALARY = Income("current", 28, 236_900, shops.payee("Tollgate Logistics", "00993081550294"), "WAGES")
HOUSEHOLD = Household(
    name="bob",
    people=(BOB,),
    plans=(
        Plan("current", products.EVERYDAY),
        Plan("savings", products.EASY_SAVER),
        Plan("old", products.EVERYDAY, nickname="Student days", eligible=False, ended=Ended(240, into="current")),
    ),
    begin={"current": 68_240, "savings": 125_000, "old": 61_755},
    routine=Routine(
        incomes=(SALARY,),
        bills=(
            *BILLS,
            Bill("current", 6, shops.GYM, 2_700, 2_700, "Membership"),
            Bill("current", 13, shops.CARE_PLAN, 3_495, 3_495, "Appliance cover", since=0, until=74),
        ),
        orders=(
            Order("current", 1, shops.LANDLORD, 82_500, "88 TOLLGATE RD", before=79_000),
            Order("current", 2, shops.CLUB, 1_200, "BAKER"),
        ),
        habits=(*HABITS, Habit("old", shops.COFFEE, 0.25, 290, 520, (8, 12))),
        payments=(
            Payments("current", shops.BROTHER, 0.9, 500, 5_500, "From Bob", trusted=True),
            Payments("current", shops.ALLOTMENT, 0.2, 900, 3_400, "PLOT 31"),
        ),
        savings=(Saving("current", "savings", 120_000),),
        interest=(("savings", products.SAVER_PERCENT),),
        errands=(
            Errand(75, 4, lambda story, at: story.buy("current", at, 3_495, shops.CARE_PLAN, DIRECT_DEBIT)),
            Errand(74, 8, lambda story, at: story.bounce("current", at, 3_495, shops.CARE_PLAN)),
        ),
        planned=(Planned("current", shops.BROTHER, 5_000, 16, 2, "Happy birthday"),),
        promotions=(
            Promotion(
                account="current",
                kind=OfferKind.OTHER,
                description="Bring a friend, and each of you gets 50 pounds.",
                days_ago=45,
                days=180,
                minor=5_000,
            ),
        ),
    ),
    end=lambda story, anchor: story.announce_purchase("current", anchor - timedelta(hours=4), 5_640, shops.FUEL[0]),
)

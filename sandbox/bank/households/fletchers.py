"""Erin and Frank Fletcher: a couple with a joint account and a joinery; both must sign."""

from datetime import datetime, timedelta

from kernel.banking.records.mandates import Frequency
from kernel.banking.records.offers import OfferKind
from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.catalogue import products
from sandbox.bank.catalogue.people import ERIN, FRANK, JOINERY
from sandbox.bank.households.everyday import everyday
from sandbox.bank.stories.household import Household, Plan
from sandbox.bank.stories.routine import (
    Bill,
    Earning,
    Errand,
    Fee,
    Habit,
    Order,
    Payments,
    Planned,
    Promotion,
    Routine,
    Saving,
    Transfer,
)
from sandbox.bank.stories.story import PAYMENT_IN, Story


def _last_evening(story: Story, anchor: datetime) -> None:
    payer = shops.payee("Quayside Homes", "00998114470022")
    story.announce("business", anchor - timedelta(hours=8), 128_400, payer.name or "", PAYMENT_IN, counterparty=payer)
    story.announce_purchase("business", anchor - timedelta(hours=9), 7_260, shops.FUEL[1])
    story.announce_purchase("joint", anchor - timedelta(hours=3), 6_415, shops.GROCERS[1])


BILLS, HABITS = everyday("joint", "joint")
BUILDERS = (
    shops.payee("Quayside Homes", "00998114470022"),
    shops.payee("R Pemberton", "00992207781946"),
    shops.SCHOOL,
    shops.payee("Stonebridge Interiors", "00998166035718"),
)
HOUSEHOLD = Household(
    name="fletchers",
    people=(ERIN, FRANK),
    plans=(
        Plan("joint", products.JOINT_CURRENT, nickname="Home"),
        Plan("business", products.BUSINESS, credit_line=500_000, firm=JOINERY),
        Plan("savings", products.JOINT_SAVER),
    ),
    begin={"joint": 203_600, "business": 1_184_250, "savings": 640_000},
    routine=Routine(
        earnings=(Earning("business", BUILDERS, 2.3, 34_000, 215_000),),
        bills=(
            *BILLS,
            Bill("joint", 4, shops.NURSERY, 68_000, 68_000, "Nursery"),
            Bill("business", 9, shops.INSURANCE, 8_840, 8_840, "Liability insurance"),
            Bill("business", 16, shops.MOBILE, 3_900, 3_900, "Mobile telephones"),
            Bill("business", 7, shops.TAX, 152_000, 268_000, "VAT", (2, 5, 8, 11)),
        ),
        orders=(
            Order("joint", 1, shops.LANDLORD, 138_000, "3 PLANE TREE CRES"),
            Order("joint", 1, shops.NANNY, 5_500, "Fletcher Mondays", Frequency.WEEKLY),
            Order("business", 1, shops.WORKSHOP, 145_000, "UNIT 7"),
        ),
        habits=(
            *HABITS,
            Habit("business", shops.TRADE_SUPPLIES, 4.0, 2_800, 46_000, (7, 16)),
            Habit("business", shops.FUEL, 2.0, 4_900, 9_200, (6, 19)),
        ),
        payments=(
            Payments("joint", shops.SCHOOL, 0.6, 800, 4_600, "FLETCHER 3B"),
            Payments("business", shops.TIMBER, 1.1, 12_000, 88_000, "FJ ACCOUNT", trusted=True),
            Payments("business", shops.ACCOUNTANT, 0.3, 24_000, 42_000, "JOINERY 0771"),
            Payments("business", shops.APPRENTICE, 0.9, 14_000, 38_000, "Overtime"),
        ),
        fees=(Fee("business", 28, products.ACCOUNT_FEE_MINOR, "Account fee"),),
        transfers=(Transfer("business", "joint", 27, 440_000, "Drawings"),),
        savings=(Saving("joint", "savings", 220_000),),
        interest=(("savings", products.JOINT_PERCENT),),
        errands=(Errand(61, 12, lambda story, at: story.refund("business", at, 7_315, shops.TRADE_SUPPLIES[0])),),
        planned=(
            Planned("business", shops.REVENUE, 184_320, 21, 6, "CT 20000771", "Corporation tax"),
            Planned("business", shops.TIMBER, 64_900, 5, 1, "FJ ACCOUNT"),
            Planned("joint", shops.SCHOOL, 12_500, 12, 3, "FLETCHER 3B TRIP"),
        ),
        promotions=(
            Promotion(
                account="business",
                kind=OfferKind.LIMIT_INCREASE,
                description="Your overdraft may be raised for the season.",
                days_ago=15,
                days=75,
                minor=800_000,
            ),
        ),
        floor=20_000,
    ),
    end=_last_evening,
)

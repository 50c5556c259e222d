"""Alice: a salary, a card paid every month, savings, a summer in euro; the household that has everything."""

from datetime import datetime, timedelta
from decimal import Decimal

from kernel.banking.records.mandates import Frequency
from kernel.banking.records.offers import OfferKind
from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.catalogue import products
from sandbox.bank.catalogue.people import ALICE
from sandbox.bank.households.everyday import everyday
from sandbox.bank.stories.household import Household, Plan
from sandbox.bank.stories.routine import (
    Bill,
    Earning,
    Errand,
    Habit,
    Income,
    Order,
    Payments,
    Planned,
    Promotion,
    Routine,
    Saving,
    Travel,
)
from sandbox.bank.stories.story import CARD_REFUND, PAYMENT_RETURNED, Story

OFFERS = (
    Promotion(
        account="card",
        kind=OfferKind.BALANCE_TRANSFER,
        description="Move a balance from another card and pay no interest on it for 18 months.",
        days_ago=30,
        days=120,
        rate=Decimal("0.0"),
        minor=300_000,
        fee=7_500,
        term="18 months, for balances moved within 60 days",
    ),
    Promotion(
        account="card",
        kind=OfferKind.LIMIT_INCREASE,
        description="You may raise your credit limit.",
        days_ago=12,
        days=90,
        minor=500_000,
    ),
    Promotion(
        account="savings",
        kind=OfferKind.PROMOTIONAL_RATE,
        description="Put away 5,000 pounds or more and earn a higher rate for a year.",
        days_ago=20,
        days=60,
        rate=Decimal("4.25"),
        minor=500_000,
        term="12 months",
    ),
    Promotion(
        account="current",
        kind=OfferKind.MONEY_TRANSFER,
        description="Money from your card to your current account without interest.",
        days_ago=300,
        days=90,
        rate=Decimal("0.0"),
    ),
)


def _give_back(story: Story, at: datetime) -> None:
    """The payee's account was closed."""
    payee = shops.POTTER
    information = f"Returned payment to {payee.name}"
    story.enter("current", at, 6_800, information, PAYMENT_RETURNED, counterparty=payee, reference="Order 1182")


def _charge_twice(story: Story, at: datetime) -> None:
    story.buy("card", at, 2_499, shops.SHOPS[1])
    story.buy("card", at + timedelta(seconds=40), 2_499, shops.SHOPS[1])


def _last_evening(story: Story, anchor: datetime) -> None:
    story.announce_purchase("current", anchor - timedelta(hours=5, minutes=12), 2_385, shops.GROCERS[0])
    story.announce_purchase("current", anchor - timedelta(hours=3, minutes=40), 395, shops.COFFEE[1])
    story.announce_purchase("card", anchor - timedelta(hours=2, minutes=5), 3_160, shops.RESTAURANTS[1])
    shop, at = shops.SHOPS[3], anchor - timedelta(hours=7, minutes=25)
    story.announce("card", at, 5_990, f"Refund from {shop.name}", CARD_REFUND, merchant=shop)


BILLS, HABITS = everyday("current", "card")
SALARY = Income("current", 25, 318_400, shops.payee("Meridian Design Studio", "00995120417733"), "SALARY")
HOUSEHOLD = Household(
    name="alice",
    people=(ALICE,),
    plans=(
        Plan("current", products.EVERYDAY, nickname="Bills and spending", credit_line=50_000),
        Plan("savings", products.EASY_SAVER, nickname="Rainy day"),
        Plan("card", products.CREDIT_CARD, credit_line=350_000),
        Plan("euro", products.EURO, currency="EUR", nickname="Holidays"),
    ),
    begin={"current": 142_310, "savings": 410_000, "euro": 18_450},
    routine=Routine(
        incomes=(SALARY,),
        earnings=(Earning("current", (shops.FLATMATE,), 0.2, 900, 6_400, "My half"),),
        bills=(
            *BILLS,
            Bill("current", 6, shops.GYM, 2_700, 2_700, "Membership", until=210),
            Bill("current", 12, shops.CHARITY, 800, 800, "Donation"),
            Bill("current", 20, shops.MAGAZINE, 1_650, 1_650, "Subscription", (2, 5, 8, 11)),
            Bill("current", 27, shops.CAR_INSURANCE, 4_120, 4_120, "Car insurance", since=2),
        ),
        orders=(
            Order("current", 1, shops.LANDLORD, 115_000, "FLAT 4 RENT", before=109_500),
            Order("current", 5, shops.CLEANER, 4_500, "Archer cleaning", Frequency.WEEKLY),
            Order("current", 15, shops.PIANO, 6_000, "Lessons A Archer", payments=18),
            Order("current", 10, shops.SISTER, 3_500, "Mum's present", payments=36),
        ),
        habits=(
            *HABITS,
            Habit("card", shops.AMERICAN, 0.35, 900, 8_200, (18, 23), currency="USD"),
            Habit("card", shops.JAPANESE, 0.08, 1_800, 14_500, (20, 23), currency="JPY"),
        ),
        payments=(
            Payments("current", shops.FLATMATE, 1.4, 600, 4_800, "Thanks, Alice", trusted=True),
            Payments("current", shops.DENTIST, 0.2, 2_680, 9_800, "AARCHER 4417"),
            Payments("current", shops.ALLOTMENT, 0.25, 1_500, 3_200, "PLOT 22"),
        ),
        savings=(Saving("current", "savings", 185_000),),
        interest=(("savings", products.SAVER_PERCENT),),
        cards=(("card", "current"),),
        travel=Travel("current", "euro", 7, 62_000, Decimal("1.164"), shops.CONTINENTAL),
        errands=(
            Errand(96, 13, lambda story, at: story.pay("current", at, 6_800, shops.POTTER, reference="Order 1182")),
            Errand(95, 9, _give_back),
            Errand(47, 15, _charge_twice),
            Errand(45, 10, lambda story, at: story.refund("card", at, 2_499, shops.SHOPS[1], "Reversal of card payment")),
            Errand(23, 11, lambda story, at: story.refund("card", at, 4_250, shops.SHOPS[0])),
        ),
        planned=(
            Planned("current", shops.DENTIST, 6_240, 9, 4, "AARCHER 4417", "Dentist"),
            Planned("current", shops.SISTER, 25_000, 34, 18, "Wedding present"),
        ),
        promotions=OFFERS,
    ),
    end=_last_evening,
)

"""Who lives in the synthetic bank, what accounts they have, and how their money goes."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountType, Counterparty, Scheme
from kernel.banking.money import Money
from plugins.ledger.documents import Identity
from plugins.ledger.entries import AccountOpening, Holder, Right
from sandbox.bank import merchants as shops
from sandbox.bank.numbers import BIC, card_number, iban, sort_code_account
from sandbox.bank.routine import Bill, Earning, Habit, Income, Routine, Saving, Transfer, Travel, live
from sandbox.bank.story import CASH_WITHDRAWAL, PAYMENT_IN, STANDING_ORDER, Person, Story

HISTORY = timedelta(days=730)
ACCOUNT_AGE = timedelta(days=365)  # accounts were opened this long before their history begins

ALICE = Person("alice", "Alice Archer", ("device",))
BOB = Person("bob", "Bob Baker", ("one_time_code",))
CAROL = Person("carol", "Carol Chandler", ("passkey", "one_time_code"))
DAVE = Person("dave", "Dave Draper", ("one_time_code",))
ERIN = Person("erin", "Erin Fletcher", ("device", "one_time_code"))
FRANK = Person("frank", "Frank Fletcher", ("one_time_code",))
HEAVY = Person("heavy", "Hester Heavy", ("device", "one_time_code"))


@dataclass(frozen=True, slots=True)
class Plan:
    """An account to be opened. `key` names it within its household."""

    key: str
    product: str
    type: AccountType = AccountType.CURRENT
    currency: str = "GBP"
    category: AccountCategory = AccountCategory.PERSONAL
    nickname: str | None = None
    credit_line: int | None = None  # minor units
    eligible: bool = True
    name_on_account: str | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """`begin` tells what was there when the history starts; `routine` what came after; `end` what is still pending."""

    name: str
    people: tuple[Person, ...]
    plans: tuple[Plan, ...]
    begin: dict[str, int]
    routine: Routine
    end: Callable[[Story, datetime], None] | None = None


def open_accounts(household: Household, story: Story, customers: tuple[str, ...], anchor: datetime) -> None:
    """Give the story the household's accounts."""
    at = anchor - HISTORY - ACCOUNT_AGE
    for position, plan in enumerate(household.plans):
        story.accounts[plan.key] = _open_plan(plan, story, household, customers, position=position, at=at)


def tell(household: Household, story: Story, anchor: datetime) -> None:
    """Fill the story with all that happened on its accounts before `anchor` (a midnight)."""
    first = anchor - HISTORY
    for key, minor in household.begin.items():
        story.enter(key, first, minor, "Balance brought forward", PAYMENT_IN)
    live(story, household.routine, first + timedelta(days=1), anchor)
    if household.end is not None:
        household.end(story, anchor)


def _open_plan(
    plan: Plan, story: Story, household: Household, customers: tuple[str, ...], *, position: int, at: datetime
) -> AccountOpening:
    """The account as it was opened: every customer of the household may approve."""
    name = plan.name_on_account or " & ".join(person.display_name for person in household.people)
    return AccountOpening(
        id=story.ids.uuid(),
        currency=plan.currency,
        type=plan.type,
        category=plan.category,
        product=plan.product,
        opened_at=at,
        identity=Identity(_identifiers(plan, story.rng, name), plan.nickname),
        holders=tuple(Holder(customer, Right.APPROVE, position) for customer in customers),
        eligible=plan.eligible,
        credit_line=None if plan.credit_line is None else Money(plan.currency, plan.credit_line),
        servicer_bic=BIC,
    )


def _identifiers(plan: Plan, rng: random.Random, name: str) -> tuple[AccountIdentifier, ...]:
    if plan.type is AccountType.CARD:
        return (AccountIdentifier(Scheme.PAN, card_number(rng), name),)
    number = sort_code_account(rng)
    by_iban = AccountIdentifier(Scheme.IBAN, iban(number), name)
    return (by_iban,) if plan.currency == "EUR" else (AccountIdentifier(Scheme.SORT_CODE, number, name), by_iban)


def _employer(name: str, account: str) -> Counterparty:
    return Counterparty(name, AccountIdentifier(Scheme.SORT_CODE, account, name))


def _everyday(account: str, card: str, rent: int) -> tuple[tuple[Bill, ...], tuple[Habit, ...]]:
    """The bills and habits that most people share; `card` pays for shopping and evenings out."""
    bills = (
        Bill(account, 1, shops.RENT, rent, rent, STANDING_ORDER),
        Bill(account, 3, shops.COUNCIL, 14_800, 14_800),
        Bill(account, 8, shops.ENERGY, 7_400, 15_900),
        Bill(account, 11, shops.WATER, 3_350, 3_350),
        Bill(account, 14, shops.BROADBAND, 3_100, 3_100),
        Bill(account, 17, shops.MOBILE, 1_400, 1_400),
        Bill(account, 19, shops.STREAMING, 999, 999),
        Bill(account, 24, shops.MUSIC, 1_099, 1_099),
    )
    habits = (
        Habit(account, shops.GROCERS, 2.2, 1_150, 7_200),
        Habit(account, shops.COFFEE, 3.1, 290, 520, (7, 11)),
        Habit(account, shops.TRANSPORT, 4.6, 210, 940, (7, 20)),
        Habit(account, shops.PHARMACIES, 0.3, 350, 2_400),
        Habit(account, shops.CASH, 0.3, 2_000, 2_000, (9, 22), CASH_WITHDRAWAL),
        Habit(card, shops.RESTAURANTS, 1.2, 1_250, 5_200, (12, 22)),
        Habit(card, shops.SHOPS, 0.5, 1_200, 9_500),
    )
    return bills, habits


def _alice() -> Household:
    bills, habits = _everyday("current", "card", 115_000)
    salary = Income("current", 25, 318_400, _employer("Meridian Design Studio", "00995120417733"), "SALARY")
    return Household(
        name="alice",
        people=(ALICE,),
        plans=(
            Plan("current", "Everyday Current Account", nickname="Bills and spending", credit_line=50_000),
            Plan("savings", "Easy Saver", AccountType.SAVINGS, nickname="Rainy day"),
            Plan("card", "Everyday Credit Card", AccountType.CARD, credit_line=350_000),
            Plan("euro", "Euro Current Account", currency="EUR", nickname="Holidays"),
        ),
        begin={"current": 142_310, "savings": 410_000, "euro": 18_450},
        routine=Routine(
            incomes=(salary,),
            bills=(*bills, Bill("current", 6, shops.GYM, 2_700, 2_700)),
            habits=habits,
            savings=(Saving("current", "savings", 185_000),),
            interest=(("savings", 0.036),),
            cards=(("card", "current"),),
            travel=Travel("current", "euro", 7, 62_000, 1.164, shops.CONTINENTAL),
        ),
        end=_alices_last_evening,
    )


def _alices_last_evening(story: Story, anchor: datetime) -> None:
    story.announce("current", anchor - timedelta(hours=5, minutes=12), 2_385, shops.GROCERS[0])
    story.announce("current", anchor - timedelta(hours=3, minutes=40), 395, shops.COFFEE[1])
    story.announce("card", anchor - timedelta(hours=2, minutes=5), 3_160, shops.RESTAURANTS[1])


def _bob() -> Household:
    bills, habits = _everyday("current", "current", 82_500)
    salary = Income("current", 28, 236_900, _employer("Tollgate Logistics", "00993081550294"), "WAGES")
    return Household(
        name="bob",
        people=(BOB,),
        plans=(Plan("current", "Everyday Current Account"), Plan("savings", "Easy Saver", AccountType.SAVINGS)),
        begin={"current": 68_240, "savings": 125_000},
        routine=Routine(
            (salary,), (), bills, habits, savings=(Saving("current", "savings", 120_000),), interest=(("savings", 0.036),)
        ),
        end=lambda story, anchor: story.announce("current", anchor - timedelta(hours=4), 5_640, shops.FUEL[0]),
    )


def _carol() -> Household:
    bills, habits = _everyday("current", "current", 97_500)
    salary = Income("current", 26, 274_150, _employer("Eastmere College", "00994066208815"), "SALARY")
    return Household(
        name="carol",
        people=(CAROL,),
        plans=(
            Plan("current", "Everyday Current Account", credit_line=25_000),
            Plan("savings", "Notice Saver", AccountType.SAVINGS, nickname="New kitchen"),
        ),
        begin={"current": 91_700, "savings": 820_000},
        routine=Routine(
            (salary,), (), bills, habits, savings=(Saving("current", "savings", 140_000),), interest=(("savings", 0.041),)
        ),
    )


def _dave() -> Household:
    """Nothing to share: a loan, which no third party may see."""
    lender = Counterparty("Dave Draper")
    return Household(
        name="dave",
        people=(DAVE,),
        plans=(Plan("loan", "Personal Loan", AccountType.LOAN, eligible=False),),
        begin={"loan": -1_000_000},
        routine=Routine(incomes=(Income("loan", 5, 23_185, lender, "REPAYMENT"),), interest=(("loan", 0.069),)),
    )


def _fletchers() -> Household:
    """A couple with a joint account and a joinery: both must sign."""
    bills, habits = _everyday("joint", "joint", 138_000)
    builders = tuple(
        Counterparty(name) for name in ("Quayside Homes", "R Pemberton", "Larkfield School", "Stonebridge Interiors")
    )
    trade_bills = (
        Bill("business", 1, shops.RENT, 145_000, 145_000, STANDING_ORDER),
        Bill("business", 9, shops.INSURANCE, 8_840, 8_840),
        Bill("business", 16, shops.MOBILE, 3_900, 3_900),
    )
    trade = (
        Habit("business", shops.TRADE_SUPPLIES, 4.0, 2_800, 46_000, (7, 16)),
        Habit("business", shops.FUEL, 2.0, 4_900, 9_200, (6, 19)),
    )
    return Household(
        name="fletchers",
        people=(ERIN, FRANK),
        plans=(
            Plan("joint", "Joint Current Account", nickname="Home"),
            Plan(
                "business",
                "Business Current Account",
                category=AccountCategory.BUSINESS,
                credit_line=500_000,
                name_on_account="Fletcher & Fletcher Joinery",
            ),
            Plan("savings", "Joint Saver", AccountType.SAVINGS),
        ),
        begin={"joint": 203_600, "business": 1_184_250, "savings": 640_000},
        routine=Routine(
            earnings=(Earning("business", builders, 2.1, 34_000, 215_000),),
            bills=(*bills, Bill("joint", 4, shops.NURSERY, 68_000, 68_000), *trade_bills),
            habits=(*habits, *trade),
            transfers=(Transfer("business", "joint", 27, 440_000, "Drawings"),),
            savings=(Saving("joint", "savings", 220_000),),
            interest=(("savings", 0.038),),
            floor=20_000,
        ),
    )


HOUSEHOLDS = (_alice(), _bob(), _carol(), _dave(), _fletchers())

"""How a household's money goes, day by day: pay, bills, habits, saving, the card, a summer abroad. Data in, a story out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from kernel.banking.accounts import Counterparty, Merchant
from sandbox.bank.story import (
    CARD_PURCHASE,
    DIRECT_DEBIT,
    INTEREST,
    INTEREST_DUE,
    INTEREST_PAID,
    PAYMENT_IN,
    SALARY,
    Story,
)

DAY = timedelta(days=1)
SWEEP_STEP = 1000  # minor units: people save round sums
CARD_DAY, SWEEP_DAY = 21, 2
Event = tuple[datetime, Callable[[datetime], None]]


@dataclass(frozen=True, slots=True)
class Income:
    """Comes every month on its day, or on the last working day before it."""

    account: str
    day: int
    minor: int
    payer: Counterparty
    reference: str


@dataclass(frozen=True, slots=True)
class Earning:
    """Comes by chance, so many times a week."""

    account: str
    payers: tuple[Counterparty, ...]
    per_week: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Bill:
    account: str
    day: int
    merchant: Merchant
    low: int
    high: int
    code: str = DIRECT_DEBIT


@dataclass(frozen=True, slots=True)
class Habit:
    """Bought by chance, so many times a week, between two hours of the day; never below the routine's floor."""

    account: str
    merchants: tuple[Merchant, ...]
    per_week: float
    low: int
    high: int
    hours: tuple[int, int] = (9, 19)
    code: str = CARD_PURCHASE


@dataclass(frozen=True, slots=True)
class Transfer:
    """Moved every month between two accounts of the household, when there is enough."""

    source: str
    target: str
    day: int
    minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class Saving:
    """What the current account holds beyond `keep` is saved each month; what it lacks comes back."""

    current: str
    savings: str
    keep: int


@dataclass(frozen=True, slots=True)
class Travel:
    """A fortnight abroad every summer: money is exchanged, then spent from `account`. `rate`: units received for one."""

    current: str
    account: str
    month: int
    minor: int
    rate: float
    merchants: tuple[Merchant, ...]


@dataclass(frozen=True, slots=True)
class Routine:
    """`floor`: what a habit leaves on an account that must not go below zero. `cards`: (card, current account that repays it); `interest`: (account, yearly rate)."""

    incomes: tuple[Income, ...] = ()
    earnings: tuple[Earning, ...] = ()
    bills: tuple[Bill, ...] = ()
    habits: tuple[Habit, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    savings: tuple[Saving, ...] = ()
    interest: tuple[tuple[str, float], ...] = ()
    cards: tuple[tuple[str, str], ...] = ()
    travel: Travel | None = None
    floor: int = 15_000


def live(story: Story, routine: Routine, first: datetime, until: datetime) -> None:
    """Tell every day from `first` (a midnight) to before `until`."""
    day = first
    while day < until:
        events = [*_fixed(story, routine, day), *_chances(story, routine, day), *_own(story, routine, day)]
        for at, happen in sorted(events, key=lambda event: event[0]):
            happen(at)
        day += DAY


def _fixed(story: Story, routine: Routine, day: datetime) -> list[Event]:
    events: list[Event] = []
    for income in routine.incomes:
        if _is_payday(day, income.day):
            events.append((_between(story, day, 0, 3), _receive(story, income.account, income.minor, income.payer, code=SALARY, reference=income.reference)))  # fmt: skip
    for bill in routine.bills:
        if day.day == bill.day:
            events.append((_between(story, day, 3, 6), _pay(story, bill)))
    return events


def _chances(story: Story, routine: Routine, day: datetime) -> list[Event]:
    events: list[Event] = []
    for earning in routine.earnings:
        for _ in range(_times(story, earning.per_week)):
            minor, payer = story.amount(earning.low, earning.high), story.rng.choice(earning.payers)
            reference = f"Invoice {story.rng.randrange(1000, 9999)}"
            events.append(
                (
                    _between(story, day, 8, 17),
                    _receive(story, earning.account, minor, payer, code=PAYMENT_IN, reference=reference),
                )
            )
    for habit in routine.habits:
        for _ in range(_times(story, habit.per_week)):
            events.append((_between(story, day, *habit.hours), _indulge(story, habit, routine.floor)))
    return events


def _own(story: Story, routine: Routine, day: datetime) -> list[Event]:
    events: list[Event] = [
        (_between(story, day, 6, 7), _transfer(story, transfer, routine.floor))
        for transfer in routine.transfers
        if day.day == transfer.day
    ]
    if day.day == SWEEP_DAY:
        events += [(_between(story, day, 7, 8), _sweep(story, saving)) for saving in routine.savings]
    if (day + DAY).day == 1:
        events += [(_between(story, day, 23, 24), _accrue(story, account, yearly)) for account, yearly in routine.interest]
    if day.day == CARD_DAY:
        events += [(_between(story, day, 4, 6), _repay(story, card, current)) for card, current in routine.cards]
    if routine.travel is not None and day.month == routine.travel.month:
        events += _journey(story, routine.travel, day)
    return events


def _journey(story: Story, travel: Travel, day: datetime) -> list[Event]:
    if day.day == 1:
        received = round(travel.minor * travel.rate)
        return [
            (_between(story, day, 9, 10), lambda at: story.exchange(travel.current, travel.account, at, travel.minor, received))
        ]
    if not 5 <= day.day <= 18:
        return []
    habit = Habit(travel.account, travel.merchants, 0, 350, 5_200)
    return [(_between(story, day, 10, 21), _indulge(story, habit, 2_000)) for _ in range(story.rng.randrange(1, 3))]


def _receive(story: Story, account: str, minor: int, payer: Counterparty, *, code: str, reference: str) -> Callable[[datetime], None]:  # fmt: skip
    return lambda at: story.enter(account, at, minor, payer.name or "", code, counterparty=payer, reference=reference)


def _pay(story: Story, bill: Bill) -> Callable[[datetime], None]:
    minor = story.amount(bill.low, bill.high)
    return lambda at: story.buy(bill.account, at, minor, bill.merchant, bill.code)


def _indulge(story: Story, habit: Habit, floor: int) -> Callable[[datetime], None]:
    minor, merchant = story.amount(habit.low, habit.high), story.rng.choice(habit.merchants)

    def happen(at: datetime) -> None:
        line = story.accounts[habit.account].credit_line
        if story.balances[habit.account] + (line.minor if line else 0) - minor >= floor:
            story.buy(habit.account, at, minor, merchant, habit.code)

    return happen


def _transfer(story: Story, transfer: Transfer, floor: int) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        if story.balances[transfer.source] - transfer.minor >= floor:
            story.move(transfer.source, transfer.target, at, transfer.minor, reference=transfer.reference)

    return happen


def _sweep(story: Story, saving: Saving) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        over = story.balances[saving.current] - saving.keep
        surplus = over // SWEEP_STEP * SWEEP_STEP
        lacking = min(-(over // SWEEP_STEP) * SWEEP_STEP, story.balances[saving.savings] // SWEEP_STEP * SWEEP_STEP)
        if surplus > 0:
            story.move(saving.current, saving.savings, at, surplus, reference="Savings")
        elif lacking > 0 and over < -saving.keep // 2:
            story.move(saving.savings, saving.current, at, lacking, reference="Top up")

    return happen


def _accrue(story: Story, account: str, yearly: float) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        minor = math.floor(story.balances[account] * yearly / 12)
        if minor:
            text, code = ("Interest", INTEREST) if minor > 0 else ("Interest charged", INTEREST_DUE)
            story.enter(account, at, minor, text, code, against=INTEREST_PAID)

    return happen


def _repay(story: Story, card: str, current: str) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        owed = -story.balances[card]
        if owed > 0:
            story.move(current, card, at, owed, reference="Card repayment")

    return happen


def _is_payday(day: datetime, nominal: int) -> bool:
    """Whether `day` is the month's pay day: the nominal one, or the Friday before if that is a weekend."""
    due = day.replace(day=nominal)
    return day == due - DAY * max(0, due.weekday() - 4)


def _times(story: Story, per_week: float) -> int:
    """How often today: the whole part of the daily rate, and once more by chance."""
    daily = per_week / 7
    return int(daily) + (story.rng.random() < daily % 1)


def _between(story: Story, day: datetime, first_hour: int, last_hour: int) -> datetime:
    return datetime.combine(day, time(), day.tzinfo) + timedelta(seconds=story.rng.randrange(first_hour * 3600, last_hour * 3600))

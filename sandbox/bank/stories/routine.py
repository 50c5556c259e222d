"""The routine of a household's money, as data: pay, bills, orders, habits, payees, saving, the card, a summer abroad.

`days.py` turns it into entries day by day; `dues.py` into the bank's mandates, orders and payees.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.banking.accounts import Counterparty, Merchant
from kernel.banking.records.direct_debits import Collection
from kernel.banking.records.mandates import Frequency
from kernel.banking.records.offers import OfferKind
from sandbox.bank.stories.story import CARD_PURCHASE, Story

EVERY_MONTH = tuple(range(1, 13))
_FREQUENCIES = {12: Frequency.MONTHLY, 4: Frequency.QUARTERLY, 2: Frequency.HALF_YEARLY, 1: Frequency.YEARLY}


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
    """Comes by chance, so many times a week; without a reference, an invoice's number."""

    account: str
    payers: tuple[Counterparty, ...]
    per_week: float
    low: int
    high: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """Collected by direct debit on its day of its months. `since` and `until` are days before the anchor: a mandate that is
    younger than the history, one that was cancelled."""

    account: str
    day: int
    merchant: Merchant
    low: int
    high: int
    reason: str
    months: tuple[int, ...] = EVERY_MONTH
    since: int | None = None
    until: int | None = None

    @property
    def frequency(self) -> Frequency:
        return _FREQUENCIES[len(self.months)]

    @property
    def collection(self) -> Collection:
        return Collection.FIXED if self.low == self.high else Collection.USAGE_BASED

    def falls_on(self, day: datetime) -> bool:
        return day.day == self.day and day.month in self.months

    def is_in_force(self, days_left: int) -> bool:
        """`days_left` until the anchor."""
        return (self.since is None or days_left <= self.since) and (self.until is None or days_left > self.until)


@dataclass(frozen=True, slots=True)
class Order:
    """A standing order on its day of the month, or of the week (1 is Monday). `payments`: in all, from the start of the history;
    `before`: what it paid in the first year."""

    account: str
    day: int
    payee: Counterparty
    minor: int
    reference: str
    frequency: Frequency = Frequency.MONTHLY
    payments: int | None = None
    before: int | None = None

    def falls_on(self, day: datetime) -> bool:
        return day.isoweekday() == self.day if self.frequency is Frequency.WEEKLY else day.day == self.day


@dataclass(frozen=True, slots=True)
class Habit:
    """Bought by chance, so many times a week, between two hours of the day; never below the routine's floor. Prices are in minor
    units of `currency`, if that is another than the account's."""

    account: str
    merchants: tuple[Merchant, ...]
    per_week: float
    low: int
    high: int
    hours: tuple[int, int] = (9, 19)
    code: str = CARD_PURCHASE
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Payments:
    """To a payee that the customer has set up, by chance, so many times a month."""

    account: str
    payee: Counterparty
    per_month: float
    low: int
    high: int
    reference: str
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Fee:
    """The bank's own, every month on its day."""

    account: str
    day: int
    minor: int
    information: str


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
    """Move the current account's balance above `keep` to savings each month, and move it back when the current account lacks it."""

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
    rate: Decimal
    merchants: tuple[Merchant, ...]


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that happened once, so many days before the anchor, at an hour of that day."""

    days_before: int
    hour: int
    happen: Callable[[Story, datetime], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """A payment set up for a day to come."""

    account: str
    payee: Counterparty
    minor: int
    days_ahead: int
    days_ago: int
    reference: str
    own_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """An offer to an account's holder, in force for so many days from so many days before the anchor."""

    account: str
    kind: OfferKind
    description: str
    days_ago: int
    days: int
    rate: Decimal | None = None
    minor: int | None = None
    fee: int | None = None
    term: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """`floor`: what a habit leaves on an account that must not go below zero. `cards`: (card, current account that repays it);
    `interest`: (account, per cent a year)."""

    incomes: tuple[Income, ...] = ()
    earnings: tuple[Earning, ...] = ()
    bills: tuple[Bill, ...] = ()
    orders: tuple[Order, ...] = ()
    habits: tuple[Habit, ...] = ()
    payments: tuple[Payments, ...] = ()
    fees: tuple[Fee, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    savings: tuple[Saving, ...] = ()
    interest: tuple[tuple[str, Decimal], ...] = ()
    cards: tuple[tuple[str, str], ...] = ()
    travel: Travel | None = None
    errands: tuple[Errand, ...] = ()
    planned: tuple[Planned, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    floor: int = 15_000

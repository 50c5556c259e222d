"""Write a household's routine into its story, day by day. The same chances make the same days."""

import math
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

from kernel.banking.accounts import Counterparty
from kernel.banking.money import Money
from sandbox.bank.stories.routine import Bill, Errand, Habit, Order, Payments, Routine, Saving, Transfer, Travel
from sandbox.bank.stories.story import (
    ACCOUNT_FEE,
    DIRECT_DEBIT,
    FEES,
    INTEREST,
    INTEREST_DUE,
    INTEREST_PAID,
    PAYMENT_IN,
    SALARY,
    STANDING_ORDER,
    Story,
)

DAY = timedelta(days=1)
DAYS_OF_YEAR, DAYS_OF_MONTH = 365, 30
SWEEP_STEP = 1000  # minor units: people save round sums
CARD_DAY, SWEEP_DAY = 21, 2
STERLING = {"EUR": 0.86, "USD": 0.74, "JPY": 0.0051, "CHF": 0.91}  # for one; a day's rate is near it
RATE_VARIES = 0.02
RATE_STEP = Decimal("0.000001")
Event = tuple[datetime, Callable[[datetime], None]]


def live(story: Story, routine: Routine, first: datetime, until: datetime, ends: tuple[Errand, ...] = ()) -> None:
    """Write every day from `first` (a midnight) up to `until`. `ends`: when accounts are closed; nothing is bought on them later."""
    day = first
    while day < until:
        days_left = (until - day).days
        events = [
            *_fixed(story, routine, day, days_left),
            *_chances(story, routine, day),
            *_own(story, routine, day),
            *(
                (day + timedelta(hours=errand.hour), _errand(story, errand.happen))
                for errand in (*routine.errands, *ends)
                if errand.days_before == days_left
            ),
        ]
        for at, happen in sorted(events, key=lambda event: event[0]):
            happen(at)
        day += DAY


def _fixed(story: Story, routine: Routine, day: datetime, days_left: int) -> list[Event]:
    events: list[Event] = []
    for income in routine.incomes:
        if _is_payday(day, income.day):
            events.append((_between(story, day, 0, 3), _receive(story, income.account, income.minor, income.payer, code=SALARY, reference=income.reference)))  # fmt: skip
    for bill in routine.bills:
        if bill.falls_on(day) and bill.is_in_force(days_left):
            events.append((_between(story, day, 3, 6), _collect(story, routine, bill)))
    for order in routine.orders:
        made = len(story.paid[order.account, order.payee.name or ""])
        if order.falls_on(day) and (order.payments is None or made < order.payments):
            events.append((_between(story, day, 2, 3), _pay_order(story, routine, order, days_left)))
    for fee in routine.fees:
        if day.day == fee.day:
            events.append((_between(story, day, 22, 23), _charge(story, fee.account, fee.minor, fee.information)))
    return events


def _chances(story: Story, routine: Routine, day: datetime) -> list[Event]:
    events: list[Event] = []
    for earning in routine.earnings:
        for _ in range(_times(story, earning.per_week / 7)):
            minor, payer = story.amount(earning.low, earning.high), story.rng.choice(earning.payers)
            reference = earning.reference or f"Invoice {story.rng.randrange(1000, 9999)}"
            happen = _receive(story, earning.account, minor, payer, code=PAYMENT_IN, reference=reference)
            events.append((_between(story, day, 8, 17), happen))
    for habit in routine.habits:
        for _ in range(_times(story, habit.per_week / 7)):
            events.append((_between(story, day, *habit.hours), _indulge(story, habit, routine.floor)))
    for payments in routine.payments:
        if _times(story, payments.per_month / DAYS_OF_MONTH):
            events.append((_between(story, day, 8, 22), _pay_someone(story, payments, routine.floor)))
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
        events += [(_between(story, day, 4, 6), _repay(story, routine, card, current)) for card, current in routine.cards]
    if routine.travel is not None and day.month == routine.travel.month:
        events += _journey(story, routine.travel, day)
    return events


def _journey(story: Story, travel: Travel, day: datetime) -> list[Event]:
    if day.day == 1:
        return [
            (
                _between(story, day, 9, 10),
                lambda at: story.exchange(travel.current, travel.account, at, travel.minor, travel.rate),
            )
        ]
    if not 5 <= day.day <= 18:
        return []
    habit = Habit(travel.account, travel.merchants, 0, 350, 5_200)
    return [(_between(story, day, 10, 21), _indulge(story, habit, 2_000)) for _ in range(story.rng.randrange(1, 3))]


def _errand(story: Story, happen: Callable[[Story, datetime], None]) -> Callable[[datetime], None]:
    return lambda at: happen(story, at)


def _receive(story: Story, account: str, minor: int, payer: Counterparty, *, code: str, reference: str) -> Callable[[datetime], None]:  # fmt: skip
    return lambda at: story.enter(account, at, minor, payer.name or "", code, counterparty=payer, reference=reference)


def _collect(story: Story, routine: Routine, bill: Bill) -> Callable[[datetime], None]:
    minor = story.amount(bill.low, bill.high)

    def happen(at: datetime) -> None:
        _top_up(story, routine, bill.account, at, minor)
        story.buy(bill.account, at, minor, bill.merchant, DIRECT_DEBIT)

    return happen


def _pay_order(story: Story, routine: Routine, order: Order, days_left: int) -> Callable[[datetime], None]:
    minor = order.minor if order.before is None or days_left <= DAYS_OF_YEAR else order.before

    def happen(at: datetime) -> None:
        _top_up(story, routine, order.account, at, minor)
        story.pay(order.account, at, minor, order.payee, reference=order.reference, code=STANDING_ORDER)

    return happen


def _top_up(story: Story, routine: Routine, account: str, at: datetime, minor: int) -> None:
    """Move the amount that the account lacks for a payment from the savings, a minute before it."""
    for saving in routine.savings:
        lacking = minor + routine.floor - story.balances[account]
        if saving.current == account and not _has(story, account, minor):
            moved = min(-(-lacking // SWEEP_STEP) * SWEEP_STEP, story.balances[saving.savings])
            story.move(saving.savings, account, at - timedelta(minutes=1), moved, reference="Top up")


def _charge(story: Story, account: str, minor: int, information: str) -> Callable[[datetime], None]:
    return lambda at: story.enter(account, at, -minor, information, ACCOUNT_FEE, against=FEES)


def _indulge(story: Story, habit: Habit, floor: int) -> Callable[[datetime], None]:
    price, merchant = story.amount(habit.low, habit.high), story.rng.choice(habit.merchants)
    rate = None if habit.currency is None else _rate_of_day(story, habit.currency)

    def happen(at: datetime) -> None:
        if rate is None or habit.currency is None:
            if _has(story, habit.account, price + floor):
                story.buy(habit.account, at, price, merchant, habit.code)
            return
        abroad = Money(habit.currency, price)
        if _has(story, habit.account, story.convert(habit.account, abroad, rate) + floor):
            story.buy_abroad(habit.account, at, abroad, rate, merchant)

    return happen


def _pay_someone(story: Story, payments: Payments, floor: int) -> Callable[[datetime], None]:
    minor = story.amount(payments.low, payments.high)

    def happen(at: datetime) -> None:
        if _has(story, payments.account, minor + floor):
            story.pay(payments.account, at, minor, payments.payee, reference=payments.reference)

    return happen


def _has(story: Story, account: str, minor: int) -> bool:
    if account in story.changes:
        return False
    line = story.accounts[account].credit_line
    return story.balances[account] + (line.minor if line else 0) >= minor


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


def _accrue(story: Story, account: str, yearly: Decimal) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        minor = math.floor(story.balances[account] * yearly / 1200)
        if minor:
            text, code = ("Interest", INTEREST) if minor > 0 else ("Interest charged", INTEREST_DUE)
            story.enter(account, at, minor, text, code, against=INTEREST_PAID)

    return happen


def _repay(story: Story, routine: Routine, card: str, current: str) -> Callable[[datetime], None]:
    def happen(at: datetime) -> None:
        owed = -story.balances[card]
        if owed > 0:
            _top_up(story, routine, current, at, owed)
            story.move(current, card, at, owed, reference="Card repayment")

    return happen


def _rate_of_day(story: Story, currency: str) -> Decimal:
    rate = STERLING[currency] * (1 + story.rng.uniform(-RATE_VARIES, RATE_VARIES))
    return Decimal(rate).quantize(RATE_STEP)


def _is_payday(day: datetime, nominal: int) -> bool:
    """True if `day` is the month's pay day: the nominal one, or the Friday before if that is a weekend."""
    due = day.replace(day=nominal)
    return day == due - DAY * max(0, due.weekday() - 4)


def _times(story: Story, daily: float) -> int:
    """The number of times today: the whole part of the daily rate, plus one with the probability of its fraction."""
    return int(daily) + (story.rng.random() < daily % 1)


def _between(story: Story, day: datetime, first_hour: int, last_hour: int) -> datetime:
    return datetime.combine(day, time(), day.tzinfo) + timedelta(seconds=story.rng.randrange(first_hour * 3600, last_hour * 3600))

"""The statements of the accounts over which a simulated scheme settles, from the scheme's own books: one for each day that it settles on.

It has one entry for each cycle with the payments that it is made of. Nothing in it comes from the books of the bank, so that the two can be
compared.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from kernel.banking.money import Money
from orders.reconciliation.statement import Balance, Booked, Kind, Part, References, Statement
from orders.settlement.ports import Calendar, SettlementAccount
from plugins.rails.simulated.books import Books
from plugins.rails.simulated.rules import SchemeRules

NAME_CHARACTERS_MAX = 140  # of a payee in a statement
END_TO_END_CHARACTERS_MAX = 35  # of an identification in a statement

Made = dict[str, list[Part]]  # by cycle


def statements_of(rules: SchemeRules, books: Books, until: date) -> Iterator[Statement]:
    """Those of a scheme's accounts, up to a day."""
    parts = _parts(books)
    for account in rules.accounts:
        made = {cycle: inside for cycle, found in parts.items() if (inside := _in_currency(found, account.currency))}
        if rules.calendar is not None:
            yield from daily_statements(rules.calendar, account, made, until)


def _in_currency(parts: list[Part], currency: str) -> list[Part]:
    return [part for part in parts if part.amount.currency == currency]


def daily_statements(calendar: Calendar, account: SettlementAccount, made: Made, until: date) -> Iterator[Statement]:
    """One for each day of settlement from that of the first payment to `until`, each numbered within its year."""
    if not made:
        return
    day, opening, number = date.fromisoformat(min(made).partition(".")[0]), 0, 0
    last = day
    while day <= until:
        if calendar.is_business_day(day):
            number = 1 if number and day.year > last.year else number + 1
            entries = tuple(_entry(cycle.id, day, made[cycle.id]) for cycle in calendar.cycles_of(day) if cycle.id in made)
            closing = opening + sum(entry.amount.minor for entry in entries)
            yield _statement(account, day, number, (opening, closing), entries)
            opening, last = closing, day
        day += timedelta(days=1)


def settled_until(calendar: Calendar, now: datetime) -> date:
    """The last day of which all cycles have closed."""
    day = now.date()
    while any(cycle.closes_at > now for cycle in calendar.cycles_of(day)):
        day -= timedelta(days=1)
    return day


def _statement(
    account: SettlementAccount, day: date, number: int, balances: tuple[int, int], entries: tuple[Booked, ...]
) -> Statement:
    opening, closing = balances
    return Statement(
        kind=Kind.STATEMENT,
        id=f"{account.number}{day:%Y%m%d}",
        account=account.number,
        currency=account.currency,
        created_at=datetime.combine(day, time(23), UTC),
        sequence=number,
        opening=Balance(amount=Money(account.currency, opening), day=day),
        closing=Balance(amount=Money(account.currency, closing), day=day),
        entries=entries,
    )


def _parts(books: Books) -> Made:
    made: Made = {}
    for payment, cycle in books.made():
        assert cycle is not None
        references = References(uetr=payment.uetr, end_to_end=_fitting(payment.end_to_end_id), clearing=cycle)
        part = Part(
            amount=Money(payment.amount.currency, -payment.amount.minor),
            references=references,
            name=payment.creditor_name[:NAME_CHARACTERS_MAX],
            account=payment.creditor_account.identification,
        )
        made.setdefault(cycle, []).append(part)
    for returned in books.given_back():
        assert returned.cycle is not None
        references = References(uetr=returned.uetr, transaction=returned.id, clearing=returned.cycle)
        part = Part(amount=returned.amount, references=references, reason=returned.reason)
        made.setdefault(returned.cycle, []).append(part)
    return made


def _fitting(identification: str | None) -> str | None:
    """One that has no room is left out, and never cut."""
    return identification if identification is not None and len(identification) <= END_TO_END_CHARACTERS_MAX else None


def _entry(cycle: str, day: date, parts: list[Part]) -> Booked:
    total = Money(parts[0].amount.currency, sum(part.amount.minor for part in parts))
    references = References(servicer=cycle, batch=cycle)
    return Booked(amount=total, booked_on=day, value_on=day, references=references, parts=tuple(parts))

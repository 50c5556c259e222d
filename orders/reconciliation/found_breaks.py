"""The breaks that follow from what was matched and what was not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from kernel.banking.money import Money
from kernel.banking.orders import TERMINAL_STATES, OrderState
from orders.reconciliation.broken import BreakClass, Found
from orders.reconciliation.chain import Imported, Verdict
from orders.reconciliation.lines import StatementLine
from orders.reconciliation.matches import Findings
from orders.settlement.ports import Calendar, OwnItem

CHARGE_WORDS = ("CHARGE", "CHRG", "FEE")  # in a keeper's own reference
STATEMENT_DAYS_MAX = 1  # business days after a settlement within which its statement comes


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """An order, as far as a line of a statement is about it."""

    id: str
    state: OrderState
    since: datetime


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run has read. `until` is the day of the last admitted statement; `settled`: the items whose cycles are settled; `cycles`:
    by line, the cycle of the item that it was matched with."""

    findings: Findings
    orders: Mapping[str, OrderFact]
    unknown: Sequence[OrderFact]
    quarantined: Sequence[tuple[Imported, Verdict]]
    settled: frozenset[str]
    until: date | None
    today: date
    calendar: Calendar
    account: str
    currency: str


def find_breaks(situation: Situation) -> tuple[Found, ...]:
    """All but that of the balance."""
    found = [
        *_of_statements(situation),
        *_of_lines(situation),
        *_of_pairs(situation),
        *_of_items(situation),
        *_of_orders(situation),
    ]
    return tuple(sorted(found, key=lambda each: (each.kind, each.id)))


def _of_statements(situation: Situation) -> Iterator[Found]:
    nothing = Money(situation.currency, 0)
    for each, verdict in situation.quarantined:
        statement = each.statement
        kind = BreakClass.STATEMENT_GAP if verdict is Verdict.GAP else BreakClass.STATEMENT_WRONG
        why = {
            Verdict.GAP: "the statement before it is not here",
            Verdict.UNBALANCED: "its entries do not lead from its opening to its closing balance",
            Verdict.CONTRADICTED: "another statement of its name says otherwise",
        }[verdict]
        detail = f"statement {statement.id} of {statement.created_at.date()} is quarantined: {why}"
        action = "import the missing statement" if verdict is Verdict.GAP else "ask its keeper for a right one"
        yield Found(kind=kind, subjects=(each.key, each.digest), effect=nothing, detail=detail, action=action)


def _of_lines(situation: Situation) -> Iterator[Found]:
    for line in situation.findings.doubled:
        detail = f"{_said(line)} comes again: the payment is on a line before"
        action = "claim it back from the rail"
        yield _of_line(BreakClass.DUPLICATE_AT_RAIL, line, detail, action)
    for line in situation.findings.lines:
        order = situation.orders.get(line.references.uetr or "")
        yield _of_line(*_classify(line, order), order)


def _classify(line: StatementLine, order: OrderFact | None) -> tuple[BreakClass, StatementLine, str, str]:
    said = _said(line)
    if line.is_whole and any(word in (line.references.servicer or "").upper() for word in CHARGE_WORDS):
        return BreakClass.CHARGES, line, f"{said}: a charge", "book it to charges"
    if line.reason is not None and order is None:
        return BreakClass.ORPHAN_RETURN, line, f"{said} came back, and no order is known by it", "find its payment"
    if line.reason is not None:
        return BreakClass.RAIL_ONLY, line, f"{said} came back, and is not booked here", "import its return (pacs.004)"
    if order is None:
        return BreakClass.UNIDENTIFIED, line, f"{said}: no payment of ours is known by it", "ask the rail"
    if order.state in TERMINAL_STATES and order.state is not OrderState.SETTLED:
        return (
            BreakClass.STATUS_CONFLICT,
            line,
            f"{said} was made, and its order is {order.state}",
            "claim it back, or correct the books",
        )
    action = f'orders decide {order.id} settled --evidence "statement {line.statement}, line {line.id}"'
    return BreakClass.RAIL_ONLY, line, f"{said} was made, and its order is {order.state}", action


def _of_line(kind: BreakClass, line: StatementLine, detail: str, action: str, order: OrderFact | None = None) -> Found:
    order_id = None if order is None else order.id
    return Found(kind=kind, subjects=(line.id,), effect=line.amount, detail=detail, action=action, order_id=order_id)


def _of_pairs(situation: Situation) -> Iterator[Found]:
    for pair in situation.findings.unequal:
        line, item = pair.line, pair.item
        is_settled = item.entry_id in situation.settled
        effect = Money(line.amount.currency, line.amount.minor - (item.amount.minor if is_settled else 0))
        detail = f"{_said(line)} is {_signed(item.amount)} here"
        subjects = (line.id, item.entry_id)
        action = "ask the rail which of the two it made"
        yield Found(
            kind=BreakClass.AMOUNT, subjects=subjects, effect=effect, detail=detail, action=action, order_id=item.order_id
        )


def _of_items(situation: Situation) -> Iterator[Found]:
    """Of a cycle that the statements cover; for one of a later cycle the statement is awaited, for a day."""
    late: dict[str, list[OwnItem]] = {}
    for item in situation.findings.items:
        cycle = situation.calendar.find(item.cycle or "")
        if cycle is None or item.entry_id not in situation.settled:
            continue
        if situation.until is not None and cycle.settles_on <= situation.until:
            detail = f"{_signed(item.amount)} of {item.uetr or item.entry_id} in cycle {cycle.id} is on no statement"
            yield Found(
                kind=BreakClass.LEDGER_ONLY,
                subjects=(item.entry_id,),
                effect=Money(item.amount.currency, -item.amount.minor),
                detail=detail,
                action="ask the rail whether it made the payment",
                order_id=item.order_id,
            )
        elif business_days(situation.calendar, cycle.settles_on, situation.today) > STATEMENT_DAYS_MAX:
            late.setdefault(cycle.settles_on.isoformat(), []).append(item)
    for day, items in sorted(late.items()):
        detail = f"the statement of {day} has not come; {len(items)} payments of that day wait for it"
        nothing = Money(situation.currency, 0)
        yield Found(
            kind=BreakClass.TIMING,
            subjects=(situation.account, day),
            effect=nothing,
            detail=detail,
            action="ask the keeper for the statement",
        )


def _of_orders(situation: Situation) -> Iterator[Found]:
    by_order = {}
    for line in situation.findings.lines:
        order = situation.orders.get(line.references.uetr or "")
        if order is not None:
            by_order[order.id] = line
    for order in situation.unknown:
        seen = by_order.get(order.id)
        detail = f"what became of order {order.id} is unknown since {order.since.date()}"
        action = (
            "find evidence: no statement has it" if seen is None else f"line {seen.id} of statement {seen.statement} is evidence"
        )
        nothing = Money(situation.currency, 0)
        yield Found(
            kind=BreakClass.UNKNOWN_ORDER, subjects=(order.id,), effect=nothing, detail=detail, action=action, order_id=order.id
        )


def business_days(calendar: Calendar, begin: date, end: date) -> int:
    """After `begin`, up to `end`."""
    days, day = 0, begin
    while day < end:
        day += timedelta(days=1)
        days += calendar.is_business_day(day)
    return days


def _said(line: StatementLine) -> str:
    name = line.references.uetr or line.references.servicer or line.references.end_to_end or "an entry"
    return f"{_signed(line.amount)} of {name} on statement {line.statement}"


def _signed(amount: Money) -> str:
    return f"{'-' if amount.minor < 0 else ''}{amount.decimal()} {amount.currency}"

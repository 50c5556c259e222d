"""Statements, matches and breaks as they are stored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from orders.operators.operator import Operator
from orders.reconciliation.broken import Break, BreakState
from orders.reconciliation.chain import Imported, Verdict
from orders.reconciliation.found_breaks import OrderFact
from orders.reconciliation.matches import VERSION, Match
from orders.reconciliation.statement import Statement
from orders.reconciliation.tables import break_events, breaks, matches, resolved_alone, statements
from orders.settlement.ports import SettlementAccount
from orders.tables import orders

NAMES_PER_QUESTION_MAX = 500  # that one statement names


async def insert_statement(connection: AsyncConnection, sealer: Sealer, brand: str, each: Imported, now: datetime) -> bool:
    """False for one that was imported before."""
    statement = each.statement
    assert statement.closing is not None
    sealed = sealer.seal(msgspec.json.encode(statement), "statements", "document", brand, each.key, each.digest)
    values = {
        "account": statement.account,
        "currency": statement.currency,
        "closes_on": statement.closing.day,
        "verdict": Verdict.GAP.value,
        "document": sealed,
        "imported_at": now,
    }
    key = {"brand": brand, "key": each.key, "digest": each.digest}
    insert = insert_into(connection, statements).values(**key, **values).on_conflict_do_nothing()
    return (await connection.execute(insert.returning(statements.c.key))).first() is not None


async def load_statements(
    connection: AsyncConnection, sealer: Sealer, brand: str, account: str, currency: str
) -> Mapping[tuple[str, str], tuple[Imported, Verdict]]:
    rows = statements.c
    mine = sa.select(statements).where(rows.brand == brand, rows.account == account, rows.currency == currency)
    found = {}
    for row in await connection.execute(mine.order_by(rows.closes_on, rows.key, rows.digest)):
        opened = sealer.open(row.document, "statements", "document", brand, row.key, row.digest)
        statement = msgspec.json.decode(opened, type=Statement)
        imported = Imported(key=row.key, digest=row.digest, statement=statement)
        found[row.key, row.digest] = (imported, Verdict(row.verdict))
    return found


async def write_verdict(connection: AsyncConnection, brand: str, key: str, digest: str, verdict: Verdict) -> None:
    rows = statements.c
    mine = (rows.brand == brand, rows.key == key, rows.digest == digest)
    await connection.execute(statements.update().where(*mine).values(verdict=verdict.value))


async def load_matches(connection: AsyncConnection, brand: str, account: SettlementAccount) -> dict[str, str]:
    """The line of each item that is matched."""
    rows = matches.c
    mine = sa.select(rows.item_id, rows.line_id).where(rows.brand == brand, rows.account == account.number)
    return {row.item_id: row.line_id for row in await connection.execute(mine)}


async def insert_matches(
    connection: AsyncConnection, brand: str, account: SettlementAccount, made: Sequence[Match], *, by: str, at: datetime
) -> None:
    rows = [
        {
            "brand": brand,
            "item_id": item,
            "line_id": each.line,
            "position": position,
            "account": account.number,
            "rule": each.rule.value,
            "version": VERSION,
            "by": by,
            "at": at,
        }
        for each in made
        for position, item in enumerate(each.items, 1)
    ]
    if rows:
        await connection.execute(matches.insert(), rows)


async def delete_matches(connection: AsyncConnection, brand: str, lines: Sequence[str]) -> list[str]:
    """The items of the matches with these lines, which are removed."""
    removed: list[str] = []
    for begin in range(0, len(lines), NAMES_PER_QUESTION_MAX):
        some = lines[begin : begin + NAMES_PER_QUESTION_MAX]
        mine = matches.delete().where(matches.c.brand == brand, matches.c.line_id.in_(some)).returning(matches.c.item_id)
        removed += await connection.scalars(mine)
    return sorted(removed)


async def load_break(connection: AsyncConnection, sealer: Sealer, brand: str, break_id: str) -> tuple[Break, int] | None:
    """With its version."""
    mine = sa.select(breaks).where(breaks.c.brand == brand, breaks.c.id == break_id)
    row = (await connection.execute(mine)).one_or_none()
    return None if row is None else (_opened(sealer, row), row.version)


async def load_breaks(
    connection: AsyncConnection, sealer: Sealer, brand: str, account: str = "", *, states: Collection[BreakState] = ()
) -> dict[str, tuple[Break, int]]:
    """By id, each with its version; of one account, or of all; in some states, or in any."""
    mine = sa.select(breaks).where(breaks.c.brand == brand).order_by(breaks.c.opened_at, breaks.c.id)
    if account:
        mine = mine.where(breaks.c.account == account)
    if states:
        mine = mine.where(breaks.c.state.in_([state.value for state in states]))
    return {row.id: (_opened(sealer, row), row.version) for row in await connection.execute(mine)}


async def load_resolved(
    connection: AsyncConnection, sealer: Sealer, brand: str, account: str, since: datetime
) -> tuple[Break, ...]:
    """Those of an account that were resolved at `since` or later, in that order. `since` is protocol time."""
    made = (
        break_events.c.brand == breaks.c.brand,
        break_events.c.break_id == breaks.c.id,
        break_events.c.version == breaks.c.version,
    )
    mine = (breaks.c.brand == brand, breaks.c.account == account, breaks.c.state == BreakState.RESOLVED.value)
    found = sa.select(breaks).join(break_events, sa.and_(*made)).where(*mine, break_events.c.at >= since)
    return tuple(_opened(sealer, row) for row in await connection.execute(found.order_by(break_events.c.at, breaks.c.id)))


def _opened(sealer: Sealer, row: sa.Row[Any]) -> Break:
    return msgspec.json.decode(sealer.open(row.document, "breaks", "document", row.brand, row.id), type=Break)


async def write_break(
    connection: AsyncConnection, sealer: Sealer, brand: str, made: Break, version: int, *, event: str, by: str, at: datetime
) -> None:
    """The version of a break that `event` made, and its record. Who calls holds the lock."""
    document = msgspec.json.encode(made)
    key = {"brand": brand, "id": made.id}
    values = {
        "account": made.account,
        "kind": made.kind.value,
        "state": made.state.value,
        "version": version,
        "document": sealer.seal(document, "breaks", "document", brand, made.id),
        "opened_at": made.opened_at,
    }
    insert = insert_into(connection, breaks).values(**key, **values)
    await connection.execute(insert.on_conflict_do_update(index_elements=[*key], set_=values))
    recorded = {"brand": brand, "break_id": made.id, "version": version, "event": event, "by": by, "at": at}
    sealed = sealer.seal(document, "break_events", "document", brand, made.id, str(version))
    await connection.execute(break_events.insert().values(**recorded, document=sealed))


async def load_alone(connection: AsyncConnection, brand: str, by: Operator, currency: str, day: date) -> int:
    """The minor units that an operator has resolved alone on a day: one of the same name or key is the same person. Who calls holds the lock of
    the brand's breaks."""
    rows = resolved_alone.c
    mine = (rows.brand == brand, rows.currency == currency, rows.day == day, sa.or_(rows.operator == by.name, rows.key == by.key))
    return int(await connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(rows.minor), 0)).where(*mine)) or 0)


async def add_alone(connection: AsyncConnection, brand: str, by: Operator, amount: Money, day: date) -> None:
    """Those of earlier days are removed."""
    rows = resolved_alone.c
    key = {"brand": brand, "operator": by.name, "key": by.key, "currency": amount.currency, "day": day}
    insert = insert_into(connection, resolved_alone).values(**key, minor=abs(amount.minor))
    more = {"minor": rows.minor + abs(amount.minor)}
    await connection.execute(insert.on_conflict_do_update(index_elements=[*key], set_=more))
    past = (rows.brand == brand, rows.operator == by.name, rows.day < day)
    await connection.execute(resolved_alone.delete().where(*past))


async def load_order_facts(connection: AsyncConnection, brand: str, uetrs: Collection[str]) -> dict[str, OrderFact]:
    names, rows = sorted(uetrs), orders.c
    found: dict[str, OrderFact] = {}
    for begin in range(0, len(names), NAMES_PER_QUESTION_MAX):
        some = names[begin : begin + NAMES_PER_QUESTION_MAX]
        mine = sa.select(rows.uetr, rows.id, rows.state, rows.since).where(rows.brand == brand, rows.uetr.in_(some))
        for row in await connection.execute(mine):
            found[row.uetr] = OrderFact(id=row.id, state=OrderState(row.state), since=row.since)
    return found


async def load_unknown(connection: AsyncConnection, brand: str, until: datetime) -> tuple[OrderFact, ...]:
    rows = orders.c
    mine = (rows.brand == brand, rows.state == OrderState.UNKNOWN.value, rows.since <= until)
    found = await connection.execute(sa.select(rows.id, rows.since).where(*mine).order_by(rows.since, rows.id))
    return tuple(OrderFact(id=row.id, state=OrderState.UNKNOWN, since=row.since) for row in found)

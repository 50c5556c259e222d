"""Open every sealed document of the ledger and of payment orders, a page at a time, and hold it against the columns that stand in clear."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import CreditTransfer
from kernel.storage.sealed import SealBroken, Sealer
from orders.instructions.rows import open_instruction
from orders.recalls.rows import open_recall
from orders.recalls.tables import recall_events, recalls
from orders.reconciliation import tables as reconciliation
from orders.reconciliation.broken import Break
from orders.reconciliation.statement import Statement
from orders.rows.orders import open_order
from orders.tables import inbox, instructions, order_events, orders
from plugins.ledger import tables as ledger
from plugins.ledger.documents import open_document
from plugins.ledger.records.records import RECORD_KINDS, Records
from plugins.ledger.verify import Discrepancy

PAGE_ROWS = 500  # of sealed rows that are in memory together
NAMED_MAX = 50  # findings that are named; more are counted

Check = Callable[[Sealer, sa.Row[Any]], None]  # raises where a row cannot be opened, or is not what it says in clear


def opening(table: sa.Table, column: str, *keys: str) -> Check:
    """Of a document bound to its table, column and row: opened, it is the one that was written there."""

    def check(sealer: Sealer, row: sa.Row[Any]) -> None:
        sealed = getattr(row, column)
        if sealed is not None:
            sealer.open(sealed, table.name, column, row.brand, *(str(getattr(row, key)) for key in keys))

    return check


def _check_record(kind: Records[Any]) -> Check:
    def check(sealer: Sealer, row: sa.Row[Any]) -> None:
        record = kind.read(sealer, row.brand, row.id, row.document)
        _compare(row, record, "id", "account_id", "created_at")

    return check


def _check_transfer(sealer: Sealer, row: sa.Row[Any]) -> None:
    if row.document is not None:
        _compare(
            row,
            open_document(sealer, row.document, CreditTransfer, "ledger_transfers", "document", row.brand, row.order_id),
            "order_id",
        )


def _check_order(sealer: Sealer, row: sa.Row[Any]) -> None:
    open_order(sealer, row)


def _check_instruction(sealer: Sealer, row: sa.Row[Any]) -> None:
    """One of a single payment has its document alone."""
    if row.state is None:
        opening(instructions, "document", "id")(sealer, row)
    else:
        open_instruction(sealer, row)


def _check_statement(sealer: Sealer, row: sa.Row[Any]) -> None:
    opened = sealer.open(row.document, "statements", "document", row.brand, row.key, row.digest)
    statement = msgspec.json.decode(opened, type=Statement)
    _compare(row, statement, "account", "currency")
    if statement.closing is None or statement.closing.day != row.closes_on:
        raise SealBroken("closes_on")


def _check_break(sealer: Sealer, row: sa.Row[Any]) -> None:
    found = msgspec.json.decode(sealer.open(row.document, "breaks", "document", row.brand, row.id), type=Break)
    _compare(row, found, "id", "account", "kind", "state", "opened_at")


def _check_recall(sealer: Sealer, row: sa.Row[Any]) -> None:
    open_recall(sealer, row)


def _compare(row: sa.Row[Any], sealed: object, *names: str) -> None:
    """Raises SealBroken for the first member that differs from the column of its name."""
    for name in names:
        if getattr(row, name) != getattr(sealed, name):
            raise SealBroken(name)


CHECKS: Mapping[sa.Table, Check] = MappingProxyType(
    {
        ledger.accounts: opening(ledger.accounts, "identity", "id"),
        ledger.transactions: opening(ledger.transactions, "narrative", "id"),
        ledger.transfers: _check_transfer,
        ledger.quotes: opening(ledger.quotes, "document", "id"),
        ledger.parties: opening(ledger.parties, "document", "id"),
        ledger.offers: opening(ledger.offers, "document", "id"),
        **{kind.table: _check_record(kind) for kind in RECORD_KINDS},
        orders: _check_order,
        instructions: _check_instruction,
        order_events: opening(order_events, "evidence", "order_id", "version"),
        inbox: opening(inbox, "message", "source", "message_id"),
        recalls: _check_recall,
        recall_events: opening(recall_events, "document", "recall_id", "version"),
        reconciliation.statements: _check_statement,
        reconciliation.breaks: _check_break,
        reconciliation.break_events: opening(reconciliation.break_events, "document", "break_id", "version"),
    }
)


@dataclass(slots=True)
class Opened:
    """The number of rows that were opened, of those that are wrong, and the first of these by name."""

    rows: int = 0
    wrong: int = 0
    named: list[Discrepancy] = field(default_factory=list)


async def open_sealed(connection: AsyncConnection, sealer: Sealer, brand: str) -> Opened:
    """Of one moment, if the connection sees one (Database.snapshot)."""
    opened = Opened()
    for table, check in CHECKS.items():
        async for row in _rows_of(connection, table, brand):
            opened.rows += 1
            try:
                check(sealer, row)
            except Exception as fault:
                opened.wrong += 1
                if len(opened.named) < NAMED_MAX:
                    opened.named.append(_named(table, row, fault))
    return opened


def _named(table: sa.Table, row: sa.Row[Any], fault: Exception) -> Discrepancy:
    key = "/".join(str(getattr(row, column.name)) for column in table.primary_key if column.name != "brand")
    return Discrepancy(f"row of {table.name} cannot be opened, or is not what was sealed ({type(fault).__name__})", key)


async def _rows_of(connection: AsyncConnection, table: sa.Table, brand: str) -> AsyncIterator[sa.Row[Any]]:
    """All rows, in pages, in the order of their key."""
    keys = [column for column in table.primary_key if column.name != "brand"]
    mine = sa.select(table).where(table.c.brand == brand).order_by(*keys).limit(PAGE_ROWS)
    page = (await connection.execute(mine)).all()
    while page:
        for row in page:
            yield row
        last = [sa.literal(getattr(page[-1], key.name), key.type) for key in keys]
        page = (await connection.execute(mine.where(sa.tuple_(*keys) > sa.tuple_(*last)))).all()

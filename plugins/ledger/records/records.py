"""Records that belong to accounts: payees, mandates, orders, scheduled payments, statements.

Each is stored as its canonical self, sealed. `record` gives a new one the instant at which it becomes visible: under the brand's
lock, and never an earlier one than any record before it, so that a listing newest first neither skips nor repeats a row while
others arrive. `add_history` keeps the instants it is given: only for accounts that are not readable yet.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.ports import Page, StatementFilter
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import Statement
from kernel.clock import Clock
from kernel.errors import Problem
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_document, seal_document
from plugins.ledger.sequences import take_instant

AnyRecord = Beneficiary | DirectDebit | StandingOrder | ScheduledPayment | Statement
Record = TypeVar("Record", bound=AnyRecord)


class RecordUnknown(Problem):
    code, public = "record_unknown", "There is no such record."


class Records(Generic[Record]):
    """One kind of record. Every writing method runs on the connection of the caller's transaction and commits with it.

    `asked`: fields that are columns too, because questions ask for them."""

    def __init__(self, table: sa.Table, kind: type[Record], word: str, asked: tuple[str, ...] = ()) -> None:
        self.table = table
        self.kind = kind
        self._word = word
        self._asked = asked
        self._journal = Journal(tables.journal, tables.outbox)

    async def record(
        self, connection: AsyncConnection, sealer: Sealer, clock: Clock, brand: str, new: Record, *, actor: str = "system"
    ) -> Record:
        """The record as it was stored, with the instant at which it was."""
        at = await take_instant(connection, brand, clock.now())
        stored = msgspec.structs.replace(new, created_at=at)
        await connection.execute(self.table.insert().values(self._row(sealer, brand, stored)))
        await self._note(connection, brand, "recorded", new, (clock.now(), actor))
        return stored

    async def add_history(self, connection: AsyncConnection, sealer: Sealer, brand: str, records: Sequence[Record]) -> None:
        if records:
            await connection.execute(self.table.insert(), [self._row(sealer, brand, record) for record in records])

    async def change(
        self, connection: AsyncConnection, sealer: Sealer, clock: Clock, brand: str, changed: Record, *, actor: str = "system"
    ) -> None:
        """Replace the record's content; its id, account and place in listings stay. Raises RecordUnknown."""
        row = self._row(sealer, brand, changed)
        facts = {name: row[name] for name in (*self._asked, "document")}
        done = await connection.execute(
            self.table.update().where(*self._is(brand, changed), self.table.c.created_at == changed.created_at).values(facts)
        )
        if done.rowcount != 1:
            raise RecordUnknown(f"{self._word} {changed.id} of account {changed.account_id}")
        await self._note(connection, brand, "changed", changed, (clock.now(), actor))

    async def remove(
        self, connection: AsyncConnection, clock: Clock, brand: str, record: Record, *, actor: str = "system"
    ) -> None:
        """Raises RecordUnknown."""
        done = await connection.execute(self.table.delete().where(*self._is(brand, record)))
        if done.rowcount != 1:
            raise RecordUnknown(f"{self._word} {record.id} of account {record.account_id}")
        await self._note(connection, brand, "removed", record, (clock.now(), actor))

    async def load_page(
        self,
        connection: AsyncConnection,
        sealer: Sealer,
        brand: str,
        account_ids: tuple[str, ...],
        *bounds: sa.ColumnElement[bool],
        where: Page | StatementFilter,
    ) -> RecordPage[Record]:
        """Newest first by (created_at, account_id, id)."""
        after, limit, skip = where.after, where.limit, where.skip
        columns = self.table.c
        key = (columns.created_at, columns.account_id, columns.id)
        statement = sa.select(self.table).where(columns.brand == brand, columns.account_id.in_(account_ids), *bounds)
        if after is not None:
            position = (after.created_at, after.account_id, after.record_id)
            literals = (sa.literal(value, column.type) for value, column in zip(position, key, strict=True))
            statement = statement.where(sa.tuple_(*key) < sa.tuple_(*literals))
        counted = sa.select(sa.func.count()).select_from(statement.with_only_columns(columns.id).subquery())
        statement = statement.order_by(*(column.desc() for column in key)).limit(limit + 1).offset(skip)
        rows = (await connection.execute(statement)).all()
        found = tuple(self.read(sealer, brand, row.id, row.document) for row in rows[:limit])
        total = None if skip is None else int(await connection.scalar(counted) or 0)
        return RecordPage(found, more=len(rows) > limit, total=total)

    async def load_one(
        self, connection: AsyncConnection, sealer: Sealer, brand: str, account_id: str, record_id: str
    ) -> Record | None:
        columns = self.table.c
        statement = sa.select(columns.document).where(
            columns.brand == brand, columns.id == record_id, columns.account_id == account_id
        )
        sealed = await connection.scalar(statement)
        return None if sealed is None else self.read(sealer, brand, record_id, sealed)

    def only(self, records: Iterable[AnyRecord]) -> list[Record]:
        """Those of this kind."""
        return [record for record in records if isinstance(record, self.kind)]

    def read(self, sealer: Sealer, brand: str, record_id: str, sealed: bytes) -> Record:
        """Raises SealBroken."""
        return open_document(sealer, sealed, self.kind, self.table.name, "document", brand, record_id)

    def _is(self, brand: str, record: Record) -> tuple[sa.ColumnElement[bool], ...]:
        columns = self.table.c
        return columns.brand == brand, columns.id == record.id, columns.account_id == record.account_id

    def _row(self, sealer: Sealer, brand: str, record: Record) -> dict[str, object]:
        return {
            "brand": brand,
            "id": record.id,
            "account_id": record.account_id,
            "created_at": record.created_at,
            "document": seal_document(sealer, record, self.table.name, "document", brand, record.id),
            **{name: getattr(record, name) for name in self._asked},
        }

    async def _note(self, connection: AsyncConnection, brand: str, fact: str, record: Record, by: tuple[datetime, str]) -> None:
        """`by`: when, and who did it."""
        at, actor = by
        entry = Entry(
            brand=brand,
            kind=f"{self._word}.{fact}",
            aggregate_id=record.id,
            at=at,
            actor=actor,
            interaction_id=interaction_id.get(),
        )
        await self._journal.record(connection, entry)


BENEFICIARIES = Records(tables.beneficiaries, Beneficiary, "beneficiary")
DIRECT_DEBITS = Records(tables.direct_debits, DirectDebit, "direct_debit")
STANDING_ORDERS = Records(tables.standing_orders, StandingOrder, "standing_order")
SCHEDULED_PAYMENTS = Records(tables.scheduled_payments, ScheduledPayment, "scheduled_payment", ("due_at",))
STATEMENTS = Records(tables.statements, Statement, "statement", ("starts_at", "ends_at"))
RECORD_KINDS: tuple[Records[Any], ...] = (BENEFICIARIES, DIRECT_DEBITS, STANDING_ORDERS, SCHEDULED_PAYMENTS, STATEMENTS)

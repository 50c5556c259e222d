"""Transfers, as the bank was asked for them: one row under the order's id, on the connection of the caller's transaction.

The row is written first, so that two questions about one order wait for each other. That of an order which was released or cancelled stays,
so that what arrives later is refused; that of a submitted one stands before a rail is asked. Locks: the transfer, then the account, then
its hold.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import CreditTransfer, RailStatus, Reason
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_document, seal_document

BOOK = "book"  # the route of a payment to an account of this bank
_PLACE = ("ledger_transfers", "document")


class TransferState(StrEnum):
    RESERVED = "reserved"
    REFUSED = "refused"  # nothing was held
    SUBMITTED = "submitted"
    RELEASED = "released"
    CANCELLED = "cancelled"


ENDED = frozenset({TransferState.REFUSED, TransferState.RELEASED, TransferState.CANCELLED})  # before it was submitted


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """`route` is the name of a rail, or BOOK for a payee of this bank, whose account is `payee_account`; `status` is the last word on a
    submitted one, `reason` that of a refusal, `cycle` the rail's of a paid one. `asked` None: it ended before it was asked for."""

    order_id: str
    state: TransferState
    at: datetime
    reason: Reason | None = None
    status: RailStatus | None = None
    route: str = ""
    payee_account: str | None = None
    cycle: str | None = None
    asked: CreditTransfer | None = None


@dataclass(frozen=True, slots=True)
class Transfers:
    sealer: Sealer

    async def take(self, connection: AsyncConnection, brand: str, transfer: CreditTransfer, now: datetime) -> Transfer:
        """The transfer of an order, locked; a new one is reserved, though nothing is held for it yet."""
        document = seal_document(self.sealer, transfer, *_PLACE, brand, transfer.order_id)
        row = {"order_id": transfer.order_id, "state": TransferState.RESERVED, "at": now, "document": document}
        return await self._take(connection, brand, row)

    async def take_ended(
        self, connection: AsyncConnection, brand: str, order_id: str, state: TransferState, now: datetime
    ) -> Transfer:
        """The transfer of an order, locked; one that was never asked for has ended in `state`."""
        return await self._take(connection, brand, {"order_id": order_id, "state": state, "at": now})

    async def change(self, connection: AsyncConnection, brand: str, order_id: str, now: datetime, **columns: object) -> Transfer:
        """A transfer that this transaction has locked, with these columns."""
        transfers = tables.transfers.c
        mine = tables.transfers.update().where(transfers.brand == brand, transfers.order_id == order_id)
        changed = await connection.execute(mine.values(at=now, **columns).returning(*transfers))
        return self.open(changed.one())

    async def load(self, connection: AsyncConnection, brand: str, order_id: str, *, locked: bool = False) -> Transfer | None:
        transfers = tables.transfers.c
        query = sa.select(tables.transfers).where(transfers.brand == brand, transfers.order_id == order_id)
        row = (await connection.execute(query.with_for_update() if locked else query)).one_or_none()
        return None if row is None else self.open(row)

    def open(self, row: sa.Row[Any]) -> Transfer:
        """From a row of the table, alone or joined."""
        asked = None
        if row.document is not None:
            asked = open_document(self.sealer, row.document, CreditTransfer, *_PLACE, row.brand, row.order_id)
        return Transfer(
            order_id=row.order_id,
            state=TransferState(row.state),
            at=row.at,
            reason=None if row.reason is None else Reason(row.reason),
            status=None if row.status is None else RailStatus(row.status),
            route=row.route or "",
            payee_account=row.payee_account,
            cycle=row.cycle,
            asked=asked,
        )

    async def _take(self, connection: AsyncConnection, brand: str, row: dict[str, object]) -> Transfer:
        insert = insert_into(connection, tables.transfers).values(brand=brand, **row)
        fresh = insert.on_conflict_do_nothing(index_elements=["brand", "order_id"]).returning(*tables.transfers.c)
        taken = (await connection.execute(fresh)).one_or_none()
        if taken is not None:
            return self.open(taken)
        found = await self.load(connection, brand, str(row["order_id"]), locked=True)
        assert found is not None
        return found

"""The books of one payment order: what was asked of the bank, what is held for it, and the entry that paid it."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus
from plugins.ledger import tables
from plugins.ledger.holds.hold import HoldState
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.transfers.transfers import TransferState


class HeldAmount(msgspec.Struct, frozen=True, kw_only=True):
    state: HoldState
    amount: Money
    ended_at: datetime | None


class PostedLeg(msgspec.Struct, frozen=True, kw_only=True):
    """A positive amount raised the account's balance."""

    account_id: str
    amount: Money


class PostedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`sequence` is its booking number."""

    kind: str
    sequence: int
    legs: tuple[PostedLeg, ...]


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """`state`, `route` and `status` are those of the transfer; None where the ledger was never asked for it."""

    state: TransferState | None = None
    route: str = ""
    status: RailStatus | None = None
    hold: HeldAmount | None = None
    entry: PostedEntry | None = None


async def load_booking(connection: AsyncConnection, brand: str, order_id: str) -> Booking:
    transfers = tables.transfers.c
    asked = sa.select(transfers.state, transfers.route, transfers.status)
    row = (await connection.execute(asked.where(transfers.brand == brand, transfers.order_id == order_id))).one_or_none()
    hold, entry = await _load_hold(connection, brand, order_id), await _load_entry(connection, brand, order_id)
    if row is None:
        return Booking(hold=hold, entry=entry)
    status = None if row.status is None else RailStatus(row.status)
    return Booking(state=TransferState(row.state), route=row.route or "", status=status, hold=hold, entry=entry)


async def _load_hold(connection: AsyncConnection, brand: str, order_id: str) -> HeldAmount | None:
    holds = tables.holds.c
    found = sa.select(holds.state, holds.currency, holds.amount_minor, holds.ended_at)
    row = (await connection.execute(found.where(holds.brand == brand, holds.id == order_id))).one_or_none()
    if row is None:
        return None
    return HeldAmount(state=HoldState(row.state), amount=Money(row.currency, row.amount_minor), ended_at=row.ended_at)


async def _load_entry(connection: AsyncConnection, brand: str, order_id: str) -> PostedEntry | None:
    stored = (await load_entries(connection, brand, [order_id])).get(order_id)
    if stored is None:
        return None
    legs = tuple(PostedLeg(account_id=account_id, amount=amount) for account_id, amount in stored.legs)
    return PostedEntry(kind=stored.kind, sequence=stored.sequence, legs=legs)

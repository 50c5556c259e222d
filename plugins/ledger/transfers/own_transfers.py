"""Transfers to an account of this bank, as a batch of the poster books them: submitted and credited by the transaction that moves the money.

No network is asked in between, so nothing has to be written down before.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import RailStatus
from plugins.ledger import tables
from plugins.ledger.postings.bulk import BulkUpdate, among, stored_instant
from plugins.ledger.transfers.transfers import BOOK, TransferState

_CREDIT = BulkUpdate(
    tables.transfers,
    values=("payee_account", "at"),
    key=("brand", "order_id"),
    constants=f"state = '{TransferState.SUBMITTED}', route = '{BOOK}', status = '{RailStatus.CREDITED}'",
)


class OwnTransfer(msgspec.Struct, frozen=True):
    """A transfer that an entry of the same id books, as it then is."""

    payee_account: str
    at: datetime


async def lock_reserved(connection: AsyncConnection, brand: str, order_ids: Collection[str]) -> set[str]:
    """Those of the transfers that are reserved and nothing else yet, locked in the order of their ids."""
    if not order_ids:
        return set()
    transfers = tables.transfers.c
    reserved = (transfers.brand == brand, transfers.state == TransferState.RESERVED)
    query = sa.select(transfers.order_id).where(*reserved, among(connection, transfers.order_id, order_ids))
    return set(await connection.scalars(query.order_by(transfers.order_id).with_for_update()))


async def credit(connection: AsyncConnection, brand: str, transfers: Iterable[tuple[str, OwnTransfer]]) -> None:
    """Those that `lock_reserved` locked, once their entries are booked."""
    rows = [(transfer.payee_account, stored_instant(transfer.at), brand, order_id) for order_id, transfer in transfers]
    await _CREDIT.run(connection, rows)

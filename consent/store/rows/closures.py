"""Accounts that the bank has just reported closed: an approval that was under way at that moment must not share them.

Approvals share the brand's lock until they commit, a closure holds it alone. So each approval either sees the closure, or is
seen by the removal that follows it. A closure is kept for longer than a journey may last or a prior answer may wait; later
journeys read the bank's own list of accounts, which no longer has it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.errors import AccountClosed
from consent.store.locks import CLOSURES
from consent.store.tables.consents import closed_accounts
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer

CLOSURE_KEPT = timedelta(hours=1)  # a closed account is not offered to a customer who is about to choose


async def record_closure(connection: AsyncConnection, sealer: Sealer, brand: str, upstream_id: str, now: datetime) -> None:
    """While the brand's closures are locked alone. `now` is protocol time. To be committed before anyone looks for the consents that
    cover the account."""
    until = {"expires_at": now + CLOSURE_KEPT}
    insert = insert_into(connection, closed_accounts)
    row = {"brand": brand, "upstream_blind": _blind(sealer, brand, upstream_id), **until}
    await connection.execute(insert.values(**row).on_conflict_do_update(index_elements=["brand", "upstream_blind"], set_=until))


async def check_open(unit: UnitOfWork, sealer: Sealer, brand: str, upstream_ids: Iterable[str], now: datetime) -> None:
    """In the transaction that shares these accounts: none of them is closed before it ends. Raises AccountClosed."""
    await unit.lock(CLOSURES.shared(brand, ""))
    blinds = [_blind(sealer, brand, upstream_id) for upstream_id in upstream_ids]
    closed = sa.select(sa.literal(1)).where(
        closed_accounts.c.brand == brand, closed_accounts.c.upstream_blind.in_(blinds), closed_accounts.c.expires_at > now
    )
    if (await unit.connection.execute(closed.limit(1))).first() is not None:
        raise AccountClosed("closed while it was being chosen")


def _blind(sealer: Sealer, brand: str, upstream_id: str) -> str:
    return sealer.blind(upstream_id, "closed_accounts", "upstream_blind", brand)

"""Holds as a batch of entries finds them, under its locks, and as its captures leave them."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from plugins.ledger import tables
from plugins.ledger.holds.hold import HoldState
from plugins.ledger.postings.bulk import among
from plugins.ledger.refusals import HoldEnded, HoldMismatched


@dataclass(slots=True)
class LockedHold:
    id: str
    account_id: str
    currency: str
    minor: int
    state: str

    def check_captures(self, amount: Money) -> None:
        """Raises HoldEnded or HoldMismatched."""
        if self.state != HoldState.OPEN:
            raise HoldEnded(f"hold {self.id} is {self.state}")
        if amount.currency != self.currency or not 0 < amount.minor <= self.minor:
            raise HoldMismatched(f"hold {self.id}: {amount.minor} {amount.currency} of {self.minor} {self.currency}")


async def lock_holds(connection: AsyncConnection, brand: str, ids: Collection[str]) -> dict[str, LockedHold]:
    """Those that there are. Their accounts are locked already."""
    if not ids:
        return {}
    holds = tables.holds.c
    columns = (holds.id, holds.account_id, holds.currency, holds.amount_minor, holds.state)
    statement = sa.select(*columns).where(holds.brand == brand, among(connection, holds.id, ids)).order_by(holds.id)
    return {row.id: LockedHold(*row) for row in await connection.execute(statement.with_for_update(key_share=True))}

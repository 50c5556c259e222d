"""Transfers whose time has passed, a bounded batch at a time: those that are over, a year after their orders may have gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from plugins.ledger import tables
from plugins.ledger.holds.hold import HoldState
from plugins.ledger.transfers.transfers import ENDED, TransferState

TRANSFERS_KEPT = timedelta(days=7 * 366)  # from their last change: longer than an order, which asks for its own


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveTransfers:
    """Returns the number of rows. A transfer for which an amount is held stays, and so does one of which no last word is known. The hold
    and the entry of one that was paid stay for good, and let no other have their id."""

    name = "remove_transfers"
    locks = ()  # what another transaction holds has its turn later
    brand: Brand
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        rows, holds = tables.transfers.c, tables.holds.c
        last_words = [status.value for status in PAID_STATUSES | REFUSED_STATUSES]
        is_over = sa.or_(
            rows.state.in_([state.value for state in ENDED]),
            sa.and_(rows.state == TransferState.SUBMITTED, rows.status.in_(last_words)),
        )
        is_held = sa.exists().where(holds.brand == rows.brand, holds.id == rows.order_id, holds.state == HoldState.OPEN)
        past = (rows.brand == self.brand.name, rows.at <= self.now - TRANSFERS_KEPT, is_over, ~is_held)
        found = sa.select(rows.order_id).where(*past).limit(self.most).with_for_update(skip_locked=True)
        ids = list(await unit.connection.scalars(found))
        if ids:
            mine = (rows.brand == self.brand.name, rows.order_id.in_(ids))
            await unit.connection.execute(tables.transfers.delete().where(*mine))
        return len(ids)

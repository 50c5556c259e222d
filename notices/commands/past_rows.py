"""Notices whose time has passed, a bounded batch at a time."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from notices.tables import notices


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNotices:
    """Returns the number of rows. `now` is protocol time."""

    name = "remove_notices"
    locks = ()  # what another transaction holds has its turn later
    brand: Brand
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        old = sa.select(notices.c.id).where(notices.c.brand == self.brand.name, notices.c.expires_at <= self.now)
        found = list(await unit.connection.scalars(old.limit(self.most).with_for_update(skip_locked=True)))
        if found:
            mine = (notices.c.brand == self.brand.name, notices.c.id.in_(found))
            await unit.connection.execute(notices.delete().where(*mine))
        return len(found)

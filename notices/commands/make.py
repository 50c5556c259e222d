"""Make a notice of a fact, once: the event's id is the notice's. At the bound of what is kept for one client the oldest one goes."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.database import insert_into
from notices.facts import Fact
from notices.locks import SUBSCRIPTION
from notices.room import Room
from notices.rows.notices import PENDING_KEPT, Ending, end, pending_of
from notices.rows.subscriptions import of_client, read
from notices.tables import notices, subscriptions
from notices.wishes import is_wanted

PENDING_PER_CLIENT_MAX = 1_000  # notices that one client has not got: of more, the oldest goes


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeNotice:
    """Was one made? Not twice, and not for a client that does not want it, or not any more."""

    name = "make_notice"
    room: Room
    brand: str
    fact: Fact

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.fact.client_id),)

    async def handle(self, unit: UnitOfWork) -> bool:
        row, fact, now = unit.locked(self.locks[0]), self.fact, self.room.clock.wall()
        if row is None or not is_wanted(read(row), fact):
            return False
        insert = insert_into(unit.connection, notices).values(
            brand=self.brand,
            id=fact.id,
            client_id=fact.client_id,
            kind=fact.kind,
            lodged_as=row.lodged_as,
            subject=fact.subject,
            subject_id=fact.subject_id,
            subject_version=fact.subject_version,
            product=fact.product,
            reason=fact.reason,
            occurred_at=fact.occurred_at,
            made_at=now,
            error="",
            expires_at=now + PENDING_KEPT,
        )
        if not (await unit.connection.execute(insert.on_conflict_do_nothing())).rowcount:
            return False
        await self._make_room(unit)
        if row.callback_url is not None and row.unresponsive_since is None and row.due_at is None:
            mine = of_client(self.brand, fact.client_id)
            await unit.connection.execute(subscriptions.update().where(*mine).values(due_at=now))
        return True

    async def _make_room(self, unit: UnitOfWork) -> None:
        newest = (
            sa.select(notices.c.id)
            .where(*pending_of(self.brand, self.fact.client_id))
            .order_by(notices.c.made_at.desc(), notices.c.subject_version.desc(), notices.c.id.desc())
        )
        beyond = list(await unit.connection.scalars(newest.offset(PENDING_PER_CLIENT_MAX).limit(1)))
        now = self.room.clock.wall()
        await end(unit.connection, self.brand, self.fact.client_id, beyond, ending=Ending.CROWDED_OUT, now=now)

"""End the notices that a client has got, or could not take, and those that cannot be given. An id that is unknown, another's or ended already changes nothing. RFC 8936
section 2.4."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry
from notices.locks import SUBSCRIPTION
from notices.rows.notices import Ending, end, find_pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Returns the ids that the client could not take and that were pending. `now` is protocol time."""

    name = "acknowledge"
    brand: str
    client_id: str
    acknowledged: Collection[str]
    refused: Mapping[str, str]
    now: datetime
    unrendered: Collection[str] = ()

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> list[str]:
        where = (unit.connection, self.brand, self.client_id)
        await end(*where, self.acknowledged, ending=Ending.ACKNOWLEDGED, now=self.now)
        await end(*where, self.unrendered, ending=Ending.UNRENDERED, now=self.now)
        pending = await find_pending(*where, self.refused) if self.refused else frozenset()
        refused = [notice_id for notice_id in self.refused if notice_id in pending]
        for notice_id in refused:
            await end(*where, [notice_id], ending=Ending.REFUSED, now=self.now, error=self.refused[notice_id])
            unit.record(
                Entry(
                    brand=self.brand,
                    kind="notice.refused",
                    aggregate_id=notice_id,
                    at=self.now,
                    actor=f"client:{self.client_id}",
                    interaction_id=interaction_id.get(),
                )
            )
        return refused

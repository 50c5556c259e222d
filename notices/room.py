"""The parts that notices work with, as one record."""

from dataclasses import dataclass

from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.ids import Ids
from kernel.outbox.tables import Outbox
from kernel.storage.database import Database
from notices.waits import Waits

SINK = "tpp-notices"  # the name under which notices get the outbox's events


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`commands` and `outbox` are those of the contexts whose facts become notices. `waits` are this process's."""

    commands: Commands
    clock: Clock
    ids: Ids
    outbox: Outbox
    waits: Waits

    @property
    def database(self) -> Database:
        return self.commands.database

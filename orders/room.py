"""The parts that payment orders work with, as one record."""

from dataclasses import dataclass, field

from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.pace import Pace
from orders.ports import Consents, SharedReserve


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`commands` are those of the consent context: an order and the use of its consent are one transaction. `reserve` only where the
    ledger shares their database."""

    commands: Commands
    clock: Clock
    ids: Ids
    sealer: Sealer
    consents: Consents
    reserve: SharedReserve | None = None
    pace: Pace = field(default_factory=Pace)

    @property
    def database(self) -> Database:
        return self.commands.database

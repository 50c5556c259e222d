"""The parts that payment orders work with, as one record."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from kernel.banking.orders import CreditTransfer, PaymentOrder
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.pace import Pace, RailPace
from orders.ports import Consents, Reviews, SharedReserve


def default_pace(_transfer: CreditTransfer) -> RailPace | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """`commands` are those of the consent context: an order and the use of its consent are one transaction. `reserve` only where the
    ledger shares their database; `reviews` None: every order passes. `rail_pace` is that of the rail which would carry a transfer, None
    where no one knows better than `pace`."""

    commands: Commands
    clock: Clock
    ids: Ids
    sealer: Sealer
    consents: Consents
    reserve: SharedReserve | None = None
    reviews: Reviews | None = None
    rail_pace: Callable[[CreditTransfer], RailPace | None] = default_pace
    pace: Pace = field(default_factory=Pace)

    def is_in_time(self, turns_at: datetime | None) -> bool:
        """True before the moment, in business time, at which what waits turns by itself."""
        return turns_at is None or self.clock.now() < turns_at

    def pace_of(self, order: PaymentOrder) -> Pace:
        return self.pace.on(self.rail_pace(order.transfer))

    @property
    def database(self) -> Database:
        return self.commands.database

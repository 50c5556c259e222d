"""The parts that payment orders work with, as one record."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from kernel.banking.orders import CreditTransfer, PaymentOrder
from kernel.banking.planned.instructions import Placed
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.errors import OrderStateForbids
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

    def is_awaited(self, placed: Placed, turns_at: datetime | None, customer_id: str) -> bool:
        """True if it waits for the signature of this customer, and in time."""
        return self.is_in_time(turns_at) and customer_id in placed.awaited_customers

    def check_awaited(self, placed: Placed, turns_at: datetime | None, customer_id: str) -> None:
        """Raises OrderStateForbids unless it waits for the signature of this customer."""
        if not self.is_awaited(placed, turns_at, customer_id):
            raise OrderStateForbids(f"{placed.id} is {placed.state}, and does not wait for this customer")

    def pace_of(self, order: PaymentOrder) -> Pace:
        return self.pace.on(self.rail_pace(order.transfer))

    @property
    def database(self) -> Database:
        return self.commands.database

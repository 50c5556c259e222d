"""Join payment orders: the consents that they use up, the upstream that carries them out, and this process's worker for each brand."""

from functools import partial

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from orders.ages import Ages
from orders.ports import PaymentsUpstream
from orders.reconciliation.ages import ReconciliationAges
from orders.room import Room
from orders.services import PaymentOrders
from orders.submitter import Submitter
from orders.worker import Worker


def compose_orders(
    room: Room, brands: tuple[Brand, ...], upstream: PaymentsUpstream | None, telemetry: Telemetry
) -> PaymentOrders:
    """Without an upstream there are no workers: an order waits for a server that has one."""
    if upstream is None:
        return PaymentOrders(room=room)
    return PaymentOrders(room=room, workers={brand.name: _open_worker(room, brand, upstream, telemetry) for brand in brands})


def open_ages(database: Database, clock: Clock, brand: Brand) -> Ages:
    others = (ReconciliationAges(database=database, clock=clock, brand=brand),)
    return Ages(database=database, clock=clock, brand=brand, others=others)


def _open_worker(room: Room, brand: Brand, upstream: PaymentsUpstream, telemetry: Telemetry) -> Worker:
    ages = open_ages(room.database, room.clock, brand)
    ages.watch(telemetry)
    submitter = Submitter(
        room=room,
        brand=brand,
        upstream=upstream,
        count_defect=partial(telemetry.upstream_defect, upstream.name),
        count_unsigned=telemetry.gauge("orders_unsigned", "Orders due without a signature that they need, since the start.").inc,
    )
    unreadable = telemetry.gauge("orders_unreadable", "Orders passed over because they cannot be read, since the start.")
    return Worker(submitter=submitter, ages=ages, count_unreadable=unreadable.inc)

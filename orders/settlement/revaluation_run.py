"""Revaluation by itself: one singleton of a brand, under a lease."""

from dataclasses import dataclass, field

import structlog

from kernel.brand import Brand
from kernel.observability.telemetry import Telemetry
from kernel.storage.lease import Lease
from orders.settlement.ports import HouseBooks

REVALUE_EVERY_SECONDS = 300.0  # how late a day may be revalued after its end

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class RevaluationRun:
    """`run` is the work of a singleton (kernel/storage/lease.py). What two book at once is the same entry."""

    books: HouseBooks
    brand: Brand
    _unrated: tuple[str, ...] = field(default=(), init=False)

    def watch(self, telemetry: Telemetry) -> None:
        text = "Number of currencies in which there is a position and no rate: theirs is not revalued."
        telemetry.watch("positions_unrated", text, lambda: float(len(self._unrated)), brand=self.brand.name)

    async def run(self, _lease: Lease) -> None:
        unrated = await self.books.revalue(self.brand)
        if unrated and unrated != self._unrated:
            log.error("rate_missing", brand=self.brand.name, currencies=list(unrated))
        self._unrated = unrated

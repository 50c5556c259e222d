"""Late answers of a rail, on their way into the books and the inbox of orders: booked first, then reported, then acknowledged.

A notice is acknowledged once it is kept, so one whose taker dies comes again: entries are keyed by their order, and messages are kept once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import structlog

from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from orders.commands.receive import Report
from orders.ports import PaymentsUpstream, Progress
from orders.services import PaymentOrders
from plugins.rails.ports import NoticingRail, RailNotice, RailSilent

LOOK_EVERY_SECONDS = 1.0  # between two looks for late answers

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateReports:
    """`payments` is the bank that handed its payments to the rail."""

    rail: NoticingRail
    payments: PaymentsUpstream
    orders: PaymentOrders
    brands: tuple[Brand, ...]

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Taken in while this context is open."""
        looking = asyncio.get_running_loop().create_task(self._run(), name="late reports")
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def look(self) -> int:
        """Take in what there is: how many were acknowledged. One that cannot be booked now keeps its place. Raises RailSilent."""
        taken = 0
        for notice in await self.rail.notices():
            try:
                effect = await self._take(notice)
            except (UpstreamTimedOut, UpstreamFailed) as problem:
                log.info("late_report_waits", rail=self.rail.name, notice=notice.id, code=problem.code)
                continue
            await self.rail.acknowledge(notice.id)
            log.info("late_report", rail=self.rail.name, notice=notice.id, effect=effect)
            taken += 1
        return taken

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except RailSilent:
                pass  # the orders are asked for anyway
            except Exception:  # the next look may succeed
                log.exception("late_reports_not_taken", rail=self.rail.name)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _take(self, notice: RailNotice) -> str:
        report = notice.report
        brand, order_id = await self._find(report.uetr)
        progress = None if order_id is None else await self.payments.status(brand, order_id)
        message = Report(
            source=self.rail.name,
            message_id=notice.id,
            uetr=report.uetr,
            progress=progress or Progress(status=report.status, at=report.at, reason=report.reason),
            message=msgspec.json.encode(notice),
        )
        return await self.orders.receive(brand, message)

    async def _find(self, uetr: str) -> tuple[Brand, str | None]:
        """The brand and id of the order; what matches none is kept with the first brand."""
        for brand in self.brands:
            if (order_id := await self.orders.find_sent(brand, uetr)) is not None:
                return brand, order_id
        return self.brands[0], None

"""The workers of a server: each process has one for each brand, and they share what is due (orders/worker.py)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from orders.services import PaymentOrders


@asynccontextmanager
async def run_workers(orders: PaymentOrders) -> AsyncIterator[None]:
    """Runs while this context is open. On leaving, each finishes what it has; what takes too long is left to others."""
    async with AsyncExitStack() as stack:
        for worker in orders.workers.values():
            await stack.enter_async_context(worker.lifetime())
        yield

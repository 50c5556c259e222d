"""Keep a server's keys those that are current, also while nobody presents a token to it: its tokens and its JWK Set depend on them.

A resource call asks about the key set's version by itself; for the others a server asks each second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from consent.services import Services
from kernel.brand import Brand
from kernel.hot_state.checks import Moved, VersionIs
from kernel.hot_state.subjects import keys_subject

FOLLOW_SECONDS = 1.0

log = structlog.get_logger(__name__)


@asynccontextmanager
async def key_refresh(
    services: Services, brands: Sequence[Brand], *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[None]:
    """Follow while the context is open."""
    task = asyncio.create_task(_follow(services, brands, pause), name="signing keys")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def refresh_keys(services: Services, brand: str) -> None:
    """Load the brand's keys if they have another version by now. Raises KeyStoreFailed."""
    known = VersionIs(keys_subject(brand), services.keys.version(brand))
    (verdict,) = await services.versions.decide([known], spend=False)
    if isinstance(verdict, Moved):
        await services.keys.load(brand)


async def _follow(services: Services, brands: Sequence[Brand], pause: Callable[[float], Awaitable[None]]) -> None:
    while True:
        await pause(FOLLOW_SECONDS)
        for brand in brands:
            try:
                await refresh_keys(services, brand.name)
            except Exception:  # whatever it was, the next second may be better
                log.exception("keys_not_followed", brand=brand.name)

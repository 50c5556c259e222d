"""Keep a server's keys current, also while it receives no tokens: the tokens it issues and its JWK Set depend on them.

Every resource call checks the key set's version; for all other requests the server checks it each second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from consent.services import Services
from kernel.brand import Brand
from kernel.hot_state.checks import Moved, VersionIs
from kernel.hot_state.subjects import keys_subject

FOLLOW_SECONDS = 1.0  # between two looks at the keys that other workers may have changed

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
            except Exception:  # the next attempt, a second later, may succeed
                log.exception("keys_not_followed", brand=brand.name)

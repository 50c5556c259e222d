"""The time that the bank's own systems are given to answer a question about a customer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kernel.errors import UpstreamTimedOut

ANSWER_SECONDS = 5  # what the bank's identity and account systems are given


@asynccontextmanager
async def answer_time() -> AsyncIterator[None]:
    """A question to the bank's own systems, within its time. Raises UpstreamTimedOut."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            yield
    except TimeoutError:
        raise UpstreamTimedOut("identity or accounts of the customer") from None

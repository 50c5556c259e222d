"""Hand one-time codes to the bank's own message gateway: an HTTPS POST of `{"customer": ..., "code": ...}` with a bearer token.

The gateway knows where the customer can be reached; we do not. Any answer but a 2xx, or none in time, means the code was not sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from consent.ports import Psu
from kernel.brand import Brand
from kernel.ids import Ids
from plugins.psu_identity.ports import CodeNotSent

CODE_DIGITS = 6
TIMEOUT = aiohttp.ClientTimeout(total=5, sock_connect=2)


class HttpCodeSender:
    """Open with `async with HttpCodeSender.open(url, token) as sender`."""

    simulated = False

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str) -> AsyncIterator["HttpCodeSender"]:
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield cls(session, url)

    def new_code(self, ids: Ids) -> str:
        return ids.number(CODE_DIGITS)

    async def send(self, brand: Brand, psu: Psu, code: str) -> str:
        """Raises CodeNotSent."""
        message = {"brand": brand.name, "customer": psu.customer_id, "code": code}
        try:
            async with self._session.post(self._url, json=message, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    raise CodeNotSent(f"the message gateway answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CodeNotSent(f"the message gateway did not answer: {type(error).__name__}") from None
        return "We have sent a code to the phone we know you by."

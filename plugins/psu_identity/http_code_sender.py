"""Hand one-time codes to the bank's own message gateway: an HTTPS POST of `{"customer": ..., "code": ...}` with a bearer token. A
code for a payment comes with `"payment": {"amount": ..., "currency": ..., "payee": ..., "payee_account": ...}`, which the message
must state to the customer (RTS (EU) 2018/389 article 5(1)(a)).

The gateway knows where the customer can be reached; we do not. Any answer but a 2xx, or none in time, means the code was not sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from consent.ports import LinkedTerms, Psu
from kernel.brand import Brand
from kernel.ids import Ids
from plugins.psu_identity.ports import CodeNotSent

CODE_DIGITS = 6  # of a one-time code, drawn by chance
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

    async def send(self, brand: Brand, psu: Psu, code: str, linked: LinkedTerms | None = None) -> str:
        """Raises CodeNotSent."""
        message: dict[str, Any] = {"brand": brand.name, "customer": psu.customer_id, "code": code}
        if linked is not None:
            message["payment"] = {
                "amount": linked.amount.decimal(),
                "currency": linked.amount.currency,
                "payee": linked.payee,
                "payee_account": linked.payee_account,
            }
        try:
            async with self._session.post(self._url, json=message, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    raise CodeNotSent(f"the message gateway answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CodeNotSent(f"the message gateway did not answer: {type(error).__name__}") from None
        return "We have sent a code to the phone we know you by."

"""Ask a core bank one question over HTTP and take nothing on trust: every wait, size and form is bounded, and each failure has a name.

RFC 9110. Redirects are not followed, cookies not kept, compressed bodies not unpacked. A question without a body (GET) has no effect, so
the client library asks once more on a new connection when one breaks before the answer began; after that, and of a question with a
body (POST), nothing is repeated. No byte of an answer reaches a log.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp
from yarl import URL

from kernel.observability import trace
from kernel.observability.interaction import interaction_id
from openapi.core_bank.v1.operations import DEADLINE_HEADER, INTERACTION_HEADER, JSON
from plugins.upstreams.circuit import Circuit, CircuitOpen

CONNECT_SECONDS_MAX = 1.0  # for a new connection to the core bank
CONNECTIONS_MAX = 100  # to the core bank, of each process
IDLE_SECONDS_MAX = 30.0  # an unused connection is kept
CIRCUIT_OPEN = "circuit_open"


class Defect(Exception):
    """A question that got no usable answer. `kind` is one of few words; `detail` is ours; `late`: it did not come in time, or is
    not asked for because others did not."""

    def __init__(self, kind: str, detail: str = "", *, unwell: bool = False) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.unwell = unwell  # the bank itself is in trouble, not this one answer

    @property
    def late(self) -> bool:
        return self.kind in {"timed_out", CIRCUIT_OPEN}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: str
    body: bytes


class CoreBankHttp:
    """Open with `async with CoreBankHttp.open(...) as http`. `seconds_max` is what one question may take in all."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, circuit: Circuit, seconds_max: float) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._circuit = circuit
        self._seconds_max = seconds_max

    @classmethod
    @asynccontextmanager
    async def open(
        cls, base_url: str, *, token: str, tls: ssl.SSLContext | None, circuit: Circuit, seconds_max: float
    ) -> AsyncIterator["CoreBankHttp"]:
        headers = {"Accept-Encoding": "identity", "User-Agent": "portcullis"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=IDLE_SECONDS_MAX, ssl=tls or True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS_MAX),
        ) as session:
            yield cls(session, base_url, circuit, seconds_max)

    async def ask(self, path: str, *, accept: str, bytes_max: int, body: bytes | None = None) -> Answer:
        """`path` has its query and is percent-encoded; `body` is JSON, and makes it a POST. Raises Defect."""
        try:
            permit = self._circuit.admit()
        except CircuitOpen:
            raise Defect(CIRCUIT_OPEN, "it failed too often a moment ago") from None
        try:
            answer = await self._ask(path, accept, bytes_max, body)
        except Defect as defect:
            if defect.unwell:
                permit.failed()
            else:
                permit.succeeded()  # it answers, though with a defect
            raise
        else:
            permit.succeeded()
            return answer
        finally:
            permit.abandoned()  # no outcome yet: the caller was cancelled

    async def _ask(self, path: str, accept: str, bytes_max: int, body: bytes | None) -> Answer:
        url = URL(f"{self._base_url}{path}", encoded=True)
        method, headers = (
            ("GET", self._headers(accept)) if body is None else ("POST", self._headers(accept) | {"Content-Type": JSON})
        )
        try:
            async with (
                asyncio.timeout(self._seconds_max),
                self._session.request(method, url, headers=headers, data=body, allow_redirects=False) as response,
            ):
                _check_head(response, bytes_max)
                return Answer(response.status, response.content_type, await _read(response, bytes_max))
        except TimeoutError:
            raise Defect("timed_out", f"no whole answer within {self._seconds_max} s", unwell=True) from None
        except aiohttp.ClientConnectorError as error:
            raise Defect("unreachable", type(error).__name__, unwell=True) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Defect("broke_off", type(error).__name__, unwell=True) from None
        except ValueError as error:  # a head that is no HTTP
            raise Defect("malformed", type(error).__name__, unwell=True) from None

    def _headers(self, accept: str) -> dict[str, str]:
        headers = {"Accept": accept, DEADLINE_HEADER: str(int(self._seconds_max * 1000))}
        if interaction := interaction_id.get():
            headers[INTERACTION_HEADER] = interaction
        if parent := trace.traceparent.get():
            headers[trace.HEADER] = parent
        return headers


def client_tls(authorities: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """For https: whom to believe (None: the machine's own trust), and the certificate to show, if any. Raises OSError."""
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def _check_head(response: aiohttp.ClientResponse, bytes_max: int) -> None:
    status = response.status
    if 300 <= status < 400:
        raise Defect("redirect", str(status))
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        raise Defect("timed_out", "the bank says so", unwell=True)
    if status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Defect("status", str(status), unwell=True)
    if status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
        raise Defect("status", str(status))
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Defect("media_type", "an encoded body")
    if (response.content_length or 0) > bytes_max:
        raise Defect("too_large", f"more than {bytes_max} bytes announced")


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    body = bytearray()
    while chunk := await response.content.readany():
        body += chunk
        if len(body) > bytes_max:
            raise Defect("too_large", f"more than {bytes_max} bytes")
    return bytes(body)

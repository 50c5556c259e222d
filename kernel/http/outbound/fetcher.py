"""Ask an address that others named (a TPP's keys, its notifications, an authority's lists) without letting them point us anywhere.

OWASP calls the danger SSRF; RFC 7591 section 5 warns of it for every URL of a registration. An address is asked only over https (http
where the caller allows it) on the usual port, by a name that leads to public addresses and nothing else; or at a host that the
configuration lists. The connection goes to the very address that was judged. Redirects are not followed, sizes and times are bounded,
and a host that did not answer is left alone for a while by its owner. Each `owner`, on whose behalf an address is asked,
has a share of the turns (kernel/turns.py): silent hosts of one hold up no other.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from kernel.errors import Overloaded
from kernel.http.outbound.name_lookups import LOOKUPS_MAX, ThreadedNames
from kernel.turns import Key, TurnLimits, Turns

SECONDS_MAX = 4.0  # for one outbound request, from the look-up of its host to the last byte
CONNECT_SECONDS_MAX = 2.0  # for the connection of one outbound request
SILENT_SECONDS = 30.0  # until a host that did not answer is asked again
SILENT_MAX = 256  # hosts remembered as silent at a time
URL_CHARACTERS_MAX = 2048  # of an address that a client or a certificate names
CHUNK_BYTES = 1 << 16  # of an answer, read at once
OWNER_MAX = 4  # outbound requests under way for one owner: eight owners must be silent before another waits
QUESTIONS = TurnLimits(total=LOOKUPS_MAX, each={"host": 8, "owner": OWNER_MAX}, waiting=256, wait_seconds=2.0)
TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: leads to the IPv4 address in its last bits

Host = tuple[str, int | None]  # in lower case; without a port, any


class Unanswered(Exception):
    """No usable answer. The text says why; it is for the log only."""


class Fetcher:
    """Open with `async with Fetcher.open(...)`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        listed: frozenset[Host],
        only: bool,
        monotonic: Callable[[], float],
        names: AbstractResolver,
    ) -> None:
        self._session = session
        self._listed = listed
        self._only = only
        self._monotonic = monotonic
        self._names = names
        self._turns = Turns(QUESTIONS)
        self._silent: dict[tuple[str, str], float] = {}  # until when, by owner and host

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        hosts: Collection[str],
        monotonic: Callable[[], float],
        *,
        only: bool = False,
        tls: ssl.SSLContext | None = None,
        resolver: AbstractResolver | None = None,
    ) -> AsyncIterator["Fetcher"]:
        """`hosts` (`host` for any port, or `host:port`) may be asked wherever they lead; with `only`, no other host is. `tls` says whom to
        believe, by default the machine's own trust."""
        listed = frozenset(map(host_of, hosts))
        names = resolver or ThreadedNames()
        guarded = PublicResolver(names, {host for host, _ in listed})
        try:
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=QUESTIONS.total, resolver=guarded, use_dns_cache=False, ssl=tls or True),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity", "User-Agent": "portcullis"},
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=SECONDS_MAX, sock_connect=CONNECT_SECONDS_MAX),
            ) as session:
                yield cls(session, listed, only, monotonic, names)
        finally:
            await names.close()

    async def get(self, url: str, bytes_max: int, *, schemes: Collection[str] = ("https",), owner: str = "") -> bytes:
        """The body of a 200. Raises Unanswered."""
        status, body = await self._ask("GET", url, bytes_max, schemes, owner, headers={})
        if status != 200:
            raise Unanswered(f"status {status}")
        return body

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], bytes_max: int, *, schemes: Collection[str] = ("https",)
    ) -> tuple[int, bytes]:
        """Status and body, for every status. Raises Unanswered."""
        return await self._ask("POST", url, bytes_max, schemes, "", data=body, headers=headers)

    async def notify(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST once, over https; the status of the answer, whose body is not read. Raises Unanswered."""
        address = self._check_address(url, ("https",))
        try:
            async with (
                self._turn(address, ""),
                self._session.post(address, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unanswered(f"{address.authority}: {type(error).__name__}") from None

    async def judge(self, url: str) -> None:
        """Check that an address may be asked over https, and that its name leads where it may: nothing is sent there. Raises Unanswered."""
        address = self._check_address(url, ("https",))
        guarded = PublicResolver(self._names, {host for host, _ in self._listed})
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await guarded.resolve(address.host or "", address.port or 0)
        except (OSError, TimeoutError) as error:
            raise Unanswered(f"{address.authority}: {str(error) or type(error).__name__}") from None

    async def _ask(
        self, method: str, text: str, bytes_max: int, schemes: Collection[str], owner: str, **sent: Any
    ) -> tuple[int, bytes]:
        url = self._check_address(text, schemes)
        host = url.authority
        self._check_silence(owner, host)
        async with self._turn(url, owner):
            self._check_silence(owner, host)  # while this one waited, another may have found out
            try:
                async with self._session.request(method, url, allow_redirects=False, **sent) as response:
                    return response.status, await _read(response, bytes_max)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                self._leave_alone(owner, host)
                raise Unanswered(f"{host}: {type(error).__name__}") from None

    @asynccontextmanager
    async def _turn(self, url: URL, owner: str) -> AsyncIterator[None]:
        """Kept until the question has ended, and the look-up of its name too. Raises Unanswered."""
        keys: list[Key] = [("host", url.authority)] + ([("owner", owner)] if owner else [])
        try:
            turn = await self._turns.take(*keys)
        except Overloaded as error:  # which says nothing about the host
            raise Unanswered(f"{url.authority}: {error.detail}") from None
        try:
            yield
        finally:
            names = self._names
            looking = names.pending(url.host or "") if isinstance(names, ThreadedNames) else None
            if looking is None:
                turn.release()
            else:
                looking.add_done_callback(lambda _done: turn.release())

    def _check_silence(self, owner: str, host: str) -> None:
        if self._silent.get((owner, host), 0.0) > self._monotonic():
            raise Unanswered(f"{host} did not answer a moment ago")

    def _check_address(self, text: str, schemes: Collection[str]) -> URL:
        """An address that may be asked, as the client that will ask reads it. Raises Unanswered."""
        try:
            url = URL(text)
            host, port = (url.host or "").lower(), url.port
        except (ValueError, TypeError):
            raise Unanswered("an address that cannot be read") from None
        if len(text) > URL_CHARACTERS_MAX or url.scheme not in schemes or not host or (url.user, url.password) != (None, None):
            raise Unanswered(f"no plain {' or '.join(schemes)} address")
        if (host, None) in self._listed or (host, port) in self._listed:
            return url
        if self._only:
            raise Unanswered(f"{host}:{port} is not among the configured hosts")
        if not url.is_default_port() or _is_address(host):
            raise Unanswered(f"{host}:{port} is an address or port that no host uses for this")
        return url

    def _leave_alone(self, owner: str, host: str) -> None:
        if len(self._silent) >= SILENT_MAX:
            del self._silent[next(iter(self._silent))]
        self._silent[owner, host] = self._monotonic() + SILENT_SECONDS


def host_of(entry: str) -> Host:
    """Host and port of an entry in a list of hosts. Raises ValueError."""
    parts = urlsplit(f"//{entry}")
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in entry:
        raise ValueError(f"{entry} is no host")
    return parts.hostname, parts.port


class PublicResolver(AbstractResolver):
    """Addresses of names; OSError for a name that leads anywhere but to the public internet, unless it is listed."""

    def __init__(self, inner: AbstractResolver, listed: Collection[str]) -> None:
        self._inner = inner
        self._listed = listed

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host.lower() not in self._listed and not all(_is_public(each["host"]) for each in found):
            raise OSError(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        await self._inner.close()


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """Raises Unanswered for more than was allowed."""
    if (response.content_length or 0) > bytes_max or "Content-Encoding" in response.headers:
        raise Unanswered("too large, or packed")
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        content += chunk
        if len(content) > bytes_max:
            raise Unanswered("too large")
    return bytes(content)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped.is_global
        if found.sixtofour is not None or found.teredo is not None or found in TRANSLATED:
            return False  # an address within an address
    return found.is_global and not found.is_multicast

"""Key material wrapped by Vault's Transit engine (also OpenBao's): the wrapping key never leaves it, and each unwrapping is in
its audit log.

Transit HTTP API: `encrypt`, `decrypt` and `keys/:name`. The key must be derived: the place of a value is its `context`, so that what
was wrapped for one place does not open in another. Both calls are safe to repeat, and are, a bounded number of times.
"""

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from kernel import json
from kernel.errors import Problem
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import SealBroken

CONNECT_SECONDS_MAX = 2.0  # for a new connection to Vault
ANSWER_SECONDS_MAX = 5.0  # for the answer to one attempt
ATTEMPTS_MAX = 3  # attempts of one question to Vault
PAUSE_SECONDS = 0.2  # before the second attempt; doubled before the third
CONNECTIONS_MAX = 8  # connections to Vault, of each process
ANSWER_BYTES_MAX = 65_536  # of one answer of Vault
TOKEN_BYTES_MAX = 4096  # of the file that holds the token for Vault
REASON_CHARACTERS_MAX = 200  # of Vault's own reason for a refusal, in a message
KEY_TYPES = ("aes256-gcm96", "chacha20-poly1305")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # of a key, and each segment of a mount
_WRAPPED = re.compile(rb"vault:v[1-9][0-9]{0,8}:[A-Za-z0-9+/]+={0,2}")
_PRINTABLE = re.compile(r"[!-~]+")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the key is: `https://vault.example:8200`, the engine's mount, the key's name; `token` reads the token at each call."""

    url: str
    mount: str
    key: str
    namespace: str
    token: Callable[[], str]


class VaultTransit:
    """Open with `async with VaultTransit.open(address, authorities) as vault`."""

    name = "vault_transit"

    def __init__(
        self, session: aiohttp.ClientSession, address: Address, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._session = session
        self._address = address
        self._pause = pause

    @classmethod
    @asynccontextmanager
    async def open(cls, address: Address, authorities: Path | None = None) -> AsyncIterator["VaultTransit"]:
        """Vault is asked nothing yet. Raises KeyStoreFailed for authorities that cannot be used."""
        try:
            tls = await asyncio.to_thread(ssl.create_default_context, cafile=authorities)
        except OSError as error:
            raise KeyStoreFailed(f"vault_transit.authorities: {authorities} cannot be used ({error})") from None
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity", "User-Agent": "portcullis", "X-Vault-Request": "true"},
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX, sock_connect=CONNECT_SECONDS_MAX),
        ) as session:
            yield cls(session, address)

    async def check(self) -> None:
        """Can keys be wrapped and unwrapped, each in its place alone? Found out at the start, and not at the first rotation. Raises
        KeyStoreFailed."""
        data = await self._ask("GET", f"keys/{self._address.key}")
        if data.get("type") not in KEY_TYPES or data.get("derived") is not True:
            raise KeyStoreFailed(
                f"vault_transit.key: {self._address.key} must be made with `type={KEY_TYPES[0]} derived=true`, so that a key opens in its place only"
            )
        probe = await self.wrap(b"probe", "probe")
        if await self.unwrap(probe, "probe") != b"probe":
            raise KeyStoreFailed(f"vault_transit.key: {self._address.key} does not open what it wrapped")

    @staticmethod
    def wrapped(value: bytes) -> bool:
        return _WRAPPED.fullmatch(value) is not None

    async def wrap(self, material: bytes, *place: str) -> bytes:
        """Raises KeyStoreFailed."""
        asked = {"plaintext": base64.b64encode(material).decode(), "context": _context(place)}
        value = _text(await self._ask("POST", f"encrypt/{self._address.key}", asked), "ciphertext").encode()
        if not self.wrapped(value):
            raise KeyStoreFailed("vault_transit: the answer to `encrypt` holds no ciphertext; is this address Vault's?")
        return value

    async def unwrap(self, value: bytes, *place: str) -> bytes:
        """Raises SealBroken or KeyStoreFailed."""
        if not self.wrapped(value):
            raise SealBroken("not wrapped by Vault")
        asked = {"ciphertext": value.decode(), "context": _context(place)}
        opened = _text(await self._ask("POST", f"decrypt/{self._address.key}", asked), "plaintext")
        try:
            return base64.b64decode(opened, validate=True)
        except binascii.Error:
            raise KeyStoreFailed("vault_transit: the answer to `decrypt` holds no plaintext; is this address Vault's?") from None

    async def _ask(self, method: str, path: str, asked: dict[str, str] | None = None) -> dict[str, Any]:
        """The `data` of Vault's answer."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                status, body = await self._exchange(method, path, asked)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if attempt == ATTEMPTS_MAX:
                    raise KeyStoreFailed(
                        f"vault_transit.url: {self._address.url} does not answer ({type(error).__name__}); start Vault, or set its address"
                    ) from None
            else:
                if status < 500 and status != 429:
                    return self._judge(status, body, path)
                if attempt == ATTEMPTS_MAX:
                    raise KeyStoreFailed(f"vault_transit: Vault answers {status} to {path}{_reason(body)}; unseal or repair it")
            log.warning("vault_asked_again", path=path, attempt=attempt)
            await self._pause(PAUSE_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    async def _exchange(self, method: str, path: str, asked: dict[str, str] | None) -> tuple[int, bytes]:
        """One attempt. Redirects are not followed: a token goes to its own address only."""
        address = self._address
        token = await asyncio.to_thread(address.token)
        headers = {"X-Vault-Token": token} | ({"X-Vault-Namespace": address.namespace} if address.namespace else {})
        url = f"{address.url}/v1/{address.mount}/{path}"
        async with self._session.request(method, url, json=asked, headers=headers, allow_redirects=False) as answer:
            body = bytearray()
            while chunk := await answer.content.readany():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise KeyStoreFailed(
                        f"vault_transit.url: an answer of more than {ANSWER_BYTES_MAX} bytes; is this address Vault's?"
                    )
            return answer.status, bytes(body)

    def _judge(self, status: int, body: bytes, path: str) -> dict[str, Any]:
        reason = _reason(body)
        match status:
            case 200:
                return _data(body)
            case 400 if path.startswith("decrypt/"):
                raise SealBroken(f"Vault does not open it{reason}")
            case 403:
                raise KeyStoreFailed(
                    f"vault_transit.token_file: Vault refuses this token for {self._address.mount}/{path}{reason}; it needs `update` on encrypt/"
                    f"{self._address.key} and decrypt/{self._address.key}, and `read` on keys/{self._address.key}"
                )
            case 404:
                raise KeyStoreFailed(
                    f"vault_transit.key: there is no {self._address.mount}/keys/{self._address.key}; make it with `vault write "
                    f"{self._address.mount}/keys/{self._address.key} type={KEY_TYPES[0]} derived=true`, or set mount and key"
                )
            case _:
                raise KeyStoreFailed(f"vault_transit: Vault answers {status} to {self._address.mount}/{path}{reason}")


def read_token(file: Path) -> str:
    """A token as an agent writes it, read for each question, because agents renew it. Raises KeyStoreFailed."""
    try:
        with file.open("rb") as stream:
            token = stream.read(TOKEN_BYTES_MAX + 1).decode(errors="replace").strip()
    except OSError as error:
        raise KeyStoreFailed(f"vault_transit.token_file: {file} cannot be read ({error.strerror})") from None
    if len(token) > TOKEN_BYTES_MAX or not _PRINTABLE.fullmatch(token):
        raise KeyStoreFailed(f"vault_transit.token_file: {file} does not hold a token")
    return token


def _context(place: tuple[str, ...]) -> str:
    """Unambiguous: each part with its length before it."""
    return base64.b64encode(b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in place)).decode()


def _data(body: bytes) -> dict[str, Any]:
    try:
        data = json.decode(body, dict[str, Any]).get("data")
    except Problem:
        data = None
    if not isinstance(data, dict):
        raise KeyStoreFailed("vault_transit.url: an answer that is not Vault's; set Vault's address")
    return data


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise KeyStoreFailed(f"vault_transit.url: an answer without {name}; is this address Vault's?")
    return value


def _reason(body: bytes) -> str:
    """Vault's reason for a refusal, as printable text for the log and the operator."""
    try:
        errors = json.decode(body, dict[str, Any]).get("errors")
    except Problem:
        return ""
    text = "; ".join(str(error) for error in errors) if isinstance(errors, list) else ""
    printable = "".join(character if character.isprintable() else " " for character in text)[:REASON_CHARACTERS_MAX].strip()
    return f" ({printable})" if printable else ""

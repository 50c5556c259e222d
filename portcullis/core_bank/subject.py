"""A core bank under check: how it is asked, and what a check may say of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import msgspec

from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.account_numbers import is_sort_code_number
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.brand import Brand
from kernel.clock import monotonic
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from openapi.core_bank.v1 import answers
from openapi.core_bank.v1.operations import JSON
from plugins.upstreams.circuit import Circuit, CircuitLimits
from plugins.upstreams.core_bank import CoreBank
from plugins.upstreams.core_bank_days import CoreBankDays
from plugins.upstreams.core_bank_payments import CoreBankPayments

RAW_SECONDS_MAX = 10  # for one raw request of the check
LOOK_SECONDS = 0.2  # between two looks whether the bank accepts connections
RAW_BYTES_MAX = 65_536  # of one raw answer that the check reads


class Wrong(Exception):
    """The bank does not keep the contract. The message says how, without its data."""


class NothingThere(Exception):
    """The specimens have nothing to check this on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`verdict` None: there was nothing to check it on."""

    title: str
    verdict: bool | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PennyPayment:
    """The account and the payee of a payment of the smallest amount, that a bank may make for a check."""

    payer_account: str
    payee_account: AccountIdentifier
    payee_name: str


@dataclass(slots=True)
class Subject:
    """A bank under check. `accounts` are those of the specimen customers, found by the first check about them. Nothing is paid, held or
    cancelled unless `penny` says between whom."""

    url: str
    token: str
    brand: Brand
    customers: tuple[str, ...]
    bank: CoreBank
    guarded: GuardedAccounts
    session: aiohttp.ClientSession
    payments: CoreBankPayments
    days: CoreBankDays
    defects: list[str]  # questions about funds and payees that got no usable answer
    penny: PennyPayment | None = None
    accounts: tuple[str, ...] = ()

    async def raw(self, path: str, token: str | None = None, **headers: str) -> tuple[int, str, float]:
        """Status, the refusal's code, and seconds, of a question that the client would never ask."""
        return await self._exchange("GET", path, self.token if token is None else token, headers)

    async def raw_body(self, path: str, body: bytes) -> int:
        """The status of the answer to a body that the client would never send."""
        status, _, _ = await self._exchange("POST", path, self.token, {"Content-Type": JSON}, body)
        return status

    async def _exchange(
        self, method: str, path: str, token: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, str, float]:
        sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
        started = monotonic()
        try:
            async with self.session.request(method, self.url + path, headers=sent, data=body, allow_redirects=False) as response:
                answer = await _read(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Wrong(f"no answer: {type(error).__name__}") from None
        try:
            code = msgspec.json.decode(answer, type=answers.Refusal).code
        except msgspec.MsgspecError:
            code = ""
        return status, code, monotonic() - started


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer, in however many pieces it comes, or as much of it as a refusal may have."""
    body = bytearray()
    while len(body) < RAW_BYTES_MAX and (piece := await response.content.readany()):
        body += piece
    return bytes(body)


Check = Callable[[Subject], Awaitable[str]]


@asynccontextmanager
async def open_subject(
    url: str,
    token: str,
    brand: str,
    customers: tuple[str, ...],
    *,
    tls: ssl.SSLContext | None = None,
    penny: PennyPayment | None = None,
) -> AsyncIterator[Subject]:
    """Open a bank as the subject of the checks. A missing brand or customer is read from the bank's health. Raises UpstreamFailed or
    UpstreamTimedOut if the bank does not answer."""
    patient = Circuit(monotonic, CircuitLimits(calls_min=1_000_000))
    defects: list[str] = []
    timeout = aiohttp.ClientTimeout(total=RAW_SECONDS_MAX)
    async with (
        CoreBank.open(url, circuit=patient, token=token, tls=tls) as bank,
        CoreBankPayments.open(
            url, circuit=patient, token=token, tls=tls, count_defect=lambda question, _code: defects.append(question)
        ) as payments,
        CoreBankDays.open(url, circuit=patient, token=token, tls=tls) as days,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls or True), timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        ) as session,
    ):
        specimens = (await bank.health()).specimens
        name = brand or next(iter(specimens), "main")
        yield Subject(
            url=url.rstrip("/"),
            token=token,
            brand=Brand(name, name, "", "", ZoneInfo("UTC"), (), ""),
            customers=customers or specimens.get(name, ()),
            bank=bank,
            guarded=GuardedAccounts(bank),
            session=session,
            payments=payments,
            days=days,
            defects=defects,
            penny=penny,
        )


def account_number(text: str) -> AccountIdentifier:
    """A sort code with its account number, or an IBAN."""
    return AccountIdentifier(Scheme.SORT_CODE if is_sort_code_number(text) else Scheme.IBAN, text)


async def run_checks(subject: Subject, checks: Sequence[tuple[str, Check]]) -> AsyncIterator[Finding]:
    for title, check in checks:
        try:
            yield Finding(title, True, await check(subject))
        except NothingThere as nothing:
            yield Finding(title, None, str(nothing))
        except Wrong as wrong:
            yield Finding(title, False, str(wrong))
        except (UpstreamFailed, UpstreamTimedOut) as problem:
            yield Finding(title, False, problem.detail)


async def until_accepts(url: str, seconds: float) -> None:
    """Wait until someone accepts connections at `url`, or that long."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
            return
        await asyncio.sleep(LOOK_SECONDS)


def expect(held: bool, wrong: str) -> None:
    """Raises Wrong."""
    if not held:
        raise Wrong(wrong)


def expect_some(rows: Sequence[Any], what: str) -> None:
    """Raises NothingThere."""
    if not rows:
        raise NothingThere(f"the specimens have no {what}")

"""Accepted payments end to end, over mutual TLS from a TPP outside to their settlement by a book transfer: on one server, and on two that
share PostgreSQL and Valkey. The CPU of the servers and of what they ask for, for each stage and each payment; the TPP's own is not counted.

A number of payments, then it ends. Stages follow one another, so that each can be measured; within a stage several are under way.
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from bench.processes import tree_seconds
from bench.request_path.site import approve
from bench.turns import in_turns
from sandbox.tpp_kit.answers import expect
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import SCOPE, Payments
from sandbox.tpp_kit.tpp import Tpp
from tests.harness.installations import BANK_WITHIN, TRANSIENT, Installations
from tests.harness.server import Server

T = TypeVar("T")
R = TypeVar("R")

PAYMENTS = 120  # of each arrangement of servers
AT_ONCE = 8  # under way
SECONDS_MAX = 60.0  # until the last of them is settled
LOOK_EVERY_SECONDS = 0.1  # whether they are
OPEN = "SELECT count(*) FROM orders WHERE state NOT IN ('settled', 'rejected', 'cancelled')"
SETTLED = "SELECT count(*) FROM orders WHERE state = 'settled'"


@dataclass(frozen=True, slots=True)
class Site:
    """Servers that are one to a TPP, with the processes that they ask for something."""

    servers: Sequence[Server]
    postgresql_pid: int

    def seconds(self) -> dict[str, float]:
        """CPU, by process."""
        pids = {f"server {number}": server.process.pid for number, server in enumerate(self.servers, 1) if server.process}
        valkey = self.servers[0].valkey
        assert valkey is not None
        return {name: tree_seconds(pid) for name, pid in (pids | {"valkey": valkey.pid, "database": self.postgresql_pid}).items()}


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds of a stage by process, and how long it took by the clock of this machine."""

    cpu: dict[str, float]
    wall: float

    def document(self, payments: int) -> dict[str, Any]:
        micros = {f"{name}_us": round(seconds / payments * 1e6) for name, seconds in self.cpu.items()}
        return {
            "us": round(sum(self.cpu.values()) / payments * 1e6),
            **micros,
            "a_second_by_the_clock": round(payments / self.wall, 1),
        }


async def measure_end_to_end(postgresql: Callable[[], str], postgresql_pid: int) -> dict[str, Any]:
    """By the number of servers. `postgresql` gives the URL of a maintenance database."""
    found: dict[str, Any] = {}
    for count in (1, 2):
        with _opened(postgresql, postgresql_pid, count) as site:
            found[str(count)] = await _measure(site)
    return found


@contextmanager
def _opened(postgresql: Callable[[], str], pid: int, count: int) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as name:
        folder = Path(name)
        installations = Installations(folder, lambda part: Path(tempfile.mkdtemp(prefix=part, dir=folder)), postgresql)
        with installations.installation(BANK_WITHIN) as first:
            servers = [first.start()]
            try:
                servers += [_another(first, folder / f"server-{number}").start() for number in range(2, count + 1)]
                yield Site(servers, pid)
            finally:
                for server in servers[1:]:
                    server.stop()


def _another(first: Server, folder: Path) -> Server:
    """A server of the same bank: the same keys, database and hot state, in the same name."""
    shutil.copytree(first.state_dir, folder, ignore=shutil.ignore_patterns(*TRANSIENT))
    same = {"PORTCULLIS_ISSUER": first.issuer, "PORTCULLIS_MTLS_URL": first.mtls}
    return Server(folder, first.environment | same, valkey=first.valkey)


async def _measure(site: Site) -> dict[str, Any]:
    first = site.servers[0]
    people = json.loads((first.state_dir / "personas.json").read_text())
    payee = _number_of(people, "bob")
    async with Tpp.from_folder(first.state_dir / "tpps" / "acme") as tpp:
        doors = [Door.of(tpp, first, server) for server in site.servers]
        for door in doors:  # the first call opens connections, and what is read once
            await _order(door, *(await _agree(tpp, await _lodge(door, payee, -1))), payee)
        lodged, lodging = await _spend(site, range(PAYMENTS), lambda number: _lodge(_of(doors, number), payee, number))
        agreed, consent = await _spend(site, lodged, lambda given: _agree(tpp, given))
        numbered = list(enumerate(agreed))
        _, order = await _spend(
            site, numbered, lambda each: _order(_of(doors, each[0]), *each[1], payee), until=lambda: _settled(first, PAYMENTS)
        )
    stages = {"lodging": lodging, "consent": consent, "order until it is settled": order}
    total = sum(sum(spent.cpu.values()) for spent in stages.values())
    return {
        "payments_per_cpu_second": round(PAYMENTS / sum(order.cpu.values()), 1),
        "with_lodging_and_consent_per_cpu_second": round(PAYMENTS / total, 1),
        "payments_a_second_by_the_clock": round(PAYMENTS / order.wall, 1),
        "shares": {name: round(sum(spent.cpu.values()) / total, 3) for name, spent in stages.items()},
        "stages": {name: spent.document(PAYMENTS) for name, spent in stages.items()},
    }


async def _spend(
    site: Site, items: Sequence[T], act: Callable[[T], Awaitable[R]], until: Callable[[], Awaitable[None]] | None = None
) -> tuple[list[R], Spent]:
    before, began = site.seconds(), time.monotonic()
    results = await in_turns(items, act, at_once=AT_ONCE)
    if until is not None:
        await until()
    after = site.seconds()
    return results, Spent({name: after[name] - before[name] for name in after}, time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class Door:
    """The payments of a TPP at one of the servers, which all answer to one name."""

    payments: Payments
    knobs: Knobs

    @classmethod
    def of(cls, tpp: Tpp, first: Server, server: Server) -> "Door":
        payments = Payments(tpp)
        payments.base = payments.base.replace(first.mtls, f"https://localhost:{server.ports[1]}")
        return cls(payments, Knobs(headers={"Host": urlsplit(first.mtls).netloc}))


def _of(doors: Sequence[Door], number: int) -> Door:
    return doors[number % len(doors)]


def _number_of(people: list[dict[str, Any]], name: str) -> str:
    person = next(each for each in people if each["name"] == name)
    return str(next(each["number"] for each in person["accounts"] if each["type"] == "current" and each["number"]))


def _initiation(payee: str) -> dict[str, Any]:
    return {
        "InstructionIdentification": "BENCH",
        "EndToEndIdentification": "BENCH",
        "InstructedAmount": {"Amount": "0.01", "Currency": "GBP"},
        "CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": payee, "Name": "Bob"},
    }


async def _lodge(door: Door, payee: str, _number: int) -> str:
    return (await door.payments.lodge(_initiation(payee), knobs=door.knobs)).id


async def _agree(tpp: Tpp, consent_id: str) -> tuple[str, str]:
    """The id of the consent, and the token of its customer, who has decided before the page is opened."""
    pushed = await tpp.push_authorization_request(consent_id, f"openid {SCOPE}")
    await approve(tpp, consent_id, "alice")
    return consent_id, (await tpp.redeem(await tpp.authorize_without_page(pushed), pushed)).access_token


async def _order(door: Door, consent_id: str, token: str, payee: str) -> None:
    expect(201, "order", await door.payments.order(token, consent_id, _initiation(payee), knobs=door.knobs))


async def _settled(server: Server, at_least: int) -> None:
    connection = await asyncpg.connect(server.database_url)
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while await connection.fetchval(OPEN):  # noqa: ASYNC110  the servers are other processes
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        assert await connection.fetchval(SETTLED) >= at_least
    finally:
        await connection.close()

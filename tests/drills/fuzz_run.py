"""Send seeded calls, with credentials or without, and keep those that were answered as no caller may be: by a failure of ours, by a
reset, or not at all."""

import asyncio
import contextlib
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from sandbox.tpp_kit.connector import open_connector
from tests.drills.enemy import ADDRESSES
from tests.drills.fuzz import Call, Knowledge, make_call
from tests.drills.site import Site
from tests.harness.judged import JudgedTpp

WORKERS = 12
ANSWER_SECONDS_MAX = 20.0
GRANT_SECONDS = 60.0  # fuzzed calls revoke tokens and consents: new ones are had as often
CULPRITS_MAX = 20
NAMES = ("acme", "borough")
SHED = 503


@dataclass
class Found:
    statuses: Counter[str] = field(default_factory=Counter)
    culprits: list[str] = field(default_factory=list)  # calls that were answered wrongly
    wrong: int = 0

    def note(self, call: Call, outcome: str) -> None:
        self.wrong += 1
        if len(self.culprits) < CULPRITS_MAX:
            self.culprits.append(f"{outcome}: {call}")


@dataclass
class Caller:
    """One way to call: an address, a certificate, what is known."""

    session: aiohttp.ClientSession
    trust: ssl.SSLContext
    tpp: JudgedTpp | None = None
    known: Knowledge = field(default_factory=Knowledge)
    known_at: float = float("-inf")

    async def learn(self) -> None:
        if self.tpp is None or time.monotonic() - self.known_at < GRANT_SECONDS:
            return
        try:
            grant = await self.tpp.granted()
            own = await self.tpp.client_credentials_token()
        except Exception:  # its own rate is used up: what it knew must do
            self.known_at = time.monotonic()
            return
        ids = (grant.consent_id, str(self.tpp.folder.client_id))
        answer = await self.tpp.get("/accounts", grant.token)
        if answer.status == 200:
            ids += tuple(account["AccountId"] for account in answer.json()["Data"]["Account"])
        self.known, self.known_at = Knowledge((grant.token, own), ids), time.monotonic()


async def fuzz(site: Site, count: int, seed: int, *, with_credentials: bool) -> Found:
    found, numbers = Found(), iter(range(count))
    async with _callers(site, with_credentials=with_credentials) as callers:

        async def work(caller: Caller) -> None:
            for number in numbers:
                await caller.learn()
                await _send(site, caller, make_call(seed, number, caller.known), found)

        await asyncio.gather(*(work(callers[worker % len(callers)]) for worker in range(WORKERS)))
    return found


async def _send(site: Site, caller: Caller, call: Call, found: Found) -> None:
    base = site.server.mtls if call.mtls else site.server.issuer
    try:
        async with caller.session.request(
            call.method,
            URL(base + call.target, encoded=True),
            headers=call.headers,
            data=call.body or None,
            ssl=caller.trust,
            allow_redirects=False,
        ) as answer:
            await answer.read()
            status, is_shed = answer.status, answer.status == SHED and "Retry-After" in answer.headers
    except TimeoutError:
        return found.note(call, f"no answer within {ANSWER_SECONDS_MAX:.0f} s")
    except (ValueError, aiohttp.InvalidURL):
        found.statuses["not sent"] += 1  # by a client library that refuses to
        return None
    except (aiohttp.ClientError, OSError) as error:
        return found.note(call, f"no answer ({type(error).__name__})")
    found.statuses["shed" if is_shed else f"{status // 100}xx"] += 1
    if status >= 500 and not is_shed:
        found.note(call, f"answered {status}")
    return None


@asynccontextmanager
async def _callers(site: Site, *, with_credentials: bool) -> AsyncIterator[list[Caller]]:
    async with AsyncExitStack() as stack:
        made = []
        for place in range(len(NAMES) if with_credentials else WORKERS):
            connector = open_connector(local_addr=(ADDRESSES[place], 0), family=2)
            timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX)
            session = await stack.enter_async_context(
                aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
            )
            trust = ssl.create_default_context(cafile=site.target.ca)
            tpp = None
            if with_credentials:
                tpp = await stack.enter_async_context(JudgedTpp.of(site.server, NAMES[place]))
                trust.load_cert_chain(tpp.folder.transport.certificate, tpp.folder.transport.key)
            made.append(Caller(session, trust, tpp))
        yield made
        for caller in made:
            with contextlib.suppress(Exception):
                await caller.session.close()

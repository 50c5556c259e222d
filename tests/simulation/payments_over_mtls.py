"""Payments over mutual TLS, while the server, the bank's core and the rail are killed: each order that was answered stands, each repeat of
its key names it, and the money has moved once.

`make simulate` runs it by name, and `make test` does not: the orders of a server that died wait for their leases to end by the machine's
clock.
"""

import asyncio
import os
import random
from collections import Counter

import aiohttp
import psutil
import pytest

from plugins.ledger.accounts.internal import internal_account_id, rail_clearing
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from sandbox.tpp_kit.payments import SCOPE, Payments
from tests.harness.books.books import BRAND, Books
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import Server
from tests.journeys.paying import INITIATION, RISK, Agreed, amounting

PAYMENTS = int(os.environ.get("PORTCULLIS_SIMULATE_MTLS", "25"))  # on each installation
SEED = int(os.environ.get("PORTCULLIS_SIMULATE_SEED", "4"))
TIMEOUT_SECONDS = int(os.environ.get("PORTCULLIS_SIMULATE_TIMEOUT", "600"))
BATCH = 25  # payments that are ordered while a process is killed
AT_ONCE = 5  # journeys
KILLED_WITHIN_SECONDS = 0.8  # after the first order of a batch
AGAIN_SECONDS = 0.2  # before a call is made again that found no server
SERVER = "server"
CHILDREN = {"core": "core-bank", "rail": "plugins.rails.simulated.scheme"}  # of the server, by a word of their commands
VICTIMS = (SERVER, *CHILDREN)
FINAL = {"ACCC", "ACSC", "RJCT"}
PAID = FINAL - {"RJCT"}
PENCE = 7  # of each payment
PAYMENT = INITIATION | amounting(f"0.{PENCE:02}")
CLEARING = internal_account_id(rail_clearing(FASTER_PAYMENTS.name), "GBP")


async def agree(tpp: JudgedTpp) -> Agreed:
    """A payment that Alice agrees to, once her bank answers."""
    consent = await Payments(tpp).lodge(PAYMENT, risk=RISK)
    pushed = await tpp.push_authorization_request(consent.id, f"openid {SCOPE}")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await tpp.control(f"/consents/{consent.id}/approve", {"persona": "alice"})).status != 200:
            assert answer.json()["error"].startswith("upstream"), answer.body
            await asyncio.sleep(AGAIN_SECONDS)
    return Agreed(consent.id, await tpp.redeem(await tpp.authorize_without_page(pushed), pushed))


async def agree_in_turns(tpp: JudgedTpp, count: int) -> list[Agreed]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def take() -> Agreed:
        async with turns:
            return await agree(tpp)

    return list(await asyncio.gather(*(take() for _ in range(count))))


async def order(payments: Payments, agreed: Agreed) -> str:
    """The payment's id, asked for under one key until it is answered."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await payments.order(agreed.token, agreed.consent_id, PAYMENT, risk=RISK, key=agreed.consent_id)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if answer.status == 201:
                return answer.json()["Data"]["DomesticPaymentId"]
            assert answer.status in (429, 503), answer.body
            await asyncio.sleep(AGAIN_SECONDS)


async def kill(server: Server, victim: str) -> str:
    """The process that was killed: the server, where it has no such child just now. It starts its children again itself."""
    assert server.process is not None
    word = CHILDREN.get(victim)
    for child in psutil.Process(server.process.pid).children(recursive=True):
        if word is not None and word in child.cmdline():
            child.kill()
            return victim
    server.kill()
    await asyncio.to_thread(server.start)
    return SERVER


async def order_and_kill(server: Server, tpp: JudgedTpp, batch: list[Agreed], draw: random.Random) -> tuple[dict[str, str], str]:
    """The ids of the payments of a batch, by consent, ordered while a process dies, and once more; and which process that was."""
    payments = Payments(tpp)
    ordering = asyncio.gather(*(order(payments, agreed) for agreed in batch))
    await asyncio.sleep(draw.uniform(0, KILLED_WITHIN_SECONDS))  # the moment is the experiment
    victim = await kill(server, draw.choice(VICTIMS))
    first = await ordering
    assert await asyncio.gather(*(order(payments, agreed) for agreed in batch)) == first
    return dict(zip((agreed.consent_id for agreed in batch), first, strict=True)), victim


async def until_settled(books: Books) -> None:
    """The leases of dead workers end by the machine's clock."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await books.payments.due():  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(AGAIN_SECONDS)


async def cleared(books: Books) -> int:
    """The pence that the rail has been sent."""
    return {row.id: row.booked for row in await books.bank.account_rows(BRAND)}.get(CLEARING, 0)


@pytest.mark.timeout(TIMEOUT_SECONDS)
async def test_each_order_over_mtls_is_one_payment_though_processes_are_killed(own_server):
    draw = random.Random(SEED)
    placed: dict[str, str] = {}
    killed: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    async with JudgedTpp.of(own_server, "acme") as acme, Books.of(own_server) as books:
        held, before = await books.payments.held(), await cleared(books)
        for first in range(0, PAYMENTS, BATCH):
            batch = await agree_in_turns(acme, min(BATCH, PAYMENTS - first))
            ids, victim = await order_and_kill(own_server, acme, batch, draw)
            placed |= ids
            killed[victim] += 1
        await until_settled(books)
        await books.check_whole()
        assert await books.payments.held() == held
        token, payments = await acme.client_credentials_token("payments"), Payments(acme)
        for consent_id, order_id in placed.items():
            assert await books.payments.orders_of(consent_id) == [order_id]
            data = (await payments.read(f"/domestic-payments/{order_id}", token)).json()["Data"]
            assert data["ConsentId"] == consent_id
            statuses[data["Status"]] += 1
        assert statuses.keys() <= FINAL
        assert await cleared(books) - before == PENCE * sum(statuses[status] for status in PAID)
    print(len(placed), "payments, each ordered twice or more:", dict(statuses), "; killed:", dict(killed))

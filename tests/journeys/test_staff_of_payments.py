"""The bank's own people at a payment whose rail went silent: they find it, read its story, and name its end by evidence alone."""

import asyncio
import json
import os
import re
import signal
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from portcullis.cli.app import app
from portcullis.cli.control_client import ServerRefused
from sandbox.tpp_kit.payments import Payments
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.journeys.paying import INITIATION, ORDERS, RISK, agree, numbered

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the scheme's process through /proc")
SEEN = "settlement report of 1 July, line 12, in the archive under 4711"
ANN, BEA = ("--operator", "ann"), ("--operator", "bea")


@contextmanager
def silent_rail(server):
    """The simulated scheme, the one child of the server that runs it, answers nothing meanwhile."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    [pid] = [int(pid) for pid in children if b"faster_payments" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def type_in(monkeypatch, capsys):
    """Type a command of payment orders at a server's machine; what it printed."""

    def typed(server, *words):
        monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(server.state_dir))
        capsys.readouterr()
        app(["orders", *words], exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out

    async def away_from_the_loop(server, *words):
        return await asyncio.to_thread(typed, server, *words)

    return away_from_the_loop


async def until(type_in, server, order_id, state):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            shown = json.loads(await type_in(server, "show", order_id, "--json"))
            if shown["state"] == state:
                return shown
            await asyncio.sleep(0.2)


async def test_a_payment_that_no_bank_answers_for_is_ended_by_two_people(installations, type_in):
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        async with JudgedTpp.of(server, "acme") as acme:
            agreed = await agree(acme)
            with silent_rail(server):
                placed = await Payments(acme).order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)
                order_id = placed.json()["Data"]["DomesticPaymentId"]
                shown = await until(type_in, server, order_id, "unknown")
                assert (shown["amount"], shown["currency"], shown["submissions"]) == ("1.65", "GBP", 1)

                assert order_id in await type_in(server, "list", "--state", "unknown", "--tpp", shown["client_id"])
                assert order_id in await type_in(server, "list", "--consent", agreed.consent_id)
                assert order_id not in await type_in(server, "list", "--older", "1d")

                story = await type_in(server, "explain", order_id)
                assert "no answer says what became of it" in story
                assert "the amount was reserved" in story
                assert "Its hold of 1.65 GBP is open." in story
                assert "Nothing is booked for it." in story

                said = await type_in(server, "decide", order_id, "settled", "--evidence", SEEN, *ANN)
                assert f"{order_id} is unknown" in said
                (version,) = re.findall(rf"orders approve {order_id} (\d+) --operator", said)
                assert f"evidence: settle: {SEEN}" in await type_in(server, "explain", order_id)
                with pytest.raises(ServerRefused, match="another operator"):
                    await type_in(server, "approve", order_id, version, *ANN)
                said = [await type_in(server, "approve", order_id, version, *BEA) for _ in range(2)]
                assert said[0] == said[1]
                assert f"{order_id} is settled" in said[0]
                with pytest.raises(ServerRefused, match="Not decided"):
                    await type_in(server, "decide", order_id, "rejected", "--reason", "AC04", "--evidence", SEEN, *ANN)
            final = (await Payments(acme).read(f"{ORDERS}/{order_id}")).json()["Data"]
            assert final["Status"] in {"ACSC", "ACCC"}
            explained = json.loads(await type_in(server, "explain", order_id, "--json"))
            (decision,) = [each for each in explained["events"] if each["cause"] == "staff:ann,bea"]
            assert (decision["event"], decision["evidence"]) == ("settle", SEEN)
            assert explained["deliveries"]["events"][-1]["kind"] in {"order.settled", "order.progressed"}


async def test_while_the_rail_answers_no_one_decides(installations, type_in):
    """A payment whose question was lost once: the rail is back, and its word counts."""
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        async with JudgedTpp.of(server, "acme") as acme:
            agreed = await agree(acme)
            with silent_rail(server):
                placed = await Payments(acme).order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)
                order_id = placed.json()["Data"]["DomesticPaymentId"]
                await until(type_in, server, order_id, "unknown")
            with pytest.raises(ServerRefused, match="Not decided"):
                await type_in(server, "decide", order_id, "rejected", "--reason", "AB07", "--evidence", SEEN, *ANN)
            await until(type_in, server, order_id, "settled")
            with pytest.raises(ServerRefused, match="Not held"):
                await type_in(server, "hold", order_id, *ANN, "--reason", "odd")
            with pytest.raises(ServerRefused, match="Say why"):
                await type_in(server, "hold", order_id, *ANN, "--reason", " ")
            with pytest.raises(ServerRefused, match="there is no order"):
                await type_in(server, "show", "no-such-order")


async def test_a_late_answer_of_the_rail_comes_by_the_inbox(installations, type_in):
    """The rail takes it, and credits the payee three seconds later: it says so of its own accord."""
    initiation = numbered("08080021329930")
    with installations.installation(EMBEDDED) as installation:
        server = installation.start()
        async with JudgedTpp.of(server, "acme") as acme:
            agreed = await agree(acme, initiation)
            placed = await Payments(acme).order(agreed.token, agreed.consent_id, initiation, risk=RISK)
            order_id = placed.json()["Data"]["DomesticPaymentId"]
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    story = json.loads(await type_in(server, "explain", order_id, "--json"))
                    if story["messages"]:
                        break
                    await asyncio.sleep(0.2)
        assert [each["source"] for each in story["messages"]] == ["faster_payments"]
        assert (story["order"]["state"], story["order"]["rail_status"]) == ("settled", "ACCC")
        assert story["booking"]["hold"]["state"] == "captured"


async def test_a_core_bank_sends_what_became_of_a_payment(installations, type_in):
    """Over the operations listener, with the token that it alone has; it is kept once, and a contradiction changes nothing."""
    token = {"PORTCULLIS_CORE_BANK_NOTICE_TOKEN": "the token of the core bank, for notices"}
    with installations.installation(EMBEDDED) as installation:
        installation.environment.update(token)
        server = installation.start()
        async with JudgedTpp.of(server, "acme") as acme:
            agreed = await agree(acme)
            with silent_rail(server):
                placed = await Payments(acme).order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)
                order_id = placed.json()["Data"]["DomesticPaymentId"]
                shown = await until(type_in, server, order_id, "unknown")
                notice = {
                    "message_id": "ntf-1",
                    "order_id": order_id,
                    "uetr": shown["uetr"],
                    "amount": {"currency": "GBP", "minor": 165},
                    "status": "ACSC",
                    "at": "2026-07-01T09:00:00Z",
                }
                said = [await send(server, notice, *token.values()) for _ in range(2)]
                assert said == [(200, "settle"), (200, "repeated")]
                assert await send(server, notice | {"message_id": "ntf-2", "status": "RJCT"}, *token.values()) == (200, "note")
                assert (await send(server, notice | {"message_id": "ntf-3"}, "another token"))[0] == 401
            assert (await Payments(acme).read(f"{ORDERS}/{order_id}")).json()["Data"]["Status"] in {"ACSC", "ACCC"}
            story = await type_in(server, "explain", order_id)
            assert "core_bank sent message ntf-1; it made the event settle." in story
            assert "a report contradicted what is known" in story


async def send(server, notice, token):
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{server.ready['ops']}/core-bank/v1/brands/main/payment-notices"
    async with aiohttp.ClientSession() as session, session.post(url, json=notice, headers=headers) as answer:
        return answer.status, (await answer.json()).get("effect")

"""The cut-off of a bank's payments, over mutual TLS and with the business clock moved: before it, after it, and on the next working day.

OBIE R/W 4.0 Profile, "CutOffDateTime Behaviour"; error U012, status reason TM01.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portcullis.core_bank.serve import bank_url
from portcullis.core_bank.subject import until_accepts
from sandbox.tpp_kit.payments import Payments
from tests.harness.books.books import Books
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import Server, free_ports
from tests.journeys.paying import CONSENTS, INITIATION, ORDERS, RISK, agree
from tests.journeys.test_domestic_payments import settled

LONDON = ZoneInfo("Europe/London")
CUT_OFF = time(16)


@asynccontextmanager
async def bank_with_cut_off(installations: Any, kind: str, late: str) -> AsyncIterator[tuple[JudgedTpp, Books]]:
    """A server whose brand has a cut-off at 16:00, on a Monday at ten o'clock."""
    with installations.installation(kind) as server:
        server.arguments = (*server.arguments, "--config", brand_with(server, f'time = "16:00"\nlate = "{late}"'))
        server.start()
        async with JudgedTpp.of(server, "acme") as acme, Books.of(server) as books:
            now = await now_of(acme)
            await move_to(acme, now + timedelta(days=7 - now.weekday()), time(10))
            yield acme, books


def brand_with(server: Server, cut_off: str, name: str = "cut_off") -> str:
    """The path of a configuration whose brand has that cut-off."""
    public, mtls, _ = server.ports
    file = server.state_dir / f"{name}.toml"
    file.write_text(
        f'[[brands]]\nname = "main"\ndisplay_name = "Bank"\nissuer = "https://localhost:{public}"\n'
        f'mtls_url = "https://localhost:{mtls}"\n[brands.cut_off]\n{cut_off}\n'
    )
    return str(file)


@asynccontextmanager
async def core_of(server: Server, cut_off: str) -> AsyncIterator[Server]:
    """The server's bank in a process of its own, which has a cut-off of its own, and which the server asks once it starts."""
    port, token = free_ports(1)[0], str(uuid.uuid4())
    environment = server.environment | {"PORTCULLIS_CORE_BANK_PORT": str(port), "PORTCULLIS_CORE_BANK_TOKEN": token}
    arguments = ("core-bank", "serve", "--config", brand_with(server, cut_off, "core"))
    core = Server(server.state_dir, environment, ports=server.ports, arguments=arguments)
    core.launch()
    try:
        await until_accepts(bank_url(port), PATIENCE_SECONDS)
        server.environment = environment | {"PORTCULLIS_UPSTREAM": "core_bank", "PORTCULLIS_CORE_BANK_URL": bank_url(port)}
        yield core
    finally:
        core.stop()


async def now_of(acme: JudgedTpp) -> datetime:
    """Business time, in London."""
    return datetime.fromisoformat((await acme.control("/clock")).json()["now"]).astimezone(LONDON)


async def move_to(acme: JudgedTpp, day: datetime, at: time) -> None:
    ahead = datetime.combine(day.date(), at, LONDON) - await now_of(acme)
    assert (await acme.control("/clock", {"advance": f"PT{int(ahead.total_seconds()) + 1}S"})).status == 200


def cut_off_of(document: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(document["Data"]["CutOffDateTime"]).astimezone(LONDON)


async def standing_of(payments: Payments, consent_id: str) -> tuple[str, str]:
    data = (await payments.read(f"{CONSENTS}/{consent_id}")).json()["Data"]
    return data["Status"], data["StatusReason"][0]["StatusReasonCode"]


@pytest.mark.spec("OBIE-RW-4.0-cutoffdatetime-behaviour")
async def test_a_bank_refuses_what_comes_after_its_cut_off(installations):
    """Consent, authorisation and order; a repeat is judged no more, and names what the first one made."""
    async with bank_with_cut_off(installations, EMBEDDED, "refused") as (acme, books):
        payments, key, monday = Payments(acme), str(uuid.uuid4()), await now_of(acme)
        lodged = await payments.lodge(INITIATION, key="in time")
        assert cut_off_of(lodged.document) == datetime.combine(monday.date(), CUT_OFF, LONDON)
        used, unused = await agree(acme), await agree(acme)
        placed = await payments.order(used.token, used.consent_id, INITIATION, risk=RISK, key=key)
        assert placed.status == 201, placed.body
        await move_to(acme, monday, CUT_OFF)
        late = {"Data": {"Initiation": INITIATION}, "Risk": {}}
        own = await acme.client_credentials_token("payments")
        orders = payments.order(unused.token, unused.consent_id, INITIATION, risk=RISK)
        for refused in (await payments.post(CONSENTS, own, late), await orders):
            assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U012"), refused.body
        assert (await payments.lodge(INITIATION, key="in time")).id == lodged.id
        again = await payments.order(used.token, used.consent_id, INITIATION, risk=RISK, key=key)
        assert (again.status, again.json()["Data"]["DomesticPaymentId"]) == (201, placed.json()["Data"]["DomesticPaymentId"])
        pushed = await acme.push_authorization_request(lodged.id, "openid payments")
        async with Browser(acme.folder.ca) as browser:
            await browser.open(await acme.authorization_url(pushed.request_uri))
            assert "error" in browser.answer, browser.html
            assert "code" not in browser.answer
        for consent_id in (lodged.id, unused.consent_id):
            assert await standing_of(payments, consent_id) == ("RJCT", "TM01")
        await move_to(acme, monday + timedelta(days=1), time(9))
        tuesday = await payments.lodge(INITIATION)
        assert cut_off_of(tuesday.document) == datetime.combine(monday.date() + timedelta(days=1), CUT_OFF, LONDON)
        refused = await payments.order(unused.token, unused.consent_id, INITIATION, risk=RISK)
        assert (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U012")
        assert await books.payments.orders_of(unused.consent_id) == []


@pytest.mark.spec("OBIE-RW-4.0-cutoffdatetime-behaviour")
async def test_a_bank_makes_what_comes_after_its_cut_off_on_the_next_working_day(installations):
    """From Friday evening to Monday: nothing leaves the account before, and the answer says when it will."""
    async with bank_with_cut_off(installations, PRODUCTION_LIKE, "next_day") as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        await move_to(acme, monday + timedelta(days=4), time(15))
        agreed = await agree(acme)
        friday = (await payments.read(f"{CONSENTS}/{agreed.consent_id}")).json()
        assert cut_off_of(friday) == datetime.combine(monday.date() + timedelta(days=4), CUT_OFF, LONDON)
        await move_to(acme, monday + timedelta(days=4), CUT_OFF)
        lodged = await payments.lodge(INITIATION)
        assert cut_off_of(lodged.document) == datetime.combine(monday.date() + timedelta(days=7), CUT_OFF, LONDON)
        placed = await payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)
        assert placed.status == 201, placed.body
        data = placed.json()["Data"]
        opens = datetime.combine(monday.date() + timedelta(days=7), time(), LONDON)
        assert datetime.fromisoformat(data["ExpectedExecutionDateTime"]) == opens.astimezone(UTC)
        await move_to(acme, monday + timedelta(days=6), time(23, 59))
        waiting = (await payments.read(f"{ORDERS}/{data['DomesticPaymentId']}")).json()["Data"]
        assert waiting["Status"] == data["Status"], waiting
        await move_to(acme, monday + timedelta(days=7), time())
        assert (await settled(payments, data["DomesticPaymentId"]))["Status"] == "ACCC"
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-cutoffdatetime-behaviour")
async def test_a_core_bank_gives_its_own_cut_off_and_the_configured_one_counts_while_it_is_away(installations):
    """The core's is at three, an hour before the one that the configuration has for when it does not answer."""
    with installations.installation(PRODUCTION_LIKE) as server:
        rule = 'time = "16:00"\nlate = "refused"\nsource = "core_bank"'
        server.arguments = ("sandbox", "--config", brand_with(server, rule))
        async with core_of(server, 'time = "15:00"\nlate = "refused"') as core:
            server.start()
            async with JudgedTpp.of(server, "acme") as acme:
                payments, now = Payments(acme), await now_of(acme)
                monday, three = now + timedelta(days=7 - now.weekday()), time(15)
                await move_to(acme, monday, time(10))
                agreed = await agree(acme)
                lodged = (await payments.read(f"{CONSENTS}/{agreed.consent_id}")).json()
                assert cut_off_of(lodged) == datetime.combine(monday.date(), three, LONDON)
                await move_to(acme, monday, three)
                late = await payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)
                assert (late.status, late.json()["Errors"][0]["ErrorCode"]) == (400, "U012"), late.body
                assert await standing_of(payments, agreed.consent_id) == ("RJCT", "TM01")
                assert core.stop() == 0
                await move_to(acme, monday + timedelta(days=1), time(10))
                tuesday = await payments.lodge(INITIATION)
                assert cut_off_of(tuesday.document) == datetime.combine(monday.date() + timedelta(days=1), CUT_OFF, LONDON)

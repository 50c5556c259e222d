"""SIGKILL at every step, at random moments under load, and while the bank is first made: what was answered stands, nothing is
half-done, and what was withdrawn stays refused (DESIGN: any process may be killed at any moment)."""

import asyncio
import random
import time
from dataclasses import dataclass, field

import aiohttp
import pytest

from sandbox.bank.households import heavy
from sandbox.bank.seed import ALL_HOUSEHOLDS
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from tests.harness.books.books import Books
from tests.harness.forms import Browser
from tests.harness.installations import BANK_WITHIN, EMBEDDED, seed
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.journeys.scene import CONSENTS, PRESENT

ROUNDS = 3
CUSTOMERS = 5  # journeys at once
SEED = 20_261_123
WITH_PSU = Knobs(headers=PRESENT)


async def again(server, tpp, books):
    """Killed, started, and whole."""
    server.kill()
    await tpp.reconnect()
    await asyncio.to_thread(server.start)
    await books.check_whole()


async def status_of(tpp, consent_id, token):
    answer = await tpp.get(f"{CONSENTS}/{consent_id}", token)
    return answer.json()["Data"]["Status"] if answer.status == 200 else "gone"


async def test_a_journey_goes_on_after_each_of_its_steps(mortal_server):
    """Bob's journey by the forms; the process is killed after every step and started on the same state."""
    async with JudgedTpp.of(mortal_server, "acme") as acme, Browser(acme.folder.ca) as browser, Books.of(mortal_server) as books:
        consent = await acme.lodge_account_consent()
        await again(mortal_server, acme, books)
        assert await status_of(acme, consent.id, await acme.client_credentials_token()) == "AWAU"
        pushed = await acme.push_authorization_request(consent.id)
        await again(mortal_server, acme, books)
        await browser.open(await acme.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username="bob", password="bob-pw")
        assert browser.path == "/sca"
        await again(mortal_server, acme, books)
        await reopened(acme, browser)
        await browser.press("otp-submit", otp="123456")
        assert browser.path == "/consent"
        await again(mortal_server, acme, books)
        await reopened(acme, browser)
        await browser.press("consent-approve", account_0=True)
        code = acme.read_authorization_response(browser.landed, pushed)
        await again(mortal_server, acme, books)
        tokens = await acme.redeem(code, pushed)
        await again(mortal_server, acme, books)
        assert (await acme.get("/accounts", tokens.access_token, knobs=WITH_PSU)).status == 200
        with pytest.raises(Refused, match="invalid_grant"):
            await acme.redeem(code, pushed)
        assert (await acme.get("/accounts", tokens.access_token)).status == 401, "the replay ended nothing"


async def test_what_was_ended_stays_ended(mortal_server):
    """Withdrawn, revoked, denied: refused after a kill as before."""
    async with JudgedTpp.of(mortal_server, "acme") as acme, Books.of(mortal_server) as books:
        withdrawn, revoked, denied, lasting = [await acme.granted() for _ in range(4)]
        token = await acme.client_credentials_token()
        assert (await acme.delete(f"{CONSENTS}/{withdrawn.consent_id}", token)).status == 204
        await acme.revoke(revoked.tokens.refresh_token)
        await acme.revoke(denied.token)
        await again(mortal_server, acme, books)
        for grant in (withdrawn, revoked, denied):
            assert (await acme.get("/accounts", grant.token)).status == 401
        for grant in (withdrawn, revoked):
            with pytest.raises(Refused, match="invalid_grant"):
                await acme.refresh(grant.tokens.refresh_token)
        assert (await acme.refresh(denied.tokens.refresh_token)).access_token
        assert (await acme.get("/accounts", lasting.token)).status == 200


async def reopened(tpp, browser):
    """The customer reloads the page: new connections, the same cookie, the same stage."""
    path = browser.path
    await browser.reconnect()
    await browser.open(f"{tpp.folder.issuer}{path}")
    assert browser.path == path


@dataclass
class Walk:
    """One journey under load, and how far its answers came before the server was gone."""

    consent_id: str = ""
    code: str = ""
    pushed: object = None
    redeeming: bool = False
    tokens: object = None
    withdrawing: bool = False
    withdrawn: bool = False


@dataclass
class Load:
    """Customers who start journeys one after another until the server is gone."""

    tpp: JudgedTpp
    walks: list[Walk] = field(default_factory=list)

    async def run(self) -> None:
        token = await self.tpp.client_credentials_token()
        outcomes = await asyncio.gather(*(self._customer(number, token) for number in range(CUSTOMERS)), return_exceptions=True)
        for outcome in outcomes:
            assert isinstance(outcome, aiohttp.ClientError | TimeoutError), outcome

    async def _customer(self, number: int, token: str) -> None:
        while True:
            walk = Walk()
            self.walks.append(walk)
            walk.consent_id = (await self.tpp.lodge_account_consent(token=token)).id
            walk.pushed = await self.tpp.push_authorization_request(walk.consent_id)
            await self.tpp.decide(walk.consent_id)
            walk.code = await self.tpp.authorize_without_page(walk.pushed)
            walk.redeeming = True
            walk.tokens = await self.tpp.redeem(walk.code, walk.pushed)
            if number % 2:
                walk.withdrawing = True
                assert (await self.tpp.delete(f"{CONSENTS}/{walk.consent_id}", token)).status == 204
                walk.withdrawn = True

    async def check(self) -> None:
        """Each journey stands where its last answer left it, or one whole step further."""
        token = await self.tpp.client_credentials_token()
        for walk in self.walks:
            if walk.consent_id:
                await self._check(walk, token)

    async def _check(self, walk: Walk, token: str) -> None:
        state = await status_of(self.tpp, walk.consent_id, token)
        if walk.withdrawn:
            assert state == "gone"
        elif walk.withdrawing:
            assert state in {"gone", "AUTH"}
        elif walk.code:
            assert state == "AUTH"
        else:
            assert state in {"AWAU", "AUTH"}
        if walk.tokens is not None:
            expected = 401 if state == "gone" else 200
            assert (await self.tpp.get("/accounts", walk.tokens.access_token, knobs=WITH_PSU)).status == expected
        elif walk.code:
            await self._check_code(walk)

    async def _check_code(self, walk: Walk) -> None:
        try:
            tokens = await self.tpp.redeem(walk.code, walk.pushed)
        except Refused as refused:
            if not walk.redeeming or b"invalid_grant" not in refused.answer.body:
                raise
            return  # it was taken, and its tokens died with the process: every caller learns so
        assert (await self.tpp.get("/accounts", tokens.access_token, knobs=WITH_PSU)).status == 200


async def test_killed_at_random_moments_under_load(mortal_server):
    chance = random.Random(SEED)
    walks = 0
    async with JudgedTpp.of(mortal_server, "acme") as acme, Books.of(mortal_server) as books:
        for _ in range(ROUNDS):
            load = Load(acme)
            running = asyncio.create_task(load.run())
            await until(lambda load=load: len(load.walks) > CUSTOMERS)
            await asyncio.sleep(chance.uniform(0.05, 0.6))  # the moment is the experiment
            mortal_server.kill()
            await running
            await acme.reconnect()
            await asyncio.to_thread(mortal_server.start)
            await books.check_whole()
            await load.check()
            await books.check_whole()
            walks += len(load.walks)
        assert walks > ROUNDS * CUSTOMERS
        assert await books.consents.count() >= walks - ROUNDS * CUSTOMERS


async def until(holds):
    """Wait for what only happens outside this process."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def facts_of_the_bank(server):
    """The number of rows of each table, household by household."""
    async with Books.of(server) as books:
        await books.check_whole()
        counts, made = await books.bank.count(), await books.bank.households("main")
    assert made >= {household.name for household in ALL_HOUSEHOLDS}
    return counts, made


async def test_killed_while_the_bank_is_first_made(installations):
    """However often the first start is killed, the last one completes the same bank as one that was let be."""
    with (
        installations.installation(EMBEDDED, seeded=False) as let_be,
        installations.installation(EMBEDDED, seeded=False) as server,
    ):
        for words in ("", "alice", "heavy"):
            server.launch()
            begun = time.monotonic()
            await until(lambda words=words, begun=begun: words in tail_of(server) and time.monotonic() - begun > 0.7)
            server.kill()
        assert not (server.state_dir / "ready.json").exists()
        await asyncio.to_thread(server.start)
        await seed(let_be, heavy.TRANSACTIONS)
        assert await facts_of_the_bank(server) == await facts_of_the_bank(let_be)
        async with JudgedTpp.of(server, "acme") as acme:
            grant = await acme.granted("heavy")
            assert (await acme.get("/transactions", grant.token)).status == 200


def tail_of(server):
    return server.log() if (server.state_dir / "server.log").exists() else ""


@pytest.mark.parametrize("mortal_server", [BANK_WITHIN], indirect=True)
@pytest.mark.parametrize("restarted", ["empty", "from an old dump"])
async def test_the_hot_state_is_killed_while_serving(mortal_server, restarted):
    """Without it versions come from the database and first uses are refused; a new one is believed about what it can know."""
    valkey = mortal_server.valkey
    async with JudgedTpp.of(mortal_server, "acme") as acme:
        withdrawn, lasting = await acme.granted(), await acme.granted()
        token = await acme.client_credentials_token()
        for grant in (withdrawn, lasting):
            assert (await acme.get("/accounts", grant.token)).status == 200
        if restarted == "from an old dump":
            with valkey.client() as client:
                client.save()
        assert (await acme.delete(f"{CONSENTS}/{withdrawn.consent_id}", token)).status == 204
        early = int(time.time())
        valkey.kill()
        assert (await acme.get("/accounts", withdrawn.token)).status == 401
        assert (await acme.get("/accounts", lasting.token, knobs=WITH_PSU)).status == 200
        with pytest.raises(Refused) as refused:
            await acme.client_credentials_token()
        assert (refused.value.answer.status, refused.value.answer.json()["error"]) == (503, "temporarily_unavailable")
        valkey.start()
        assert await until_accepted(acme)
        with pytest.raises(Refused, match="invalid_client"):
            await acme.client_credentials_token(knobs=Knobs(assertion_claims={"iat": early, "nbf": early}))
        for _ in range(3):
            assert (await acme.get("/accounts", withdrawn.token)).status == 401
            assert (await acme.get("/accounts", lasting.token, knobs=WITH_PSU)).status == 200
        assert (await acme.delete(f"{CONSENTS}/{lasting.consent_id}", token)).status == 204
        assert (await acme.get("/accounts", lasting.token)).status == 401


async def until_accepted(tpp):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await tpp.client_credentials_token()
            except Refused as refused:
                if refused.answer.status not in {401, 503}:
                    raise
            await asyncio.sleep(0.2)

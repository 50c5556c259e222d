"""Calls of strangers to the authorization server: they reach the database little or not at all, writes nothing, and keeps no one else out."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from consent.admission import ENTERED_FACTOR, MARK_REQUESTS_PER_MINUTE, NAMED_FACTOR, PLACES, Admission
from consent.app import ConsentServer
from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, is_ours, new_request_secret
from consent.authorization.keys.rotation import prepare_keys, rotate_keys
from consent.store.rows.journeys import IDLE_MAX
from kernel.errors import Overloaded, RateExceeded
from kernel.http.message import Request
from kernel.observability.telemetry import Telemetry
from tests.harness.statements import statements_of
from tests.world.brands import BRAND, OTHER_BRAND
from tests.world.certificates import certificate
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world

INVENTED = "x" * 43
JWT = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
    for part in ({"alg": "PS256", "kid": "k"}, {"iss": "invented", "sub": "invented", "jti": "j"}, {})
)
ASSERTION = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": JWT}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JOURNEY, DASHBOARD = {"__Host-journey": INVENTED}, {"__Host-dashboard": INVENTED}


@dataclass(frozen=True)
class Flood:
    """The call that one stranger repeats, and the number of questions that each may cost the database."""

    method: str
    target: str
    cookies: dict[str, str]
    fields: dict[str, str] | None
    headers: dict[str, str]
    questions: int


def flood(method, target, *, cookies=None, fields=None, headers=None, questions=0):
    return Flood(method, target, cookies or {}, fields, headers or {}, questions)


AUTHORIZE = "/authorize?" + urlencode({"client_id": CLIENT.id, "request_uri": REQUEST_URI_PREFIX + INVENTED})
INVENTED_COOKIE = flood("GET", "/login", cookies=JOURNEY)
CALLS = {**ASSERTION, "grant_type": "authorization_code", "code": "c", "token": "t"}
TOKEN, PAR, INTROSPECTION, REVOCATION, BACKCHANNEL = (
    flood("POST", path, fields=CALLS, questions=1) for path in ("/token", "/par", "/introspect", "/revoke", "/bc-authorize")
)
FLOODS = (
    INVENTED_COOKIE,
    *(flood("GET", path, cookies=JOURNEY) for path in ("/sca", "/consent")),
    *(flood("POST", path, cookies=JOURNEY, fields={"otp": "1"}) for path in ("/login", "/sca", "/consent")),
    *(flood("GET", path) for path in ("/consents", "/consents/login", "/consents/any")),
    *(flood("GET", path, cookies=DASHBOARD) for path in ("/consents", "/consents/login", "/consents/any")),
    flood("POST", "/consents/login", cookies=DASHBOARD, fields={"username": "alice", "password": "x"}),
    flood("GET", "/authorize?client_id=unknown", questions=1),
    flood("POST", "/authorize", fields={"client_id": "unknown"}, questions=1),
    flood("GET", AUTHORIZE, questions=3),
    *(TOKEN, PAR, INTROSPECTION, REVOCATION, BACKCHANNEL),
    flood("POST", "/token", fields={"grant_type": "client_credentials"}),
    flood("GET", "/userinfo"),
    flood("DELETE", "/grants/any"),
)
DOCUMENTS = ("/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_sqlite_url) as made:
        await prepare_keys(made.services, BRAND.name)
        yield made


@pytest.fixture
async def world_anywhere(migrated_url: str) -> AsyncIterator[PageWorld]:
    """The test runs once on each kind of database."""
    async with page_world(migrated_url) as made:
        await prepare_keys(made.services, BRAND.name)
        yield made


def limited(world: PageWorld, per_minute: int) -> ConsentServer:
    settings = replace(world.services.settings, unknown_requests_per_minute=per_minute)
    world.server = ConsentServer(replace(world.services, settings=settings), Telemetry())
    return world.server


async def send(world: PageWorld, sent: Flood, peer: str = "203.0.113.9"):
    browser = world.browser(peer=peer, cookies=dict(sent.cookies))
    body = urlencode(sent.fields).encode() if sent.fields is not None else b""
    headers = sent.headers | (FORM if sent.fields is not None else {})
    return await world.server.handle(BRAND, browser.request(sent.method, sent.target, body, headers))


async def test_a_flood_of_strangers_writes_nothing_and_asks_little(world_anywhere):
    for sent in FLOODS:
        for _ in range(3):
            with statements_of(world_anywhere.database) as statements:
                answer = await send(world_anywhere, sent)
            assert statements.writing == [], sent
            assert len(statements.all) <= sent.questions, sent
            assert answer.status < 500, sent


async def test_what_one_address_sends_beyond_its_rate_asks_the_database_nothing(world_anywhere):
    for sent in FLOODS:
        limited(world_anywhere, 2)
        assert all([(await send(world_anywhere, sent)).status != 429 for _ in range(2)]), sent
        with statements_of(world_anywhere.database) as statements:
            answer = await send(world_anywhere, sent)
        assert (answer.status, statements.all) == (429, []), sent
        assert int(answer.headers["Retry-After"]) > 0, sent
        assert (await send(world_anywhere, sent, peer="203.0.113.10")).status != 429, sent


async def test_the_addresses_of_one_ipv6_site_share_a_rate(world):
    limited(world, 2)
    answers = [(await send(world, INVENTED_COOKIE, peer=f"2001:db8::{number}")).status for number in range(1, 4)]
    assert answers[2] == 429


async def test_a_customer_on_the_way_is_not_refused_for_what_others_send_from_their_address(world):
    limited(world, 10)
    consent = await world.lodge()
    browser = await world.browser(peer="203.0.113.9").begin(await world.push(consent))
    visitor = await world.browser(peer="203.0.113.9").get("/consents")
    for _ in range(15):
        await send(world, INVENTED_COOKIE)
    assert (await send(world, INVENTED_COOKIE)).status == 429
    await browser.log_in("alice")
    assert browser.path == "/consent"
    await browser.approve(0)
    assert "code" in browser.answer
    await visitor.log_in("alice")
    assert visitor.path == "/consents"


async def test_a_request_uri_of_ours_begins_a_journey_beyond_the_rate_of_its_address(world):
    limited(world, 1)
    for _ in range(3):
        await send(world, INVENTED_COOKIE)
    secret = new_request_secret(world.services, BRAND)
    assert is_ours(world.services.sealer, BRAND, secret)
    assert not is_ours(world.services.sealer, OTHER_BRAND, secret)
    target = "/authorize?" + urlencode({"client_id": CLIENT.id, "request_uri": REQUEST_URI_PREFIX + secret})
    assert (await send(world, Flood("GET", target, {}, None, {}, 0))).status == 303


async def test_what_ends_an_access_has_a_rate_of_its_own(world):
    limited(world, 2)
    for _ in range(5):
        await send(world, INVENTED_COOKIE)
    assert (await send(world, INVENTED_COOKIE)).status == 429
    assert (await send(world, REVOCATION)).status == 401


async def test_a_client_that_proves_itself_is_not_counted(world):
    """Nor one that this worker remembers, though its address has used up its rate: it is asked for its proof."""
    limited(world, 1)
    for _ in range(3):
        await send(world, TOKEN)
    fields = CALLS | {"client_id": CLIENT.id}
    await world.services.clients.current(BRAND, CLIENT.id)
    assert (await send(world, replace(TOKEN, fields=fields))).status == 401
    assert (await send(world, TOKEN)).status == 429


async def test_the_name_of_a_known_client_is_not_good_for_a_flood(world):
    """Every client's id is public: who names one and proves nothing has a wider rate, not none."""
    limited(world, 2)
    named = replace(TOKEN, fields=CALLS | {"client_id": CLIENT.id})
    await world.services.clients.current(BRAND, CLIENT.id)
    for _ in range(2 + 2 * NAMED_FACTOR):  # which name no client, and so take nothing from those who do
        await send(world, TOKEN)
    assert [(await send(world, named)).status for _ in range(2 * NAMED_FACTOR + 1)] == [401] * 2 * NAMED_FACTOR + [429]
    assert (await send(world, named, peer="203.0.113.10")).status == 401


async def test_many_cookies_are_not_good_for_a_flood(world):
    """Anyone is given one with each visit, and a TPP a request_uri with each request: neither multiplies the rate of an address."""
    limited(world, 6)
    visitors = [await world.browser(peer=f"203.0.113.{number}").get("/consents") for number in range(20, 24)]
    pushed = [new_request_secret(world.services, BRAND) for _ in range(4)]
    targets = ["/authorize?" + urlencode({"client_id": CLIENT.id, "request_uri": REQUEST_URI_PREFIX + each}) for each in pushed]
    sent = [flood("GET", "/consents/login", cookies=dict(each.cookies)) for each in visitors]
    sent += [flood("GET", target) for target in targets]
    answers = [(await send(world, each)).status for each in sent]
    assert answers == [200] * 4 + [303] * 2 + [429] * 2
    with statements_of(world.database) as statements:
        assert (await send(world, sent[0])).status == 429
    assert statements.all == []


async def test_a_customer_who_has_logged_in_is_not_refused_for_the_cookies_of_others(world):
    limited(world, 6)
    visitor = await world.browser(peer="203.0.113.9").get("/consents")
    await visitor.log_in("alice")
    stranger = await world.browser(peer="203.0.113.10").get("/consents")
    sent = flood("GET", "/consents/login", cookies=dict(stranger.cookies))
    assert 429 in [(await send(world, sent)).status for _ in range(8)]
    assert (await visitor.get("/consents")).path == "/consents"
    within = flood("GET", "/consents", cookies=dict(visitor.cookies))
    assert [(await send(world, within)).status for _ in range(6 * ENTERED_FACTOR)][-1] == 429


async def test_a_certificate_is_not_good_for_a_flood(world):
    """Whose it is has a rate, wherever its calls come from; one that proves to be a client is not counted."""
    limited(world, 2)
    one, other, another_tpps = (
        replace(certificate(name), organisation_id=organisation)
        for name, organisation in (("one", "PSDGB-FCA-1"), ("other", "PSDGB-FCA-1"), ("another TPP's", "PSDGB-FCA-2"))
    )

    async def call(shown, number: int):
        request = world.browser(peer=f"203.0.113.{number}").request("POST", "/revoke", urlencode(CALLS).encode(), FORM)
        return (await world.server.handle(BRAND, replace(request, listener="mtls", certificate=shown))).status

    assert [await call(shown, number) for number, shown in enumerate((one, other, one))] == [401, 401, 429]
    assert await call(another_tpps, 0) == 401


async def test_one_cookie_is_not_good_for_a_flood(world):
    browser = await world.browser().begin(await world.push(await world.lodge()))
    admission = Admission(world.services)
    request = browser.request("GET", "/login")
    for _ in range(MARK_REQUESTS_PER_MINUTE):
        async with admission.admit("page", BRAND, request):
            pass
    with pytest.raises(RateExceeded):
        await admission.admit("page", BRAND, request).__aenter__()


async def test_strangers_who_name_unknown_clients_share_a_few_questions_to_the_database(world, monkeypatch):
    """From however many addresses; a client that this worker remembers, and what ends an access, are not held up."""
    monkeypatch.setattr("consent.admission.LOOK_UPS_MAX", 3)
    limited(world, 1000)
    for place, sent in enumerate((TOKEN, PAR, INTROSPECTION)):
        assert (await send(world, sent, peer=f"203.0.113.{place}")).status < 500
    with statements_of(world.database) as statements:
        answers = [
            await send(world, sent, peer=f"203.0.114.{place}")
            for place, sent in enumerate((TOKEN, PAR, BACKCHANNEL, flood("GET", "/authorize?client_id=unknown")))
        ]
    assert ([answer.status for answer in answers], statements.all) == ([503] * 4, [])
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert (await send(world, REVOCATION)).status < 500
    await world.services.clients.current(BRAND, CLIENT.id)
    assert (await send(world, flood("GET", AUTHORIZE))).status < 500


class TestPlaces:
    async def test_strangers_are_refused_first(self, world, monkeypatch):
        monkeypatch.setitem(PLACES, "page", 1)
        monkeypatch.setitem(PLACES, "client", 1)
        admission = Admission(world.services)
        browser = await world.browser().begin(await world.push(await world.lodge()))
        stranger = world.browser(cookies=dict(JOURNEY)).request("GET", "/login")
        called = world.browser().request("POST", "/token", urlencode(ASSERTION).encode())
        async with admission.admit("page", BRAND, stranger), admission.admit("client", BRAND, called):
            with pytest.raises(Overloaded):
                await admission.admit("page", BRAND, stranger).__aenter__()
            with pytest.raises(Overloaded):
                await admission.admit("client", BRAND, called).__aenter__()
            async with admission.admit("page", BRAND, browser.request("GET", "/login")):
                pass
            async with admission.admit("ending", BRAND, world.browser().request("POST", "/revoke")):
                pass
        async with admission.admit("page", BRAND, stranger):
            pass

    async def test_an_overload_is_shown_on_a_page_with_when_to_try_again(self, world, monkeypatch):
        monkeypatch.setitem(PLACES, "page", 0)
        answer = await send(world, INVENTED_COOKIE)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert b"try again" in answer.body


class TestVisits:
    async def test_a_visit_is_stored_with_its_first_form(self, world):
        browser = await world.browser().get("/consents")
        assert browser.path == "/consents/login"
        await browser.get("/consents/login")
        assert await world.books.pages.journeys() == []
        await browser.log_in("alice", "wrong")
        assert "do not match" in browser.text
        assert len(await world.books.pages.journeys()) == 1
        await browser.log_in("alice")
        assert browser.path == "/consents"

    async def test_a_visit_that_was_never_stored_times_out_and_says_so(self, world):
        browser = await world.browser().get("/consents")
        world.clock.advance(IDLE_MAX)
        await browser.log_in("alice")
        assert browser.path == "/consents/login"
        assert "logged you out" in browser.text
        assert await world.books.pages.journeys() == []

    async def test_a_login_form_pressed_twice_at_once_makes_one_visit(self, world):
        browser = await world.browser().get("/consents")
        fields = {"form_token": browser.token, "username": "alice", "password": "alice-pw"}
        answers = await asyncio.gather(*(browser.send("/consents/login", fields) for _ in range(4)))
        assert {answer.status for answer in answers} <= {303, 409}
        assert len(await world.books.pages.journeys()) == 1


async def test_an_invented_token_asks_the_database_nothing(oauth_anywhere):
    """Which keys are current is known to the hot state."""
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": f"Bearer {JWT}"}))
    request = Request("GET", "/userinfo", (), headers, b"", "bank.example", "203.0.113.9", "public")
    await oauth_anywhere.server.handle(BRAND, request)
    with statements_of(oauth_anywhere.database) as statements:
        answer = await oauth_anywhere.server.handle(BRAND, request)
    assert (answer.status, statements.all) == (401, [])


async def test_the_holder_of_a_token_that_stands_is_not_counted(oauth):
    settings = replace(oauth.services.settings, unknown_requests_per_minute=1)
    token = (await oauth.tokens(oauth.acme))["access_token"]
    oauth.server = ConsentServer(replace(oauth.services, settings=settings), Telemetry())

    async def ask(presented: str) -> int:
        headers = {"Authorization": f"Bearer {presented}"}
        return (await oauth.call("GET", "/userinfo", headers=headers, presented=oauth.acme.certificate)).status

    assert [await ask(token) for _ in range(3)] == [200] * 3
    assert [await ask(JWT) for _ in range(2)] == [401, 429]


@pytest.mark.spec("RFC9110-8.8.3.2", "RFC9110-13.1.2", "RFC9111")
async def test_public_documents_are_answered_from_memory(world):
    for path in DOCUMENTS:
        request = world.browser().request("GET", path)
        with statements_of(world.database) as statements:
            first = await world.server.handle(BRAND, request)
            second = await world.server.handle(BRAND, request)
            tags = {"If-None-Match": f'"x", W/{first.headers["ETag"]}'}
            held = await world.server.handle(BRAND, world.browser().request("GET", path, headers=tags))
        assert statements.all == []
        assert first.body is second.body
        assert first.headers["Cache-Control"].startswith("public, max-age=")
        assert (held.status, held.body, held.headers["ETag"]) == (304, None, first.headers["ETag"])


async def test_a_document_moves_with_the_keys(world):
    request = world.browser().request("GET", "/jwks")
    before = await world.server.handle(BRAND, request)
    await rotate_keys(world.services, BRAND.name)
    after = await world.server.handle(BRAND, request)
    assert before.headers["ETag"] != after.headers["ETag"]
    assert before.body != after.body

"""Requests of a browser to the authorization endpoint. RFC 9126 section 4, RFC 9207, FAPI2-SP-FINAL 5.3.2.2."""

from urllib.parse import urlsplit

import pytest

from consent.authorization.clients.registry import deactivate_client
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND


@pytest.mark.spec("RFC9126-4")
async def test_only_client_id_and_request_uri_are_read(oauth: AuthorizationWorld):
    """fapi2-...-ensure-different-state-inside-and-outside-request-object, -state-only-outside-request-object-not-used: the pushed
    values count, the browser's are ignored."""
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id, state=None, nonce=None)
    others = {
        "state": "outside",
        "nonce": "outside",
        "redirect_uri": "https://evil.example",
        "scope": "payments",
        "prompt": "none",
    }
    visited = await oauth.visit(oauth.acme, request_uri, **others)
    assert visited.response.headers["Location"] == "/login"
    assert set((await oauth.approve(oauth.acme, request_uri)).location) == {"code", "iss"}


async def test_a_posted_request_is_the_same_request(oauth: AuthorizationWorld):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    form = {"client_id": oauth.acme.client.id, "request_uri": request_uri}
    answer = await oauth.call("POST", "/authorize", form=form)
    assert answer.response.headers["Location"] == "/login"


@pytest.mark.conformance("fapi2-security-profile-final-par-attempt-to-use-expired-request_uri")
async def test_an_expired_request_is_refused_where_it_came_from(oauth: AuthorizationWorld):
    """RFC 6749 section 4.1.2.1: its address was checked when it was pushed."""
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    oauth.advance(seconds=89)
    assert (await oauth.visit(oauth.acme, request_uri)).response.headers["Location"] == "/login"
    oauth.advance(seconds=1)
    answer = await oauth.visit(oauth.acme, request_uri)
    assert answer.response.headers["Location"].startswith(oauth.acme.redirect_uri + "?")
    location = answer.location
    assert (location["error"], location["state"], location["iss"]) == ("invalid_request_uri", "state-1", BRAND.issuer)


@pytest.mark.spec("RFC6749-4.1.2.1")
async def test_an_address_that_was_unregistered_meanwhile_is_not_trusted(oauth: AuthorizationWorld):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    oauth.advance(seconds=90)
    others = ("https://acme.example/other", "https://acme.example/another")
    await oauth.register_again(oauth.acme, redirect_uris=others)
    status, page = (await oauth.visit(oauth.acme, request_uri)).page
    assert status == 400
    assert "invalid_request_uri" in page


async def test_an_address_that_was_unregistered_during_the_journey_gets_no_code(oauth: AuthorizationWorld):
    """A client that lost an address unregisters it; what was pushed before must not lead there."""
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    began = await oauth.visit(oauth.acme, request_uri)
    cookie = began.response.headers["Set-Cookie"].partition(";")[0]
    await oauth.register_again(oauth.acme, redirect_uris=("https://acme.example/other", "https://acme.example/another"))
    for answer in (await oauth.visit(oauth.acme, request_uri), await oauth.call("GET", "/login", headers={"Cookie": cookie})):
        status, page = answer.page
        assert (status, "invalid_request_uri" in page) == (400, True)


async def test_one_request_cannot_fill_the_table_with_journeys(oauth: AuthorizationWorld, monkeypatch: pytest.MonkeyPatch):
    """Each visit is a row. One too many is refused on a page, and leaves the request to the customer who has begun."""
    monkeypatch.setattr("consent.customer.journey.start.JOURNEYS_MAX", 3)
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    for _ in range(3):
        assert (await oauth.visit(oauth.acme, request_uri)).response.headers["Location"] == "/login"
    assert (await oauth.visit(oauth.acme, request_uri)).page[0] == 429
    another = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    assert (await oauth.visit(oauth.acme, another)).response.headers["Location"] == "/login"
    assert "code" in (await oauth.approve(oauth.acme, request_uri)).location


async def test_an_answer_leaks_nothing_by_referrer_or_cache(oauth: AuthorizationWorld):
    """RFC 9700 sections 4.2 and 4.3: what the address carries goes to no third site and stays in no store."""
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    refused = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id, prompt="none")
    for answer in (await oauth.approve(oauth.acme, request_uri), await oauth.visit(oauth.acme, refused)):
        assert {"code", "error"} & answer.location.keys()
        assert answer.response.headers["Referrer-Policy"] == "no-referrer"
        assert answer.response.headers["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC6749-3.1.2.3")
async def test_a_client_with_one_address_learns_there_what_is_wrong_with_its_request_uri(oauth: AuthorizationWorld):
    """RFC 6749 section 3.1.2.3: where one address is registered there is no doubt. No state: the request is not this client's."""
    await oauth.register_again(oauth.borough, redirect_uris=(oauth.borough.redirect_uri,))
    foreign = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    for request_uri, error in ((foreign, "invalid_request"), (foreign + "x", "invalid_request_uri")):
        answer = await oauth.visit(oauth.borough, request_uri)
        assert answer.response.headers["Location"].startswith(oauth.borough.redirect_uri + "?")
        assert answer.location["error"] == error
        assert set(answer.location) == {"error", "error_description", "iss"}


@pytest.mark.conformance("fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client")
async def test_another_clients_request_is_refused_on_a_page(oauth: AuthorizationWorld):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    status, page = (await oauth.visit(oauth.borough, request_uri)).page
    assert status == 400
    assert "invalid_request" in page
    assert "Location" not in (await oauth.visit(oauth.borough, request_uri)).response.headers


async def test_what_is_wrong_with_client_or_request_uri_is_shown_on_a_page(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    client_id = oauth.acme.client.id
    cases = {
        "nothing": ({}, "invalid_request"),
        "no client": ({"request_uri": request_uri}, "invalid_request"),
        "unknown client": ({"request_uri": request_uri, "client_id": "stranger"}, "invalid_client"),
        "no request": ({"client_id": client_id}, "invalid_request"),
        "unknown request": ({"client_id": client_id, "request_uri": request_uri + "x"}, "invalid_request_uri"),
        "a request from afar": (
            {"client_id": client_id, "request_uri": "https://evil.example/request"},
            "request_uri_not_supported",
        ),
        "markup": ({"client_id": "<script>alert(1)</script>", "request_uri": request_uri}, "invalid_client"),
    }
    for name, (query, error) in cases.items():
        with subtests.test(name):
            answer = await oauth.call("GET", "/authorize", query=query)
            status, page = answer.page
            assert status == 400
            assert error in page
            assert "<script" not in page
            assert "Content-Security-Policy" in answer.response.headers


@pytest.mark.conformance("fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails")
@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.2-3")
async def test_a_request_that_was_not_pushed_goes_back_to_its_client(oauth: AuthorizationWorld):
    parameters = oauth.acme.request_of("consent")
    answer = await oauth.call("GET", "/authorize", query=parameters)
    assert answer.response.headers["Location"].startswith(oauth.acme.redirect_uri + "?")
    location = answer.location
    assert location["error"] == "invalid_request"
    assert location["state"] == "state-1"
    assert location["iss"] == BRAND.issuer


@pytest.mark.spec("RFC9700-4.11.2")
async def test_no_browser_is_redirected_to_an_address_that_is_not_registered(
    oauth: AuthorizationWorld, subtests: pytest.Subtests
):
    for uri in (
        "https://evil.example/",
        f"{oauth.acme.redirect_uri}#x",
        f"{oauth.acme.redirect_uri}.evil.example",
        "javascript:x",
    ):
        with subtests.test(uri):
            parameters = {**oauth.acme.request_of("consent"), "redirect_uri": uri}
            status, _ = (await oauth.call("GET", "/authorize", query=parameters)).page
            assert status == 400


async def test_a_parameter_twice_is_refused(oauth: AuthorizationWorld):
    answer = await oauth.call("POST", "/authorize", form=f"client_id={oauth.acme.client.id}&client_id=other")
    assert answer.page[0] == 400


@pytest.mark.conformance("fapi2-security-profile-final-ensure-server-handles-non-matching-intent-id")
@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.2")
async def test_a_consent_that_is_not_the_clients_is_refused_before_any_page(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    foreign = await world.lodge(world.borough)
    shown = []
    for consent_id in (foreign.id, "no-such-consent"):
        request_uri = await world.pushed_uri(acme, consent_id)
        answer = (await world.visit(acme, request_uri)).location
        assert answer["error"] == "access_denied"
        shown.append({name: value for name, value in answer.items() if name != "state"})
        again = (await world.visit(acme, request_uri)).location
        assert again["error"] == "invalid_request_uri"
    assert shown[0] == shown[1], "a foreign consent must look like one that does not exist"


async def test_a_consent_that_cannot_be_authorised_any_more_is_refused(oauth: AuthorizationWorld):
    consent = await oauth.lodge(oauth.acme)
    request_uri = await oauth.pushed_uri(oauth.acme, consent.id)
    await oauth.services.store.reject(BRAND, consent.id)
    assert (await oauth.visit(oauth.acme, request_uri)).location["error"] == "access_denied"


@pytest.mark.spec("OIDC-CORE-3.1.2.6")
async def test_a_prompt_of_none_cannot_be_kept(oauth: AuthorizationWorld):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id, prompt="none")
    assert (await oauth.visit(oauth.acme, request_uri)).location["error"] == "login_required"


async def test_an_inactive_client_has_no_requests(oauth: AuthorizationWorld):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)
    assert (await oauth.visit(oauth.acme, request_uri)).page[0] == 400


async def test_a_client_that_became_inactive_during_the_journey_is_asked_for_no_more(oauth: AuthorizationWorld):
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    cookie = (await oauth.visit(oauth.acme, request_uri)).response.headers["Set-Cookie"].partition(";")[0]
    assert (await oauth.call("GET", "/login", headers={"Cookie": cookie})).status == 200
    await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)
    assert (await oauth.call("GET", "/login", headers={"Cookie": cookie})).status >= 400


async def test_the_answer_keeps_the_redirect_uris_own_query(oauth: AuthorizationWorld):
    redirect_uri = oauth.acme.client.redirect_uris[1]
    consent = await oauth.lodge(oauth.acme)
    request_uri = await oauth.pushed_uri(oauth.acme, consent.id, redirect_uri=redirect_uri)
    answer = await oauth.approve(oauth.acme, request_uri)
    assert answer.response.headers["Location"].startswith(redirect_uri + "&")
    assert set(answer.location) == {"dummy1", "dummy2", "code", "state", "iss"}
    assert urlsplit(answer.response.headers["Location"]).fragment == ""


@pytest.mark.spec("RFC6749-10.10")
async def test_a_code_cannot_be_guessed(oauth: AuthorizationWorld):
    codes = {await oauth.code(oauth.acme) for _ in range(3)}
    assert len(codes) == 3
    assert all(len(code) >= 43 for code in codes)

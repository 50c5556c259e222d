"""docs/build-a-tpp.md is true of a client, for one of `tpp new` and for one that registered itself with the page's own body.

The bodies that the page shows are sent as they stand there.
"""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from portcullis.cli.control_client import post
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.registration import register
from sandbox.tpp_kit.tpp import Tpp

PAGE = (Path(__file__).parents[2] / "docs" / "build-a-tpp.md").read_text()
TEXT = " ".join(PAGE.replace('\\"', '"').split())
NAME = "guide-reader"
PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})


def shown(start: str) -> Any:
    """The JSON of the page that begins with `start`, after an optional name and equals sign."""
    name, _, begin = start.rpartition("=")
    place = TEXT.index(f"{name}={begin}" if name else begin) + (len(name) + 1 if name else 0)
    return json.JSONDecoder().raw_decode(TEXT, place)[0]


LODGEMENT = shown('{"Data":')
CLAIMS = shown('claims={"id_token"')
DETAILS = shown('authorization_details=[{"type": "account_information"')
PAYMENT = shown('authorization_details=[{"type": "payment_initiation"')
USERINFO = shown('claims={"userinfo"')
REGISTRATION = shown('{"software_statement":')


@pytest_asyncio.fixture(params=["tpp new", "register"])
async def client(request: pytest.FixtureRequest, embedded_server: Any) -> AsyncIterator[Tpp]:
    folder = embedded_server.state_dir / "tpps" / NAME
    if not folder.exists():
        asked = {"name": NAME, "redirect_uris": REGISTRATION["redirect_uris"]}
        await asyncio.to_thread(post, embedded_server.state_dir, "/sandbox/tpps", asked)
    async with Tpp.from_folder(folder) as made:
        if request.param == "tpp new":
            yield made
            return
        wish = {name: value for name, value in REGISTRATION.items() if name != "software_statement"}
        wish["scope"] += " payments"  # this TPP has the role PISP too
        wish["authorization_details_types"] = [*wish["authorization_details_types"], "payment_initiation"]
        answer = await register(made, wish)
        assert answer.status == 201, answer.body
        async with Tpp(replace(made.folder, client_id=answer.json()["client_id"])) as registered:
            yield registered


async def granted(tpp: Tpp, server: Any) -> tuple[str, Any]:
    """Steps 1 to 5, with the page's body and its claims."""
    token = await tpp.client_credentials_token()
    lodged = await tpp.post("/account-access-consents", token, json.dumps(LODGEMENT).encode())
    consent_id = lodged.json()["Data"]["ConsentId"]
    claims = json.dumps(CLAIMS).replace("<ConsentId>", consent_id)
    pushed = await tpp.push_authorization_request(None, knobs=Knobs(form={"claims": claims}))
    assert pushed.expires_in == 90
    await asyncio.to_thread(post, server.state_dir, f"/sandbox/consents/{consent_id}/approve", {"persona": "alice"})
    return consent_id, await tpp.redeem(await tpp.authorize_without_page(pushed), replace(pushed, consent_id=consent_id))


async def test_the_journey_of_the_page(client: Tpp, embedded_server: Any) -> None:
    """Lodge, push, redeem, read, refresh, stop; what is unattended is counted; grant, introspection and userinfo answer."""
    consent_id, tokens = await granted(client, embedded_server)
    assert (await client.get("/accounts", tokens.access_token, knobs=PRESENT)).status == 200
    unattended = [(await client.get("/balances", tokens.access_token)).status for _ in range(5)]
    assert unattended == [200] * 4 + [429]
    assert (await client.refresh(tokens.refresh_token)).refresh_token in (None, tokens.refresh_token)
    assert tokens.grant_id == consent_id
    managing = await client.client_credentials_token("grant_management_query")
    endpoint = (await client.discover())["mtls_endpoint_aliases"]["grant_management_endpoint"]
    assert (await client.call("GET", f"{endpoint}/{consent_id}", managing)).status == 200
    stated = (await client.post_authenticated("introspection_endpoint", {"token": tokens.access_token})).json()
    assert (stated["active"], stated["consent_id"]) == (True, consent_id)
    assert "sub" in (await client.userinfo(tokens.access_token)).json()
    assert (await client.delete(f"/account-access-consents/{consent_id}", await client.client_credentials_token())).status == 204
    refused = await client.get("/accounts", tokens.access_token, knobs=PRESENT)
    assert (refused.status, refused.body) == (401, b"")
    assert 'error="invalid_token"' in (refused.header("WWW-Authenticate") or "")


async def test_what_is_asked_for_in_detail_is_taken(client: Tpp) -> None:
    folder = client.folder
    for details, scope in ((DETAILS, "openid accounts"), (PAYMENT, "openid payments")):
        form = {"authorization_details": json.dumps(details)}
        assert (await client.push_authorization_request(None, scope=scope, knobs=Knobs(form=form))).request_uri
    part = re.search(r"`resource=<mtls>([^`]+)`", PAGE)
    assert part is not None
    form = {"authorization_details": json.dumps(DETAILS), "resource": folder.mtls + part[1], "claims": json.dumps(USERINFO)}
    assert (await client.push_authorization_request(None, knobs=Knobs(form=form))).request_uri


async def test_the_interaction_id_comes_back_from_everywhere(client: Tpp) -> None:
    """Yours, or one of ours; on an answer and on a refusal, from the authorization server and from the API."""
    mine = str(uuid.uuid4())
    token = await client.client_credentials_token()
    for headers, expected in (({"x-fapi-interaction-id": mine}, {mine}), ({"x-fapi-interaction-id": None}, None)):
        knobs = Knobs(headers=headers)
        answers = [
            await client.post_authenticated("introspection_endpoint", {"token": token}, knobs),
            await client.post_authenticated("token_endpoint", {"grant_type": "none"}, knobs),
            await client.get("/accounts", token, knobs=knobs),
        ]
        found = {answer.header("x-fapi-interaction-id") for answer in answers}
        if expected is None:
            assert all(uuid.UUID(each) for each in found if each)
            assert None not in found
            assert mine not in found
        else:
            assert found == expected


async def test_a_request_that_names_no_consent_gets_the_clients_default(client: Tpp, request: pytest.FixtureRequest) -> None:
    """Which only the bank gives, and a sandbox to a client of `tpp new`."""
    if "tpp new" in request.node.name:
        assert (await client.push_authorization_request(None)).request_uri
        return
    with pytest.raises(Refused, match="names no consent and the client has no default"):
        await client.push_authorization_request(None)


async def test_what_a_registration_does_not_ask_for_it_does_not_have(embedded_server: Any) -> None:
    """The table of the page, right column."""
    folder = embedded_server.state_dir / "tpps" / "acme"
    async with Tpp.from_folder(folder) as acme:
        wish = {"redirect_uris": list(acme.folder.redirect_uris)}
        stated = (await register(acme, wish)).json()
        assert stated["grant_types"] == ["authorization_code"]
        assert set(stated["scope"].split()) == {"openid", "accounts", "payments", "fundsconfirmations"}
        assert "authorization_details_types" not in stated
        async with Tpp(replace(acme.folder, client_id=stated["client_id"])) as bare:
            with pytest.raises(Refused, match="unauthorized_client"):
                await bare.client_credentials_token()
            with pytest.raises(Refused, match="invalid_authorization_details"):
                await bare.push_authorization_request(None, knobs=Knobs(form={"authorization_details": json.dumps(DETAILS)}))


async def test_the_refusals_of_the_page(client: Tpp) -> None:
    token = await client.client_credentials_token()
    with pytest.raises(Refused, match="invalid_scope"):
        await client.client_credentials_token("openid")
    with pytest.raises(Refused, match="A client certificate is required"):
        await client.client_credentials_token(knobs=Knobs(certificate="none"))
    own = await client.get("/accounts", token, knobs=PRESENT)
    assert (own.status, own.body) == (401, b"")
    assert 'error="invalid_token"' in (own.header("WWW-Authenticate") or "")
    for path, status in (("/nothing", 404), ("/account-access-consents", 405)):
        answer = await client.get(path, token)
        assert (answer.status, answer.body) == (status, b"")

"""A TPP with a valid certificate and bad intentions, over real TLS: what it tries with its neighbour's things, and with its own in the wrong place.

RFC 9700 section 3: attackers may be clients. What one process cannot show is that listeners, gateway and server agree on each refusal.
"""

import asyncio
import json
from dataclasses import replace

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.proofs import Prover
from sandbox.tpp_kit.registration import manage, register
from sandbox.tpp_kit.signatures import ResponseInvalid
from tests.harness.judged import JudgedTpp
from tests.journeys.dpop import enrolled
from tests.journeys.fapi import check_error, code_for
from tests.journeys.scene import PRESENT


async def test_a_token_stays_where_it_was_bound(acme, borough, grant):
    """Stolen from the wire or from a log: with the thief's certificate, with a proof of the thief's key, or with both."""
    url = f"{acme.folder.resource_base}/accounts"
    proof = {**PRESENT, "DPoP": Prover().proof("GET", url, grant.token)}
    for headers in ({**PRESENT}, proof, {**proof, "Authorization": f"DPoP {grant.token}"}):
        assert (await borough.get("/accounts", grant.token, knobs=Knobs(headers=headers))).status == 401
    assert (await borough.introspect(grant.token)).json() == {"active": False}
    await borough.revoke(grant.token)
    assert (await acme.get("/accounts", grant.token, knobs=Knobs(headers=PRESENT))).status == 200


async def test_one_binding_is_not_traded_for_the_other(acme):
    """A proof along with a certificate-bound client's request, and a certificate in place of a proof."""
    endpoint = (await acme.discover())["mtls_endpoint_aliases"]["token_endpoint"]
    with pytest.raises(Refused) as refused:
        await acme.client_credentials_token(knobs=Knobs(headers={"DPoP": Prover().proof("POST", endpoint)}))
    check_error(refused.value.answer, "invalid_request")
    async with await enrolled(acme, "dora") as dora:
        code, pushed = await code_for(dora)
        with pytest.raises(Refused) as refused:
            await dora.redeem(code, pushed, knobs=Knobs(proof="never"))
        check_error(refused.value.answer, "invalid_dpop_proof")
        assert (await dora.redeem(code, pushed)).access_token


async def test_a_neighbours_consent_is_asked_for_in_vain(acme, borough):
    """PAR reveals nothing of it; the authorization endpoint sends the thief home without a page."""
    consent = await acme.lodge_account_consent()
    pushed = await borough.push_authorization_request(consent.id)
    with pytest.raises(ResponseInvalid, match="error: "):
        await borough.authorize_without_page(pushed)


async def test_a_neighbours_registration_is_neither_read_nor_changed(acme, borough):
    """By the thief's token, by a stolen registration token with the thief's certificate, and by a neighbour's statement."""
    wish = {
        "redirect_uris": list(acme.folder.redirect_uris),
        "grant_types": ["authorization_code", "client_credentials"],
        "scope": "openid accounts",
    }
    made = await register(acme, wish)
    assert made.status == 201, made.body
    address, token = made.json()["registration_client_uri"], made.json()["registration_access_token"]
    body = json.dumps({**wish, "software_statement": borough.folder.software_statement}).encode()
    assert (await manage(borough, "GET", address, await borough.client_credentials_token())).status in {401, 403}
    for method, sent in (("GET", b""), ("PUT", body), ("DELETE", b"")):
        assert (await manage(borough, method, address, token, sent)).status in {400, 401, 403}
    assert (await register(borough, {**wish, "software_statement": acme.folder.software_statement})).status == 400
    assert (await manage(acme, "GET", address, token)).status == 200
    async with JudgedTpp(replace(acme.folder, client_id=made.json()["client_id"]), acme.server) as newcomer:
        assert await newcomer.client_credentials_token()
        assert (await manage(acme, "DELETE", address, token)).status == 204
        with pytest.raises(Refused):
            await newcomer.client_credentials_token()


async def test_what_is_asked_twenty_times_at_once_happens_once(acme):
    """One assertion, by many connections: a race wins nothing."""
    code, pushed = await code_for(acme)
    same = Knobs(assertion_claims={"jti": "the-same-for-all"})
    outcomes = await asyncio.gather(*(acme.redeem(code, pushed, knobs=same) for _ in range(20)), return_exceptions=True)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert all(isinstance(outcome, Refused) for outcome in outcomes if isinstance(outcome, Exception))

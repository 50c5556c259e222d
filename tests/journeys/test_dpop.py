"""DPoP from outside: tokens bound to a key, on every endpoint, without a certificate. FAPI 2.0 Security Profile (Final), RFC 9449."""

import uuid

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.proofs import Prover, new_proof_jwk
from tests.journeys.dpop import enrolled
from tests.journeys.fapi import check_error, module
from tests.journeys.scene import PRESENT

HERE = Knobs(headers=PRESENT)
ALGS = 'algs="PS256 ES256 EdDSA"'


@pytest.fixture
async def dora(acme):
    async with await enrolled(acme, "dora") as tpp:
        yield tpp


@pytest.fixture
async def grant(dora):
    return await dora.granted()


@module("happy-flow")
async def test_the_whole_way_without_a_certificate(dora, grant):
    accounts = await dora.get("/accounts", grant.token, knobs=HERE)
    assert accounts.status == 200
    whoami = await dora.get(f"{dora.folder.mtls}/whoami", grant.token)
    assert (whoami.status, whoami.json()["consent_id"]) == (200, grant.consent_id)
    url = f"{dora.folder.resource_base}/transactions?fromBookingDateTime=2020-01-01T00:00:00"
    assert (await dora.get(url, grant.token, knobs=HERE)).status == 200  # the proof says nothing of the query
    assert all(not entry.with_certificate for entry in dora.transcript)
    await dora.revoke(grant.tokens.refresh_token)
    assert (await dora.get("/accounts", grant.token, knobs=HERE)).status == 401


@module("refresh-token")
async def test_a_refresh_may_come_with_a_new_key(dora, grant):
    """What was issued before stays with the old key; what is issued now is bound to the new one."""
    old, dora.prover = dora.prover, Prover()
    tokens = await dora.refresh(grant.tokens.refresh_token)
    assert (await dora.get("/accounts", tokens.access_token, knobs=HERE)).status == 200
    assert (await dora.get("/accounts", grant.token, knobs=HERE)).status == 401
    dora.prover = old
    assert (await dora.get("/accounts", grant.token, knobs=HERE)).status == 200
    with pytest.raises(Refused) as refused:
        await dora.refresh(grant.tokens.refresh_token, knobs=Knobs(proof="never"))
    check_error(refused.value.answer, "invalid_dpop_proof")


@module("dpop-negative-tests")
async def test_what_is_wrong_with_a_proof_is_refused_in_each_standards_own_words(dora, grant, subtests):
    """The full table of wrong proofs: tests/unit/kernel/tokens/test_dpop.py."""
    proof, token = f'DPoP error="invalid_dpop_proof", {ALGS}', 'Bearer error="invalid_token"'
    scheme = {**PRESENT, "Authorization": f"Bearer {grant.token}"}
    cases = {
        "no proof": (Knobs(proof="never", headers=PRESENT), proof),
        "another method": (Knobs(proof_claims={"htm": "POST"}, headers=PRESENT), proof),
        "another address": (Knobs(proof_claims={"htu": dora.folder.issuer}, headers=PRESENT), proof),
        "another token": (Knobs(proof_claims={"ath": "a" * 43}, headers=PRESENT), proof),
        "long ago": (Knobs(proof_claims={"iat": 1}, headers=PRESENT), proof),
        "another key": (Knobs(proof_jwk=new_proof_jwk(), headers=PRESENT), token),
        "Bearer": (Knobs(headers=scheme), token),
    }
    for name, (knobs, challenge) in cases.items():
        with subtests.test(name):
            answer = await dora.get("/accounts", grant.token, knobs=knobs)
            assert (answer.status, answer.body, answer.header("WWW-Authenticate")) == (401, b"", challenge)
    with subtests.test("Berlin Group, where a certificate shows who calls and no proof does"):
        unproven = Knobs(proof="never", headers={"X-Request-ID": str(uuid.uuid4())})
        answer = await dora.get(f"{dora.folder.mtls}/psd2/v1/accounts/a", grant.token, knobs=unproven)
        assert (answer.status, answer.json()["tppMessages"][0]["code"]) == (401, "CERTIFICATE_MISSING")
    with subtests.test("whoami"):
        answer = await dora.get(f"{dora.folder.mtls}/whoami", grant.token, knobs=Knobs(proof="never"))
        assert (answer.status, answer.json()["error"]) == (401, "proof_missing")
    assert (await dora.get("/accounts", grant.token, knobs=HERE)).status == 200


@module("dpop-negative-tests: replayed jti")
async def test_a_proof_opens_once(dora, grant):
    same = Knobs(proof_claims={"jti": f"once-{grant.consent_id}"}, headers=PRESENT)
    assert (await dora.get("/accounts", grant.token, knobs=same)).status == 200
    assert (await dora.get("/accounts", grant.token, knobs=same)).status == 401


@module("ensure-dpopproof-at-par-endpoint-binding-success")
async def test_the_key_that_proved_the_push_is_the_only_one_that_redeems_its_code(dora):
    consent = await dora.lodge_account_consent()
    pushed = await dora.push_authorization_request(consent.id, knobs=Knobs(proof="also at push"))
    await dora.decide(consent.id)
    code = await dora.authorize_without_page(pushed)
    with pytest.raises(Refused) as refused:
        await dora.redeem(code, pushed, knobs=Knobs(proof_jwk=new_proof_jwk()))
    check_error(refused.value.answer, "invalid_grant")
    assert (await dora.redeem(code, pushed)).access_token


async def test_a_client_known_by_its_certificate_may_bind_its_tokens_to_a_key(acme):
    """The certificate authenticates at the token endpoint; the resource call needs none, and may not carry another organisation's."""
    async with await enrolled(acme, "dorothy", auth="tls_client_auth") as tpp:
        token = await tpp.client_credentials_token()
        whoami = f"{tpp.folder.mtls}/whoami"
        assert (await tpp.get(whoami, token)).status == 200
        assert (await tpp.get(whoami, token, knobs=Knobs(certificate=tpp.folder.transport))).status == 200
        assert (await tpp.get(whoami, token, knobs=Knobs(certificate=acme.folder.transport))).status == 401


async def test_a_stolen_token_is_worth_nothing_without_its_key(acme, dora, grant):
    for scheme in ("DPoP", "Bearer"):
        knobs = Knobs(headers={**PRESENT, "Authorization": f"{scheme} {grant.token}"})
        assert (await acme.get("/accounts", grant.token, knobs=knobs)).status == 401

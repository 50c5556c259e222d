"""Tokens and codes bound to DPoP keys at PAR and the token endpoint. RFC 9449 sections 5, 8, 10 and 11.1; FAPI 2.0's own modules."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict

from consent.authorization.offer.profiles import SecurityProfile
from consent.settings import Settings
from kernel.access import Confirmation
from kernel.brand import Brand
from kernel.errors import FieldInvalid
from kernel.hot_state.checks import FirstUse, Unavailable
from kernel.tokens.dpop_nonces import WINDOW_SECONDS
from tests.harness.proofs import Prover
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld, request_to
from tests.world.brands import BRAND
from tests.world.keys import KEYS
from tests.world.tpp import VERIFIER, Tpp

PREFIX = "fapi2-security-profile-final-"
INVALID = (400, "invalid_dpop_proof")
GRANT = (400, "invalid_grant")


@dataclass
class Dora:
    """A client whose tokens are bound to DPoP keys; it shows no certificate, and calls the public listener."""

    oauth: AuthorizationWorld
    tpp: Tpp
    prover: Prover = field(init=False)
    brand: Brand = BRAND

    def __post_init__(self) -> None:
        self.prover = Prover(lambda: self.oauth.now)

    async def post(self, path: str, form: dict[str, Any], *proofs: str) -> Answer:
        form = {**self.tpp.credentials(), **form}
        sent = {name: value for name, value in form.items() if value is not None}
        headers = [("DPoP", proof) for proof in proofs]
        return await post(self.oauth, self.brand, path, sent, headers)

    def proof(self, path: str = "/token", prover: Prover | None = None, **changes: Any) -> str:
        return (prover or self.prover).proof("POST", BRAND.issuer + path, **changes)

    async def push(self, *proofs: str, **changes: Any) -> Answer:
        consent = await self.oauth.lodge(self.tpp)
        return await self.post("/par", self.tpp.request_of(consent.id, **changes), *proofs)

    async def code(self, *proofs: str, **changes: Any) -> str:
        pushed = await self.push(*proofs, **changes)
        assert pushed.status == 201, pushed.text
        return (await self.oauth.approve(self.tpp, pushed.json["request_uri"])).location["code"]

    async def redeem(self, code: str, *proofs: str, **form: Any) -> Answer:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.tpp.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return await self.post("/token", {**asked, **form}, *(proofs or (self.proof(),)))

    async def own(self, *proofs: str) -> Answer:
        return await self.post("/token", {"grant_type": "client_credentials"}, *proofs)


async def post(
    oauth: AuthorizationWorld, brand: Brand, path: str, form: dict[str, str], headers: list[tuple[str, str]], **facts: Any
) -> Answer:
    sent = CIMultiDict([*headers, ("Content-Type", "application/x-www-form-urlencoded")])
    request = request_to("POST", path, headers=sent, body=urlencode(form).encode(), **facts)
    return Answer(await oauth.server.handle(brand, request))


@pytest.fixture
async def dora(oauth: AuthorizationWorld) -> Dora:
    return Dora(oauth, await oauth.register("dora", KEYS["curve-1"], sender_constraint="dpop"))


def bound_to(answer: Answer, oauth: AuthorizationWorld) -> Confirmation:
    assert answer.status == 200, answer.text
    assert answer.json["token_type"] == "DPoP"
    return oauth.verifier.verify(BRAND, answer.json["access_token"]).confirmation


@pytest.mark.spec("RFC9449-5")
@pytest.mark.spec("RFC7800", "RFC9449-6.1")
async def test_every_grant_binds_its_token_to_the_key_that_was_shown(oauth: AuthorizationWorld, dora: Dora):
    expected = Confirmation("jkt", dora.prover.jkt)
    assert bound_to(await dora.own(dora.proof()), oauth) == expected
    answer = await dora.redeem(await dora.code())
    assert bound_to(answer, oauth) == expected
    refresh = {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"]}
    assert bound_to(await dora.post("/token", refresh, dora.proof()), oauth) == expected


@pytest.mark.conformance(PREFIX + "refresh-token")
async def test_a_refresh_token_is_bound_to_its_client_and_not_to_a_key(oauth: AuthorizationWorld, dora: Dora):
    """FAPI2-SP-FINAL 5.3.2.1-12: a client that authenticates may come with a new key, but not without one."""
    answer = await dora.redeem(await dora.code(dpop_jkt=dora.prover.jkt))
    refresh = {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"]}
    another = Prover(lambda: oauth.now)
    refreshed = await dora.post("/token", refresh, dora.proof(prover=another))
    assert bound_to(refreshed, oauth) == Confirmation("jkt", another.jkt)
    assert (await dora.post("/token", refresh)).error == INVALID


@pytest.mark.conformance(PREFIX + "ensure-holder-of-key-required")
@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-5")
async def test_without_a_proof_there_is_no_token_and_the_code_is_not_used_up(oauth: AuthorizationWorld, dora: Dora):
    code = await dora.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": dora.tpp.redirect_uri, "code_verifier": VERIFIER}
    assert (await dora.post("/token", form)).error == INVALID
    certificate = await post(oauth, BRAND, "/token", {**form, **dora.tpp.credentials()}, [], presented=dora.tpp.certificate)
    assert certificate.error == INVALID  # a certificate is not what this client's tokens are bound to
    assert (await dora.redeem(code)).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"iat": -10}, id="before", marks=pytest.mark.conformance(PREFIX + "ensure-dpopproof-with-iat-10seconds-before-succeeds")),
        pytest.param({"iat": 8}, id="after", marks=pytest.mark.conformance(PREFIX + "ensure-dpopproof-with-iat-10seconds-after-succeeds")),
        pytest.param({"exp": 60, "nbf": -60}, id="nbf and exp", marks=pytest.mark.conformance(PREFIX + "check-dpop-proof-nbf-exp")),
    ],
)  # fmt: skip
async def test_clocks_may_differ_a_little(oauth: AuthorizationWorld, dora: Dora, changes: dict[str, int]):
    oauth.advance(seconds=60)  # the memory of used proofs is older than any of these
    moments = {name: oauth.now + seconds for name, seconds in changes.items()}
    code = await dora.code(dora.proof("/par", **moments))
    assert (await dora.redeem(code, dora.proof(**moments))).status == 200


async def test_a_proof_with_anything_wrong_gives_nothing(oauth: AuthorizationWorld, dora: Dora, subtests: pytest.Subtests):
    """The rest of what may be wrong: tests/unit/kernel/tokens/test_dpop.py."""
    good = dora.proof()
    cases = {
        "two proofs": [dora.proof(), dora.proof()],
        "the same twice": [good, good],
        "for the mTLS listener": [dora.prover.proof("POST", f"{BRAND.mtls_url}/token")],
        "for another endpoint": [dora.proof("/par")],
        "for another method": [dora.prover.proof("GET", f"{BRAND.issuer}/token")],
        "an hour old": [dora.proof(iat=oauth.now - 3600)],
        "an assertion": [dora.tpp.assertion()],
    }
    for name, proofs in cases.items():
        with subtests.test(name):
            assert (await dora.own(*proofs)).error == INVALID
    assert (await dora.own(good)).status == 200


@pytest.mark.spec("RFC9449-11.1")
async def test_a_proof_is_accepted_once_at_whichever_endpoint(oauth: AuthorizationWorld, dora: Dora):
    proof = dora.proof()
    assert (await dora.own(proof)).status == 200
    assert (await dora.own(proof)).error == INVALID
    pushed = dora.proof("/par")
    assert (await dora.push(pushed)).status == 201
    assert (await dora.push(pushed)).error == INVALID
    assert (await dora.own(dora.proof(jti="one"))).status == 200
    oauth.advance(seconds=59)
    assert (await dora.own(dora.proof(jti="one", iat=oauth.now - 59))).error == INVALID


async def test_a_proof_older_than_the_memory_of_used_ones_is_refused(oauth: AuthorizationWorld, dora: Dora):
    assert (await dora.own(dora.proof(iat=oauth.now - 1))).error == INVALID


async def test_proofs_have_a_share_of_the_memory_with_the_assertions_of_their_client(oauth: AuthorizationWorld, dora: Dora):
    object.__setattr__(oauth.services, "settings", Settings(first_uses_per_client=3))
    assert (await dora.own(dora.proof())).status == 200
    assert (await dora.own(dora.proof())).error == (429, "temporarily_unavailable")
    assert (await oauth.token(oauth.acme, "client_credentials")).status == 200


async def test_when_a_replayed_proof_cannot_be_detected_no_token_is_issued(oauth: AuthorizationWorld, dora: Dora):
    async def decide(checks: Any, **facts: Any) -> tuple[Any, ...]:
        if any(isinstance(check, FirstUse) and "/proof/" in check.key for check in checks):
            return (Unavailable(),)
        return await versions.decide(checks, **facts)

    versions = oauth.services.versions
    object.__setattr__(oauth.services, "versions", type("Lost", (), {"decide": staticmethod(decide)})())
    assert (await dora.own(dora.proof())).error == (503, "temporarily_unavailable")


class TestCode:
    """RFC 9449 section 10: a request may name the key that its code is for."""

    @pytest.mark.conformance(PREFIX + "ensure-dpopproof-at-par-endpoint-binding-success")
    @pytest.mark.conformance(PREFIX + "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt")
    @pytest.mark.spec("RFC9449-10.1")
    async def test_shown_by_a_proof(self, oauth: AuthorizationWorld, dora: Dora):
        await self.check_bound(oauth, dora, await dora.code(dora.proof("/par")))

    @pytest.mark.conformance(PREFIX + "happy-flow")
    @pytest.mark.conformance(PREFIX + "ensure-token-endpoint-fails-with-mismatched-dpop-jkt")
    @pytest.mark.spec("RFC9449-10")
    async def test_named_by_a_parameter(self, oauth: AuthorizationWorld, dora: Dora):
        await self.check_bound(oauth, dora, await dora.code(dpop_jkt=dora.prover.jkt))

    @pytest.mark.conformance(PREFIX + "ensure-dpop-auth-code-binding-success")
    async def test_shown_and_named(self, oauth: AuthorizationWorld, dora: Dora):
        await self.check_bound(oauth, dora, await dora.code(dora.proof("/par"), dpop_jkt=dora.prover.jkt))

    async def check_bound(self, oauth: AuthorizationWorld, dora: Dora, code: str):
        """Another key gets nothing, and does not take the code from its owner."""
        assert (await dora.redeem(code, dora.proof(prover=Prover(lambda: oauth.now)))).error == GRANT
        assert bound_to(await dora.redeem(code), oauth) == Confirmation("jkt", dora.prover.jkt)

    @pytest.mark.conformance(PREFIX + "ensure-mismatched-dpop-jkt-fails")
    async def test_shown_and_named_otherwise(self, oauth: AuthorizationWorld, dora: Dora):
        assert (await dora.push(dora.proof("/par"), dpop_jkt=Prover(lambda: oauth.now).jkt)).error == INVALID

    async def test_neither_shown_nor_named(self, oauth: AuthorizationWorld, dora: Dora):
        code, another = await dora.code(), Prover(lambda: oauth.now)
        assert bound_to(await dora.redeem(code, dora.proof(prover=another)), oauth) == Confirmation("jkt", another.jkt)

    @pytest.mark.parametrize("named", ["short", "a" * 44, "é" * 43, "=" * 43])
    async def test_named_by_what_is_no_thumbprint(self, dora: Dora, named: str):
        assert (await dora.push(dpop_jkt=named)).error == (400, "invalid_request")

    async def test_shown_by_a_proof_that_is_none(self, dora: Dora):
        assert (await dora.push(dora.proof("/token"))).error == INVALID
        assert (await dora.push(dora.proof("/par"), dora.proof("/par"))).error == INVALID


class TestOtherConstraint:
    """A client has the one constraint that it is registered for."""

    async def test_a_client_bound_by_certificates_may_not_send_a_proof(self, oauth: AuthorizationWorld):
        prover = Prover(lambda: oauth.now)
        form = {"grant_type": "client_credentials", **oauth.acme.credentials()}
        headers = [("DPoP", prover.proof("POST", f"{BRAND.mtls_url}/token"))]
        answer = await post(oauth, BRAND, "/token", form, headers, presented=oauth.acme.certificate)
        assert answer.error == (400, "invalid_request")
        pushed = {**oauth.acme.request_of(None), **oauth.acme.credentials()}
        headers = [("DPoP", prover.proof("POST", f"{BRAND.issuer}/par"))]
        assert (await post(oauth, BRAND, "/par", pushed, headers)).error == (400, "invalid_request")

    async def test_to_it_dpop_jkt_means_nothing(self, oauth: AuthorizationWorld):
        code = await oauth.code(oauth.acme, dpop_jkt="a" * 43)
        assert (await oauth.redeem(oauth.acme, code)).json["token_type"] == "Bearer"

    async def test_fapi_1_knows_certificates_only(self, oauth: AuthorizationWorld):
        with pytest.raises(FieldInvalid, match="sender constraint"):
            await oauth.register(
                "older", KEYS["borough-1"], sender_constraint="dpop", security_profile=SecurityProfile.FAPI1_ADVANCED
            )

    async def test_a_certificate_shown_with_a_proof_must_be_the_clients_organisations(
        self, oauth: AuthorizationWorld, dora: Dora
    ):
        for organisation, status in ((None, 200), (dora.tpp.client.organisation_id, 200), ("org-other", 400)):
            shown = replace(dora.tpp.certificate, organisation_id=organisation)
            form = {"grant_type": "client_credentials", **dora.tpp.credentials()}
            headers = [("DPoP", dora.prover.proof("POST", f"{BRAND.mtls_url}/token"))]
            assert (await post(oauth, BRAND, "/token", form, headers, presented=shown)).status == status


@pytest.mark.spec("RFC9449-8")
@pytest.mark.spec("RFC9449-8.2")
async def test_where_nonces_are_demanded_the_refusal_gives_one_and_every_answer_the_next(dora: Dora, oauth: AuthorizationWorld):
    dora.brand = replace(BRAND, dpop_nonce="required")
    for path, ask in (("/token", dora.own), ("/par", dora.push)):
        refused = await ask(dora.proof(path))
        assert refused.error == (400, "use_dpop_nonce")
        (nonce,) = refused.response.headers.getall("DPoP-Nonce")
        answer = await ask(dora.proof(path, nonce=nonce))
        assert (answer.status // 100, answer.response.headers.getall("DPoP-Nonce")) == (2, [nonce])
    oauth.advance(seconds=2 * WINDOW_SECONDS)
    assert (await dora.own(dora.proof(nonce=nonce))).error == (400, "use_dpop_nonce")

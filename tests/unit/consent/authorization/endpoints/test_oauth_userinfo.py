"""The name of the customer, and which client learns it. OIDC Core section 5.3, RFC 6750 section 3, RFC 9449 section 7."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from consent.authorization.clients.registry import deactivate_client
from consent.ports import Psu
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, Permission
from kernel.brand import Brand
from kernel.hot_state.checks import FirstUse, Unavailable
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.harness.proofs import Prover
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld, request_to
from tests.world.brands import BRAND, START
from tests.world.keys import KEYS, unb64
from tests.world.tpp import VERIFIER, Tpp

ALGS = 'algs="PS256 ES256 EdDSA"'
EVERYTHING = {"name": None, "openbanking_intent_id": None, "email": {"essential": True}, "x-unknown": {"value": 1}}


class Identity:
    async def find(self, brand: Brand, psu_id: str) -> Psu | None:
        return Psu(psu_id, "customer-1", "Alice Archer", ()) if psu_id == "alice" else None


@pytest.fixture(autouse=True)
def identity(oauth: AuthorizationWorld) -> None:
    object.__setattr__(oauth.services, "identity", Identity())


async def ask(oauth: AuthorizationWorld, token: str | None, method: str = "GET", scheme: str = "Bearer", **facts: Any) -> Answer:
    headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
    facts.setdefault("presented", oauth.acme.certificate)
    return await oauth.call(method, "/userinfo", headers={**headers, **facts.pop("headers", {})}, **facts)


async def granted(oauth: AuthorizationWorld, tpp: Tpp, permissions: frozenset[Permission], **asked: Any) -> dict[str, Any]:
    terms = AccountsTerms(permissions=permissions)
    lodgement = ConsentLodgement(kind=ConsentKind.ACCOUNTS, lodged_as=DIALECT.name, terms=terms)
    consent = await oauth.services.store.lodge(BRAND, tpp.client.caller, lodgement)
    claims = {"id_token": {"openbanking_intent_id": {"value": consent.id}}, "userinfo": asked}
    uri = await oauth.pushed_uri(tpp, consent.id, claims=json.dumps(claims))
    code = (await oauth.approve(tpp, uri)).location["code"]
    return {**(await oauth.redeem(tpp, code)).json, "consent_id": consent.id}


def claims_of(answer: Answer) -> tuple[int, str, list[str]]:
    return answer.status, answer.json["error"], answer.response.headers.getall("WWW-Authenticate")


@pytest.mark.spec("OIDC-CORE-5.3.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_subject_is_that_of_the_id_token(oauth: AuthorizationWorld, method: str):
    tokens = await oauth.tokens(oauth.acme)
    answer = await ask(oauth, tokens["access_token"], method)
    assert answer.json == {"sub": json.loads(unb64(tokens["id_token"].split(".")[1]))["sub"]}
    assert answer.response.headers["Cache-Control"] == "no-store"
    assert oauth.tokens_recorded[-1].kind == "userinfo.returned"


async def test_two_organisations_receive_two_subjects(oauth: AuthorizationWorld):
    subjects = []
    for tpp in (oauth.acme, oauth.borough):
        answer = await ask(oauth, (await oauth.tokens(tpp))["access_token"], presented=tpp.certificate)
        subjects.append(answer.json["sub"])
    assert subjects[0] != subjects[1]


@pytest.mark.spec("OIDC-CORE-5.5")
@pytest.mark.conformance("fapi2-security-profile-final-test-claims-parameter-identity-claims")
async def test_userinfo_returns_what_the_request_asked_for_and_no_more(oauth: AuthorizationWorld):
    everything = frozenset({Permission.ACCOUNTS_BASIC, Permission.PARTY_PSU})
    asked = await granted(oauth, oauth.acme, everything, **EVERYTHING)
    answer = (await ask(oauth, asked["access_token"])).json
    assert answer == {"sub": answer["sub"], "name": "Alice Archer", "openbanking_intent_id": asked["consent_id"]}
    unasked = await granted(oauth, oauth.acme, everything)
    assert set((await ask(oauth, unasked["access_token"])).json) == {"sub"}
    refreshed = await oauth.token(oauth.acme, "refresh_token", refresh_token=asked["refresh_token"])
    assert (await ask(oauth, refreshed.json["access_token"])).json["name"] == "Alice Archer"


async def test_a_name_is_returned_only_under_a_consent_that_opens_the_party(oauth: AuthorizationWorld):
    """The consent page said what is shared: the claims parameter adds nothing to it."""
    asked = await granted(oauth, oauth.acme, frozenset({Permission.ACCOUNTS_BASIC}), name={"essential": True})
    assert set((await ask(oauth, asked["access_token"])).json) == {"sub"}


@pytest.mark.spec("OIDC-CORE-5.3.2")
@pytest.mark.parametrize("alg", ["PS256", "ES256"])
async def test_a_client_that_registered_for_it_gets_a_signed_answer(oauth: AuthorizationWorld, alg: str):
    tpp = await oauth.register("signed", KEYS["borough-1"], userinfo_signed_response_alg=alg)
    answer = await ask(oauth, (await oauth.tokens(tpp))["access_token"], presented=tpp.certificate)
    assert (answer.status, answer.response.headers["Content-Type"]) == (200, "application/jwt")
    keys = KeySet.import_key_set((await oauth.call("GET", "/jwks")).json)
    claims = jwt.decode(answer.text, keys, algorithms=[alg]).claims
    assert (claims["iss"], claims["aud"], set(claims)) == (BRAND.issuer, tpp.client.id, {"iss", "aud", "sub"})


class TestRefusals:
    async def test_of_no_token_or_a_wrong_one(self, oauth: AuthorizationWorld, subtests: pytest.Subtests):
        tokens = await oauth.tokens(oauth.acme)
        token, anonymous = tokens["access_token"], ["Bearer", f"DPoP {ALGS}"]
        invalid = ['Bearer error="invalid_token"', f'DPoP error="invalid_token", {ALGS}']
        cases: dict[str, tuple[Answer, tuple[int, str, list[str]]]] = {
            "none": (await ask(oauth, None), (401, "invalid_token", anonymous)),
            "in the query": (await ask(oauth, None, query={"access_token": token}), (401, "invalid_token", invalid)),
            "in the form": (await ask(oauth, None, "POST", form={"access_token": token}), (401, "invalid_token", anonymous)),
            "an id_token": (await ask(oauth, tokens["id_token"]), (401, "invalid_token", invalid)),
            "a refresh token": (await ask(oauth, tokens["refresh_token"]), (401, "invalid_token", invalid)),
            "without a certificate": (await ask(oauth, token, presented=None), (401, "invalid_token", anonymous)),
            "with another": (await ask(oauth, token, presented=oauth.borough.certificate), (401, "invalid_token", invalid)),
            "as DPoP": (await ask(oauth, token, scheme="DPoP"), (401, "invalid_token", invalid)),
        }
        for name, (answer, expected) in cases.items():
            with subtests.test(name):
                assert claims_of(answer) == expected
        assert (await ask(oauth, token)).status == 200

    async def test_of_a_certificate_that_does_not_stand(self, oauth: AuthorizationWorld):
        token, shown = (await oauth.tokens(oauth.acme))["access_token"], oauth.acme.certificate
        for changes in ({"not_after": START - timedelta(seconds=1)}, {"organisation_id": "org-other"}):
            assert (await ask(oauth, token, presented=replace(shown, **changes))).status == 401

    @pytest.mark.spec("RFC6750-3.1")
    async def test_without_openid_no_person_is_described(self, oauth: AuthorizationWorld):
        challenges = ['Bearer error="insufficient_scope"', f'DPoP error="insufficient_scope", {ALGS}']
        own = (await oauth.token(oauth.acme, "client_credentials")).json["access_token"]
        plain = (await oauth.tokens(oauth.acme, scope="accounts"))["access_token"]
        for token in (own, plain):
            assert claims_of(await ask(oauth, token)) == (403, "insufficient_scope", challenges)

    async def test_questions_count_among_a_clients_requests(self, oauth: AuthorizationWorld):
        """Each is written down and may ask the bank's identity system; a refused one counts against no one."""
        token = (await oauth.tokens(oauth.acme))["access_token"]
        object.__setattr__(oauth.services.settings, "client_requests_per_minute", 1)
        oauth.advance(seconds=60)
        for _ in range(3):
            assert (await ask(oauth, token, presented=oauth.borough.certificate)).status == 401
        assert (await ask(oauth, token)).status == 200
        assert (await ask(oauth, token)).status == 429

    async def test_from_the_moment_that_anything_behind_the_token_ends(
        self, oauth: AuthorizationWorld, subtests: pytest.Subtests
    ):
        async def suspended(tokens: dict[str, Any]) -> None:
            await oauth.services.store.suspend(BRAND, tokens["consent_id"])

        async def revoked(tokens: dict[str, Any]) -> None:
            form = {**oauth.acme.credentials(), "token": tokens["refresh_token"]}
            assert (await oauth.call("POST", "/revoke", form=form)).status == 200

        async def denied(tokens: dict[str, Any]) -> None:
            form = {**oauth.acme.credentials(), "token": tokens["access_token"]}
            assert (await oauth.call("POST", "/revoke", form=form)).status == 200

        async def expired(tokens: dict[str, Any]) -> None:
            oauth.advance(seconds=300)

        async def deactivated(tokens: dict[str, Any]) -> None:
            await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)

        for end in (suspended, revoked, denied, expired, deactivated):
            with subtests.test(end.__name__):
                tokens = await granted(oauth, oauth.acme, frozenset({Permission.ACCOUNTS_BASIC}))
                assert (await ask(oauth, tokens["access_token"])).status == 200
                await end(tokens)
                assert (await ask(oauth, tokens["access_token"])).status == 401


class TestProof:
    """With a token that is bound to a key."""

    @pytest.fixture
    async def bound(self, oauth: AuthorizationWorld) -> tuple[str, Prover]:
        dora = await oauth.register("dora", KEYS["curve-1"], sender_constraint="dpop")
        prover, code = Prover(lambda: oauth.now), await oauth.code(dora)
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **dora.credentials()}
        headers = {"DPoP": prover.proof("POST", f"{BRAND.issuer}/token")}
        return (await oauth.call("POST", "/token", form=form, headers=headers)).json["access_token"], prover

    async def send(self, oauth: AuthorizationWorld, token: str, proof: str | None) -> Answer:
        return await ask(oauth, token, scheme="DPoP", presented=None, headers={} if proof is None else {"DPoP": proof})

    @pytest.mark.spec("RFC9449-7.1")
    async def test_a_proof_opens_once_and_no_certificate_is_needed(self, oauth: AuthorizationWorld, bound: tuple[str, Prover]):
        token, prover = bound
        proof = prover.proof("GET", f"{BRAND.issuer}/userinfo", token)
        assert (await self.send(oauth, token, proof)).status == 200
        refused = (401, "invalid_dpop_proof", [f'DPoP error="invalid_dpop_proof", {ALGS}'])
        assert claims_of(await self.send(oauth, token, proof)) == refused
        assert claims_of(await self.send(oauth, token, None)) == refused
        assert claims_of(await self.send(oauth, token, prover.proof("GET", f"{BRAND.mtls_url}/userinfo", token))) == refused

    @pytest.mark.spec("RFC9449-9")
    async def test_a_nonce_is_demanded_where_the_brand_demands_one(self, oauth: AuthorizationWorld, bound: tuple[str, Prover]):
        token, prover = bound
        brand = replace(BRAND, dpop_nonce="required")

        async def send(**claims: Any) -> Answer:
            proof = prover.proof("GET", f"{BRAND.issuer}/userinfo", token, **claims)
            headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
            from multidict import CIMultiDict

            return Answer(await oauth.server.handle(brand, request_to("GET", "/userinfo", headers=CIMultiDict(headers))))

        refused = await send()
        assert claims_of(refused) == (401, "use_dpop_nonce", [f'DPoP error="use_dpop_nonce", {ALGS}'])
        (nonce,) = refused.response.headers.getall("DPoP-Nonce")
        answer = await send(nonce=nonce)
        assert (answer.status, answer.response.headers.getall("DPoP-Nonce")) == (200, [nonce])

    async def test_userinfo_refuses_while_a_replay_cannot_be_ruled_out(
        self, oauth: AuthorizationWorld, bound: tuple[str, Prover]
    ):
        async def decide(checks: Any, **facts: Any) -> tuple[Any, ...]:
            others = [check for check in checks if not isinstance(check, FirstUse)]
            return (*await versions.decide(others, **facts), *[Unavailable()] * (len(checks) - len(others)))

        token, prover = bound
        versions = oauth.services.versions
        object.__setattr__(oauth.services, "versions", type("Lost", (), {"decide": staticmethod(decide)})())
        answer = await self.send(oauth, token, prover.proof("GET", f"{BRAND.issuer}/userinfo", token))
        assert answer.error == (503, "temporarily_unavailable")

"""Grant Management for OAuth 2.0: create, merge and replace by authorization request, query and revoke by API. The grant is the consent."""

import asyncio
from typing import Any

import pytest

from consent.authorization.authorize.amendment import amended
from consent.authorization.tokens.access import issue_access_token
from consent.settings import Settings
from consent.store.rows.snapshots import load_recorded
from kernel.banking.consents import ConsentState, Permission
from kernel.errors import ConsentExpired, ConsentForeign, ConsentNotAuthorised, ConsentRevoked
from tests.harness.proofs import Prover
from tests.world.agreement import TERMS, details, granted, may_detail
from tests.world.answer import Answer
from tests.world.approval import agree, asked_by, consent_of
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.tpp import Tpp

GRANT_ID = (400, "invalid_grant_id")
INVALID = (400, "invalid_request")
UNKNOWN = (404, "invalid_grant_id")
TRANSACTIONS = ["accounts_detail", "transactions_detail", "transactions_credits"]


async def own_token(world: AuthorizationWorld, tpp: Tpp, scope: str) -> str:
    answer = await world.token(tpp, "client_credentials", scope=scope)
    assert answer.status == 200, answer.text
    return answer.json["access_token"]


async def api(world: AuthorizationWorld, tpp: Tpp, method: str, grant_id: str, token: str | None = None, **facts: Any) -> Answer:
    scope = "grant_management_query" if method == "GET" else "grant_management_revoke"
    token = token or await own_token(world, tpp, scope)
    facts = {"headers": {"Authorization": f"Bearer {token}"}, "presented": tpp.certificate, **facts}
    return await world.call(method, f"/grants/{grant_id}", **facts)


async def changed(
    world: AuthorizationWorld, tpp: Tpp, action: str, grant_id: str, *upstream_ids: str, **terms: Any
) -> dict[str, Any]:
    return await granted(
        world, tpp, *upstream_ids, grant_management_action=action, grant_id=grant_id, authorization_details=details(**terms)
    )


def accounts(consent: Any) -> list[str]:
    return [account.upstream_id for account in consent.accounts]


async def is_alive(world: AuthorizationWorld, access_token: str) -> bool:
    return await world.family_state(access_token) == "active"


@pytest.mark.spec("GRANT-MANAGEMENT-5.5")
async def test_create_makes_a_grant_of_its_own(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    first = await granted(oauth, tpp, grant_management_action="create")
    second = await granted(oauth, tpp, grant_management_action="create")
    assert first["grant_id"] != second["grant_id"]
    assert await is_alive(oauth, first["access_token"])
    assert oauth.verifier.verify(BRAND, first["access_token"]).consent_id == first["grant_id"]


async def test_create_with_a_lodged_consent_is_that_consent(oauth: AuthorizationWorld):
    consent = await oauth.lodge(oauth.acme)
    request_uri = await oauth.pushed_uri(oauth.acme, consent.id, grant_management_action="create")
    code = (await oauth.approve(oauth.acme, request_uri)).location["code"]
    assert (await oauth.redeem(oauth.acme, code)).json["grant_id"] == consent.id


@pytest.mark.spec("GRANT-MANAGEMENT-5.2")
async def test_replace_puts_other_terms_and_accounts_in_place_and_ends_every_token(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tpp = await may_detail(world)
    before = await granted(
        world, tpp, "account-1", "account-2", authorization_details=details(valid_until="2026-09-01T00:00:00Z")
    )
    after = await changed(world, tpp, "replace", before["grant_id"], "account-3", permissions=TRANSACTIONS)
    assert after["grant_id"] == before["grant_id"]
    consent = await consent_of(world, after["grant_id"])
    assert accounts(consent) == ["account-3"]
    assert consent.permissions == {Permission(name) for name in TRANSACTIONS}
    assert (consent.state, consent.valid_until) == (ConsentState.AUTHORISED, None)
    assert not await is_alive(world, before["access_token"])
    refused = await world.token(tpp, "refresh_token", refresh_token=before["refresh_token"])
    assert refused.error == (400, "invalid_grant")
    assert await is_alive(world, after["access_token"])
    assert after["authorization_details"][0]["permissions"] == TRANSACTIONS


@pytest.mark.spec("GRANT-MANAGEMENT-5.2")
async def test_merge_adds_to_what_stands_and_takes_nothing_away(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tpp = await may_detail(world)
    first = {"valid_until": "2026-09-01T00:00:00Z", "transactions_from": "2026-03-01T00:00:00Z", "frequency_per_day": 2}
    before = await granted(world, tpp, "account-1", "account-2", authorization_details=details(**first))
    added = {"valid_until": "2026-08-01T00:00:00Z", "transactions_from": "2026-01-01T00:00:00Z", "permissions": TRANSACTIONS}
    after = await changed(world, tpp, "merge", before["grant_id"], "account-3", **added)
    consent = await consent_of(world, before["grant_id"])
    assert accounts(consent) == ["account-1", "account-2", "account-3"]
    assert consent.permissions == {Permission(name) for name in (*TERMS["permissions"], *TRANSACTIONS)}
    assert consent.valid_until.isoformat().startswith("2026-09-01")
    assert consent.data.transactions_from.isoformat().startswith("2026-01-01")
    assert consent.frequency_per_day == 2
    assert after["authorization_details"][0]["consent_id"] == after["grant_id"] == consent.id
    assert set(after["authorization_details"][0]["permissions"]) == set(consent.permissions)
    assert not await is_alive(world, before["access_token"])


@pytest.mark.parametrize("action", ["merge", "replace"])
async def test_a_changed_grant_is_bounded_by_the_brand_too(oauth: AuthorizationWorld, action: str):
    """Neither what is added nor what was granted before the bound was lifts it."""
    tpp = await may_detail(oauth)
    before = await granted(oauth, tpp, authorization_details=details(frequency_per_day=2))
    after = await changed(oauth, tpp, action, before["grant_id"], frequency_per_day=1_000_000)
    consent = await consent_of(oauth, before["grant_id"])
    assert consent.frequency_per_day == BRAND.frequency_per_day_max
    assert after["authorization_details"][0]["frequency_per_day"] == BRAND.frequency_per_day_max
    seen = (await api(oauth, tpp, "GET", before["grant_id"])).json
    assert seen["authorization_details"][0]["frequency_per_day"] == BRAND.frequency_per_day_max


async def test_a_merge_with_what_is_open_ended_is_open_ended(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    before = await granted(oauth, tpp)
    bounded = {"valid_until": "2026-08-01T00:00:00Z", "transactions_to": "2026-06-01T00:00:00Z"}
    await changed(oauth, tpp, "merge", before["grant_id"], **bounded)
    consent = await consent_of(oauth, before["grant_id"])
    assert (consent.valid_until, consent.data.transactions_to) == (None, None)


async def test_a_merge_keeps_the_scope_and_resources_that_were_granted(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    part = "https://localhost:8444/open-banking/v4.0/aisp"
    before = await granted(oauth, tpp, scope="openid accounts", resource=part)
    after = await granted(
        oauth, tpp, scope="accounts", resource=part, grant_management_action="merge", grant_id=before["grant_id"]
    )  # fmt: skip
    assert after["scope"] == "openid accounts"
    assert oauth.verifier.verify(BRAND, after["access_token"]).audience == (part,)
    whole = await granted(oauth, tpp, scope="accounts", grant_management_action="merge", grant_id=before["grant_id"])
    assert oauth.verifier.verify(BRAND, whole["access_token"]).audience == (BRAND.resource_audience,)
    replaced = await granted(oauth, tpp, scope="accounts", grant_management_action="replace", grant_id=before["grant_id"])
    assert replaced["scope"] == "accounts"


async def test_a_grant_lodged_in_a_standard_can_be_changed_too(oauth: AuthorizationWorld):
    """Its document is then the new terms: nothing echoes what no longer counts."""
    tpp = await may_detail(oauth)
    consent = await oauth.lodge(tpp)
    asked = await asked_by(oauth, tpp, await oauth.pushed_uri(tpp, consent.id))
    await agree(oauth, asked)
    await changed(oauth, tpp, "merge", consent.id, permissions=TRANSACTIONS)
    after = await consent_of(oauth, consent.id)
    assert after.lodged_as == "rar"
    assert after.permissions == {Permission.ACCOUNTS_BASIC, *(Permission(name) for name in TRANSACTIONS)}


async def test_every_change_is_a_version_of_its_own_with_its_event(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    grant_id = (await granted(oauth, tpp))["grant_id"]
    await changed(oauth, tpp, "replace", grant_id, permissions=TRANSACTIONS)
    async with oauth.database.read() as connection:
        recorded = await load_recorded(connection, oauth.services.sealer, BRAND.name, grant_id)
    assert [(one.event, one.consent.version) for one in recorded] == [("lodge", 1), ("authorise", 2), ("amend", 3)]


async def test_nothing_changes_before_the_psu_agrees(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    before = await granted(oauth, tpp)
    await oauth.pushed_uri(
        tpp, None, authorization_details=details(), grant_management_action="replace", grant_id=before["grant_id"]
    )  # fmt: skip
    assert (await consent_of(oauth, before["grant_id"])).version == 2
    assert await is_alive(oauth, before["access_token"])


@pytest.mark.spec("GRANT-MANAGEMENT-5.4")
async def test_what_is_no_grant_of_this_client_cannot_be_changed(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Attack table: unknown, foreign and ended ones look the same."""
    tpp, other = await may_detail(oauth), await may_detail(oauth, "other", organisation_id="org-detail")
    foreign = (await granted(oauth, other))["grant_id"]
    ended = (await granted(oauth, tpp))["grant_id"]
    await oauth.services.store.revoke_by_psu(BRAND, "alice", ended)
    expired = (await granted(oauth, tpp, authorization_details=details(valid_until="2026-07-01T09:00:05Z")))["grant_id"]
    oauth.advance(seconds=10)
    awaiting = (await oauth.lodge(tpp)).id
    cases = {
        "unknown": "unknown",
        "of another client of the same organisation": foreign,
        "revoked": ended,
        "expired": expired,
        "never authorised": awaiting,
        "endless": "g" * 10_000,
    }
    for name, grant_id in cases.items():
        for action in ("merge", "replace"):
            with subtests.test(f"{action}: {name}"):
                answer = await oauth.push(
                    tpp, None, authorization_details=details(), grant_management_action=action, grant_id=grant_id
                )  # fmt: skip
                assert answer.error == GRANT_ID


async def test_contradictory_requests_are_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    tpp = await may_detail(oauth)
    grant_id = (await granted(oauth, tpp))["grant_id"]
    lodged = (await oauth.lodge(tpp)).id
    terms = {"authorization_details": details()}
    cases: dict[str, dict[str, Any]] = {
        "an unknown action": {"grant_management_action": "update", **terms},
        "an action in other letters": {"grant_management_action": "Create"},
        "an id without an action": {"grant_id": grant_id},
        "create with an id": {"grant_management_action": "create", "grant_id": grant_id},
        "merge without an id": {"grant_management_action": "merge", **terms},
        "replace without terms": {"grant_management_action": "replace", "grant_id": grant_id},
        "merge without terms of its own": {
            "grant_management_action": "merge",
            "grant_id": grant_id,
            "authorization_details": f'[{{"type": "account_information", "consent_id": "{lodged}"}}]',
        },
    }
    for name, changes in cases.items():
        with subtests.test(name):
            assert (await oauth.push(tpp, None, **changes)).error == INVALID
    with subtests.test("a change of one consent by naming another"):
        change = {"grant_management_action": "replace", "grant_id": grant_id, **terms}
        assert (await oauth.push(tpp, lodged, **change)).error == INVALID


async def test_the_psu_agrees_to_what_they_were_shown_and_to_nothing_newer(oauth_anywhere: AuthorizationWorld):
    """Two changes asked at once: whichever is agreed to second names a grant that is no more, and merges with nothing unseen."""
    world = oauth_anywhere
    tpp = await may_detail(world)
    grant_id = (await granted(world, tpp))["grant_id"]
    change = {"grant_management_action": "merge", "grant_id": grant_id}
    first, second = [
        await asked_by(world, tpp, await world.pushed_uri(tpp, None, authorization_details=details(permissions=names), **change))
        for names in (TRANSACTIONS, ["accounts_detail", "offers"])
    ]
    outcomes = await asyncio.gather(agree(world, first), agree(world, second), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [ConsentNotAuthorised]
    assert (await consent_of(world, grant_id)).version == 3
    with pytest.raises(ConsentNotAuthorised):
        amended(await consent_of(world, grant_id), second.amendment)


async def test_a_change_is_the_psus_own_and_of_a_grant_that_stands(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    tpp = await may_detail(oauth)
    for name, refusal in (("another psu", ConsentForeign), ("revoked", ConsentRevoked), ("terms run out", ConsentExpired)):
        with subtests.test(name):
            grant_id = (await granted(oauth, tpp))["grant_id"]
            until = {"valid_until": "2026-07-01T09:01:00Z"} if name == "terms run out" else {}
            change = {"grant_management_action": "replace", "grant_id": grant_id, "authorization_details": details(**until)}
            asked = await asked_by(oauth, tpp, await oauth.pushed_uri(tpp, None, **change))
            if name == "revoked":
                await oauth.services.store.revoke_by_psu(BRAND, "alice", grant_id)
            if name == "terms run out":
                oauth.advance(seconds=60)
            with pytest.raises(refusal):
                await agree(oauth, asked, psu_id="mallory" if name == "another psu" else "alice")
            assert (await consent_of(oauth, grant_id)).permissions == {Permission(each) for each in TERMS["permissions"]}


@pytest.mark.spec("GRANT-MANAGEMENT-6")
async def test_a_grant_can_be_read_by_its_client(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tpp = await may_detail(world)
    part = "https://localhost:8444/open-banking/v4.0/aisp"
    tokens = await granted(world, tpp, resource=part, authorization_details=details(valid_until="2026-09-01T00:00:00Z"))
    answer = await api(world, tpp, "GET", tokens["grant_id"])
    assert answer.status == 200
    assert answer.response.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "scopes": [{"scope": "openid accounts", "resource": [part]}],
        "authorization_details": tokens["authorization_details"],
        "created_at": "2026-07-01T09:00:00Z",
        "last_updated_at": "2026-07-01T09:00:00Z",
        "expires_at": "2026-09-01T00:00:00Z",
    }


@pytest.mark.spec("GRANT-MANAGEMENT-6")
async def test_a_revoked_grant_is_refused_at_the_very_next_call(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tpp = await may_detail(world)
    tokens = await granted(world, tpp)
    answer = await api(world, tpp, "DELETE", tokens["grant_id"])
    assert (answer.status, answer.response.body) == (204, None)
    assert not await is_alive(world, tokens["access_token"])
    assert (await consent_of(world, tokens["grant_id"])).state is ConsentState.WITHDRAWN_BY_TPP
    refused = await world.token(tpp, "refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.error == (400, "invalid_grant")
    for method in ("GET", "DELETE"):
        assert (await api(world, tpp, method, tokens["grant_id"])).error == UNKNOWN


async def test_a_grant_that_is_no_grant_of_ones_own_is_not_found(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    tpp, other = await may_detail(oauth), await may_detail(oauth, "other", organisation_id="org-detail")
    grant_id = (await granted(oauth, tpp))["grant_id"]
    awaiting, ended = (await oauth.lodge(tpp)).id, (await granted(oauth, tpp))["grant_id"]
    await oauth.services.store.revoke_by_psu(BRAND, "alice", ended)
    for method in ("GET", "DELETE"):
        for name, who, named in (
            ("another client's", other, grant_id),
            ("unknown", tpp, "unknown"),
            ("never authorised", tpp, awaiting),
            ("over", tpp, ended),
            ("endless", tpp, "g" * 3000),
        ):
            with subtests.test(f"{method} {name}"):
                assert (await api(oauth, who, method, named)).error == UNKNOWN
    assert (await consent_of(oauth, grant_id)).state is ConsentState.AUTHORISED


async def test_the_api_takes_the_clients_own_bound_token_with_its_scope(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Attack table. Each refusal leaves the grant as it was."""
    tpp = await may_detail(oauth)
    tokens = await granted(oauth, tpp)
    token = await own_token(oauth, tpp, "grant_management_revoke")
    denied = await own_token(oauth, tpp, "grant_management_revoke")
    await oauth.call("POST", "/revoke", form={"token": denied, **tpp.credentials()})
    invalid, forbidden = (401, "invalid_token"), (403, "insufficient_scope")
    bearer: dict[str, dict[str, Any]] = {
        "the scope of the other method": {"token": await own_token(oauth, tpp, "grant_management_query")},
        "another scope": {"token": await own_token(oauth, tpp, "accounts")},
        "a customer's token": {"token": tokens["access_token"]},
        "a revoked token": {"token": denied},
        "no certificate": {"token": token, "presented": None},
        "another certificate": {"token": token, "presented": oauth.borough.certificate},
        "garbage": {"token": "garbage"},
        "an endless token": {"token": "a" * 5000},
        "no token": {"headers": {}},
        "another scheme": {"headers": {"Authorization": f"Basic {token}"}},
        "a refresh token": {"token": tokens["refresh_token"]},
    }
    expected = {"the scope of the other method": forbidden, "another scope": forbidden, "a customer's token": forbidden}
    for name, facts in bearer.items():
        with subtests.test(name):
            answer = await api(oauth, tpp, "DELETE", tokens["grant_id"], **facts)
            status, error = expected.get(name, invalid)
            assert answer.error == (status, error)
            challenge = answer.response.headers["WWW-Authenticate"]
            assert (f'error="{error}"' in challenge) is (name not in {"no token", "another scheme", "no certificate"})
    with subtests.test("a customer's token, even with the scope, which none of them can have"):
        family = oauth.verifier.verify(BRAND, tokens["access_token"])
        issued = issue_access_token(
            oauth.services,
            BRAND,
            tpp.client,
            subject=family.subject,
            scope=("grant_management_revoke",),
            confirmation=family.confirmation,
            family_id=family.family_id,
            consent_id=family.consent_id,
        )
        assert (await api(oauth, tpp, "DELETE", tokens["grant_id"], issued.token)).error == (403, "insufficient_scope")
    with subtests.test("in the query"):
        answer = await api(oauth, tpp, "DELETE", tokens["grant_id"], token, query={"access_token": token})
        assert answer.error == (401, "invalid_token")
    oauth.advance(seconds=301)
    with subtests.test("an expired token"):
        assert (await api(oauth, tpp, "DELETE", tokens["grant_id"], token)).error == (401, "invalid_token")
    assert (await consent_of(oauth, tokens["grant_id"])).state is ConsentState.AUTHORISED


@pytest.mark.spec("RFC9449-7")
async def test_a_token_bound_to_a_key_comes_with_a_proof_of_it(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Without any certificate, on the public listener."""
    tpp = await may_detail(oauth, sender_constraint="dpop")
    prover, other = [Prover(lambda: oauth.now) for _ in range(2)]
    grant_id = (await oauth.lodge(tpp)).id
    await agree(oauth, await asked_by(oauth, tpp, await oauth.pushed_uri(tpp, grant_id)))
    form = {"grant_type": "client_credentials", "scope": "grant_management_query", **tpp.credentials()}
    proof = prover.proof("POST", f"{BRAND.issuer}/token")
    token = (await oauth.call("POST", "/token", form=form, headers={"DPoP": proof})).json["access_token"]
    url = f"{BRAND.issuer}/grants/{grant_id}"

    async def get(scheme: str, proof: str | None) -> Answer:
        headers = {"Authorization": f"{scheme} {token}"} | ({} if proof is None else {"DPoP": proof})
        return await oauth.call("GET", f"/grants/{grant_id}", headers=headers)

    good = prover.proof("GET", url, token)
    with subtests.test("its own proof"):
        assert (await get("DPoP", good)).status == 200
    for name, scheme, shown in (
        ("the same proof again", "DPoP", good),
        ("no proof", "DPoP", None),
        ("as a bearer token", "Bearer", prover.proof("GET", url, token)),
        ("another key", "DPoP", other.proof("GET", url, token)),
        ("another method", "DPoP", prover.proof("DELETE", url, token)),
        ("another grant", "DPoP", prover.proof("GET", f"{url}x", token)),
        ("no hash of the token", "DPoP", prover.proof("GET", url)),
    ):
        with subtests.test(name):
            assert (await get(scheme, shown)).status in (400, 401)


async def test_questions_about_grants_count_among_a_clients_requests(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    grant_id = (await granted(oauth, tpp))["grant_id"]
    token = await own_token(oauth, tpp, "grant_management_query")
    object.__setattr__(oauth.services, "settings", Settings(client_requests_per_minute=2))
    oauth.advance(seconds=60)
    answers = [await api(oauth, tpp, "GET", grant_id, token) for _ in range(4)]
    assert answers[0].status == 200
    assert answers[-1].error == (429, "temporarily_unavailable")
    assert int(answers[-1].response.headers["Retry-After"]) >= 1


async def test_no_customer_grants_what_is_the_clients_own(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    for scope in ("accounts grant_management_query", "grant_management_revoke"):
        assert (await oauth.push(tpp, None, scope=scope, authorization_details=details())).error == (400, "invalid_scope")


async def test_the_metadata_says_what_can_be_managed(oauth: AuthorizationWorld):
    document = (await oauth.call("GET", "/.well-known/openid-configuration")).json
    assert document["grant_management_endpoint"] == f"{BRAND.issuer}/grants"
    assert document["mtls_endpoint_aliases"]["grant_management_endpoint"] == f"{BRAND.mtls_url}/grants"
    assert set(document["grant_management_actions_supported"]) == {"query", "revoke", "create", "merge", "replace"}
    assert document["grant_management_action_required"] is False
    assert document["authorization_details_types_supported"] == ["account_information", "payment_initiation"]

"""The owner of a consent, by the dialect that it was lodged in: the client's, or its whole organisation's. What is not one's own looks unknown."""

import msgspec
import pytest

from consent.authentication.consent_subject import check_authorisable
from consent.authorization.authorize.stored_request import LODGED_AS_DEFAULT
from kernel.banking.consents import AccountsTerms, Consent, ConsentKind, ConsentLodgement, ConsentState, Permission
from kernel.errors import ConsentForeign, ConsentUnknown
from openapi import DIALECTS
from openapi.owners import is_owner
from tests.world.agreement import may_detail
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.gateway.snapshots import CALLER, CONSENT
from tests.world.keys import KEYS
from tests.world.tpp import Tpp

OWNERS = {"uk_obie/v4.0": "client", "berlin_group/v1.3": "organisation", "rar": "client", LODGED_AS_DEFAULT: "client"}
SHARED = sorted(name for name, owner in OWNERS.items() if owner == "organisation")
OWN = sorted(name for name, owner in OWNERS.items() if owner == "client")


async def lodge(world: AuthorizationWorld, tpp: Tpp, lodged_as: str) -> Consent:
    terms = AccountsTerms(permissions=frozenset({Permission.ACCOUNTS_BASIC}))
    lodgement = ConsentLodgement(kind=ConsentKind.ACCOUNTS, lodged_as=lodged_as, terms=terms, document=b"{}")
    return await world.services.store.lodge(BRAND, tpp.client.caller, lodgement)


async def sibling_of(world: AuthorizationWorld) -> Tpp:
    """Another client of acme's organisation."""
    return await world.register("sibling", KEYS["acme-1"], organisation_id=world.acme.client.organisation_id)


def test_every_dialect_says_whose_a_consent_is():
    assert {dialect.name: dialect.rules.owner for dialect in DIALECTS}.items() <= OWNERS.items()


@pytest.mark.parametrize("lodged_as", OWN)
async def test_a_sibling_neither_reads_nor_withdraws_nor_asks_for_a_clients_own_consent(
    oauth: AuthorizationWorld, lodged_as: str
):
    consent, sibling = await lodge(oauth, oauth.acme, lodged_as), await sibling_of(oauth)
    store = oauth.services.store
    for call in (store.read, store.withdraw):
        with pytest.raises(ConsentUnknown):
            await call(BRAND, sibling.client.caller, consent.id)
    refused = (await oauth.visit(sibling, await oauth.pushed_uri(sibling, consent.id))).location
    unknown = (await oauth.visit(sibling, await oauth.pushed_uri(sibling, "no-such-consent"))).location
    assert refused == unknown
    assert refused["error"] == "access_denied"
    with pytest.raises(ConsentForeign):
        check_authorisable(consent, caller=sibling.client.caller, psu_id=None, now=oauth.clock.now())
    assert (await store.read(BRAND, oauth.acme.client.caller, consent.id)).state is ConsentState.AWAITING
    await store.withdraw(BRAND, oauth.acme.client.caller, consent.id)


@pytest.mark.parametrize("lodged_as", SHARED)
async def test_a_sibling_uses_a_consent_of_its_organisation(oauth_anywhere: AuthorizationWorld, lodged_as: str):
    """From the authorization request to the token that is in force, and to the withdrawal; another organisation does nothing with it."""
    world = oauth_anywhere
    consent, sibling = await lodge(world, world.acme, lodged_as), await sibling_of(world)
    store = world.services.store
    assert (await store.read(BRAND, sibling.client.caller, consent.id)).id == consent.id
    assert (await world.visit(sibling, await world.pushed_uri(sibling, consent.id))).status == 303
    request_uri = await world.pushed_uri(sibling, consent.id)
    code = (await world.approve(sibling, request_uri)).location["code"]
    tokens = (await world.redeem(sibling, code)).json
    again = await world.token(sibling, "refresh_token", refresh_token=tokens["refresh_token"])
    for token in (tokens["access_token"], again.json["access_token"]):
        headers = {"Authorization": f"Bearer {token}"}
        shown = await world.call("GET", "/userinfo", headers=headers, presented=sibling.certificate)
        assert shown.status == 200, shown.text
    for call in (store.read, store.withdraw):
        with pytest.raises(ConsentUnknown):
            await call(BRAND, world.borough.client.caller, consent.id)
    assert (await world.visit(world.borough, await world.pushed_uri(world.borough, consent.id))).location[
        "error"
    ] == "access_denied"
    await store.withdraw(BRAND, sibling.client.caller, consent.id)


async def test_grant_management_knows_the_client_alone(oauth: AuthorizationWorld):
    """Also of a consent that is its organisation's in its own standard."""
    sibling = await may_detail(oauth, "detail", organisation_id=oauth.acme.client.organisation_id)
    for lodged_as in OWNERS:
        consent = await lodge(oauth, oauth.acme, lodged_as)
        await oauth.approve(oauth.acme, await oauth.pushed_uri(oauth.acme, consent.id))
        for method, scope in (("GET", "grant_management_query"), ("DELETE", "grant_management_revoke")):
            token = (await oauth.token(sibling, "client_credentials", scope=scope)).json["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            answer = await oauth.call(method, f"/grants/{consent.id}", headers=headers, presented=sibling.certificate)
            assert answer.error == (404, "invalid_grant_id")


@pytest.mark.parametrize("lodged_as", OWNERS)
def test_the_rule_is_that_of_the_dialect_it_was_lodged_in(lodged_as: str):
    consent = msgspec.structs.replace(CONSENT, lodged_as=lodged_as)
    assert is_owner(CALLER, consent)
    assert is_owner(msgspec.structs.replace(CALLER, client_id="sibling"), consent) is (OWNERS[lodged_as] == "organisation")
    assert not is_owner(msgspec.structs.replace(CALLER, client_id="stranger", organisation_id="org-stranger"), consent)

"""A TPP replaces its keys and its certificate, and keeps what its customers consented to. FAPI2-SP-FINAL 5.3.2.1-12, RFC 8705 section 6.3."""

import pytest

from consent.authorization.clients.registry import replace_client
from kernel.banking.consents import ConsentState
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.certificates import certificate
from tests.world.keys import KEYS

UNAUTHENTICATED = (401, "invalid_client")


async def renew(world: AuthorizationWorld, *, key: str) -> None:
    """Other keys registered, another certificate of the same organisation in use."""
    tpp = world.acme
    metadata = world.metadata("acme", KEYS[key])
    tpp.client = await replace_client(world.services, BRAND, tpp.client.id, metadata)
    tpp.key, tpp.certificate = KEYS[key], certificate("acme, renewed")


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-12")
async def test_consent_and_refresh_token_outlive_other_keys_and_another_certificate(oauth_anywhere: AuthorizationWorld):
    """A refresh token is bound to the client and not to a key; the new access token is bound to the certificate that asks for it."""
    world = oauth_anywhere
    tokens, old = await world.tokens(world.acme), world.acme.certificate.thumbprint
    before = world.verifier.verify(BRAND, tokens["access_token"])
    await renew(world, key="curve-1")
    answer = await world.token(world.acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert answer.status == 200, answer.text
    after = world.verifier.verify(BRAND, answer.json["access_token"])
    assert (after.consent_id, after.family_id, after.subject) == (before.consent_id, before.family_id, before.subject)
    assert answer.json["refresh_token"] == tokens["refresh_token"]
    consent = await world.services.snapshots.consent(BRAND, after.consent_id, fresh=True)
    assert consent.effective_state(world.clock.now()) is ConsentState.AUTHORISED
    assert await world.family_state(answer.json["access_token"]) == "active"
    assert old != world.acme.certificate.thumbprint
    assert world.acme.certificate.thumbprint in repr(after)
    assert old not in repr(after)


async def test_the_keys_before_are_refused(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tokens = await world.tokens(world.acme)
    old = world.acme.key
    await renew(world, key="curve-1")
    new, world.acme.key = world.acme.key, old
    stolen = await world.token(world.acme, "refresh_token", refresh_token=tokens["refresh_token"])
    assert stolen.error == UNAUTHENTICATED
    world.acme.key = new
    assert (await world.token(world.acme, "refresh_token", refresh_token=tokens["refresh_token"])).status == 200


async def test_old_and_new_keys_may_overlap(oauth: AuthorizationWorld):
    """As a TPP that has several instances does it: both keys first, then the new one alone."""
    tpp, (old, new) = oauth.acme, (KEYS["acme-1"], KEYS["borough-1"])
    both = oauth.metadata("acme", old, jwks={"keys": [old.jwk, new.jwk]})
    tpp.client = await replace_client(oauth.services, BRAND, tpp.client.id, both)
    for key in (old, new):
        tpp.key = key
        assert (await oauth.token(tpp, "client_credentials")).status == 200
    tpp.client = await replace_client(oauth.services, BRAND, tpp.client.id, oauth.metadata("acme", new))
    assert (await oauth.token(tpp, "client_credentials")).status == 200
    tpp.key = old
    assert (await oauth.token(tpp, "client_credentials")).error == UNAUTHENTICATED


async def test_a_request_that_was_pushed_before_is_redeemed_after(oauth: AuthorizationWorld):
    """The customer is on the bank's page while the TPP changes its keys."""
    code = await oauth.code(oauth.acme)
    await renew(oauth, key="curve-1")
    assert (await oauth.redeem(oauth.acme, code)).status == 200

"""Signing keys: made once, sealed, known to every worker; and what passes as an access token."""

import asyncio
import json
from typing import Any

import pytest

from consent.authorization.keys.ring import PURPOSES, KeyPurpose, KeyRing, KeysMissing
from consent.authorization.keys.rotation import prepare_keys, rotate_keys
from consent.authorization.tokens.verify import TokenVerifier
from kernel.errors import TokenExpired, TokenInvalid
from kernel.jose.jwt import sign_jwt
from kernel.storage.sealed import Sealer
from plugins.key_stores.sealing_file import SealingFile
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import b64_json, unb64


async def test_servers_that_start_together_make_one_set_of_keys(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    await asyncio.gather(*(prepare_keys(world.services, "fresh") for _ in range(3)))
    assert len(await world.books.oauth.signing_keys("fresh")) == len(PURPOSES)
    assert world.services.keys.version("fresh") == 1


async def test_another_worker_learns_of_new_keys_when_it_loads_them(oauth: AuthorizationWorld):
    other = TokenVerifier(KeyRing(oauth.database, SealingFile(oauth.services.sealer)), oauth.clock)
    await other.load_keys(BRAND)
    await rotate_keys(oauth.services, BRAND.name)
    token = (await oauth.token(oauth.acme, "client_credentials")).json["access_token"]
    with pytest.raises(TokenInvalid):
        other.verify(BRAND, token)
    await other.load_keys(BRAND)
    assert other.verify(BRAND, token).client_id == oauth.acme.client.id


async def test_private_keys_are_sealed_in_their_place(oauth: AuthorizationWorld):
    rows = await oauth.books.oauth.signing_keys(BRAND.name)
    assert all(b'"kty"' not in row.private_jwk for row in rows)
    with pytest.raises(Exception, match="does not open"):
        await KeyRing(oauth.database, SealingFile(Sealer({1: b"x" * 32}))).load(BRAND.name)


async def test_a_brand_without_keys_is_not_served(oauth: AuthorizationWorld):
    with pytest.raises(KeysMissing):
        await KeyRing(oauth.database, SealingFile(oauth.services.sealer)).load("stranger")
    with pytest.raises(KeysMissing):
        oauth.services.keys.version("stranger")


@pytest.mark.spec("RFC9068-4")
async def test_only_our_access_tokens_pass_as_such(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    keys = oauth.services.keys
    signer = keys.signing_key(BRAND.name, KeyPurpose.ACCESS_TOKEN, "ES256")
    token = (await oauth.token(oauth.acme, "client_credentials")).json["access_token"]
    header, body, signature = token.split(".")
    claims: dict[str, Any] = json.loads(unb64(body))

    def changed(**changes: Any) -> str:
        content = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return sign_jwt(content, signer, typ="at+jwt")

    id_signer = keys.signing_key(BRAND.name, KeyPurpose.ID_TOKEN, "ES256")
    cases = {
        "an id_token": (await oauth.tokens(oauth.acme))["id_token"],
        "another purpose's key": sign_jwt(claims, id_signer, typ="at+jwt"),
        "another type": sign_jwt(claims, signer, typ="JWT"),
        "no signature": f"{header}.{body}.",
        "none": f"{b64_json({'alg': 'none', 'typ': 'at+jwt'})}.{body}.",
        "another body": f"{header}.{b64_json({**claims, 'scope': 'payments'})}.{signature}",
        "a client assertion": oauth.acme.assertion(),
        "another issuer": changed(iss="https://evil.example"),
        "another audience": changed(aud="https://evil.example"),
        "an audience and ours": changed(aud=[BRAND.resource_audience, "x"]),
        "no binding": changed(cnf=None),
        "an empty binding": changed(cnf={}),
        "no scope": changed(scope=None),
        "no exp": changed(exp=None),
        "a family without consent": changed(family_id="f"),
        "not a token": "x",
        "empty": "",
        "endless": "x" * 10_000,
    }
    for name, presented in cases.items():
        with subtests.test(name), pytest.raises(TokenInvalid):
            oauth.verifier.verify(BRAND, presented)
    oauth.advance(seconds=300)
    with pytest.raises(TokenExpired):
        oauth.verifier.verify(BRAND, token)

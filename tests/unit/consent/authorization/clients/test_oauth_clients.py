"""The metadata that a client may register, and their change. RFC 7591 section 2."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.exc import IntegrityError

from consent.authorization.clients.metadata_checks import check_metadata, is_redirect_uri
from consent.authorization.clients.registry import deactivate_client, register_client, replace_client
from kernel.errors import ClientInactive, FieldInvalid, FieldMissing, Problem
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import KEYS, number

KEY = KEYS["acme-1"]


def small_rsa() -> dict[str, str]:
    public = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    return {"kty": "RSA", "n": number(public.n, 128), "e": "AQAB", "kid": "small", "alg": "PS256"}


async def test_metadata_that_would_be_unsafe_is_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    jwk = KEY.jwk
    cases: dict[str, dict[str, Any]] = {
        "a fragment": {"redirect_uris": ("https://a.example/#x",)},
        "plain http": {"redirect_uris": ("http://a.example/",)},
        "no redirect_uris": {"redirect_uris": ()},
        "one twice": {"redirect_uris": ("https://a.example/", "https://a.example/")},
        "no scope": {"scope": ""},
        "a scope twice": {"scope": "accounts accounts"},
        "a scope with quotes": {"scope": 'acc"ounts'},
        "an implicit grant": {"grant_types": frozenset({"implicit"})},
        "no grant": {"grant_types": frozenset()},
        "an algorithm that signs nothing": {"id_token_signed_response_alg": "EdDSA"},
        "no keys": {"jwks": {"keys": []}},
        "no key set": {"jwks": {}},
        "a private key": {"jwks": {"keys": [{**jwk, "d": "AQAB"}]}},
        "a shared secret": {"jwks": {"keys": [{"kty": "oct", "k": "AAAA", "kid": "s", "alg": "HS256"}]}},
        "a key without kid": {"jwks": {"keys": [{n: v for n, v in jwk.items() if n != "kid"}]}},
        "a key without alg": {"jwks": {"keys": [{n: v for n, v in jwk.items() if n != "alg"}]}},
        "a key for RS256": {"jwks": {"keys": [{**jwk, "alg": "RS256"}]}},
        "a kid twice": {"jwks": {"keys": [jwk, jwk]}},
        "a small key": {"jwks": {"keys": [small_rsa()]}},
        "a key that is none": {"jwks": {"keys": [{**jwk, "n": "!"}]}},
        "a key of another kind": {"jwks": {"keys": [{**KEYS["curve-1"].jwk, "alg": "PS256"}]}},
        "a point off its curve": {"jwks": {"keys": [{**KEYS["curve-1"].jwk, "y": "A" * 43}]}},
        "another curve": {"jwks": {"keys": [{**KEYS["curve-1"].jwk, "crv": "P-384"}]}},
        "only a key to encrypt": {"jwks": {"keys": [{**jwk, "use": "enc"}]}},
        "no key for the algorithm": {"token_endpoint_auth_signing_alg": "ES256"},
        "keys by value and by address": {"jwks_uri": "https://a.example/jwks"},
        "keys by plain http": {"jwks_uri": "http://a.example/jwks", "jwks": {}},
        "no name": {"client_name": ""},
        "an endless name": {"client_name": "n" * 201},
        "a name with line ends": {"client_name": "a\nb"},
        "a name that does not show": {"client_name": "\u3164"},
        "an organisation that hides something": {"organisation_name": "Acme\u034f Ltd"},
        "an agent without a letter": {"on_behalf_of": "..."},
    }
    for name, changes in cases.items():
        with subtests.test(name), pytest.raises((FieldInvalid, FieldMissing)) as refused:
            check_metadata(oauth.metadata("acme", KEY, **changes))
        with subtests.test(f"{name}: names the member"):
            assert refused.value.path


@pytest.mark.parametrize(
    ("uri", "fits"),
    [
        ("https://a.example/callback", True),
        ("https://a.example:8443/callback?a=b", True),
        ("http://localhost:9000/callback", True),
        ("http://127.0.0.1/callback", True),
        ("http://[::1]:80/callback", True),
        ("http://localhost.evil.example/", False),
        ("https://user@a.example/", False),
        ("https:///callback", False),
        ("/callback", False),
        ("javascript:alert(1)", False),
        ("https://a.example/ b", False),
        ("https://a.example/\r\nSet-Cookie:a", False),
        ("https://ä.example/", False),
        ("https://a.example:port/", False),
        ("https://a.example/#", False),
        ("com.example.app:/callback", False),
    ],
)
@pytest.mark.spec("RFC8252-7.3")
def test_a_redirect_uri_is_absolute_and_safe(uri: str, fits: bool):
    assert is_redirect_uri(uri) is fits


async def test_only_the_key_itself_is_kept_of_a_jwk(oauth: AuthorizationWorld):
    metadata = oauth.metadata("acme", KEY, jwks={"keys": [{**KEY.jwk, "x5c": ["AAAA"], "key_ops": ["verify"]}]})
    client = await register_client(oauth.services, BRAND, metadata)
    assert client.jwks == {"keys": [KEY.jwk]}


async def test_every_change_is_a_new_version(oauth_anywhere: AuthorizationWorld):
    world, client = oauth_anywhere, oauth_anywhere.acme.client
    replaced = await replace_client(world.services, BRAND, client.id, world.metadata("acme", KEY, client_name="New name"))
    assert (replaced.version, replaced.name, replaced.created_at) == (2, "New name", client.created_at)
    gone = await deactivate_client(world.services, BRAND, client.id)
    assert (gone.version, gone.active) == (3, False)
    for change in (
        deactivate_client(world.services, BRAND, client.id),
        deactivate_client(world.services, BRAND, "stranger"),
        replace_client(world.services, BRAND, client.id, world.metadata("acme", KEY)),
    ):
        with pytest.raises(ClientInactive):
            await change
    assert await world.services.clients.current(BRAND, client.id, fresh=True) == gone


async def test_an_id_is_given_once(oauth: AuthorizationWorld):
    metadata = oauth.metadata("acme", KEY)
    assert (await register_client(oauth.services, BRAND, metadata, client_id="chosen")).id == "chosen"
    with pytest.raises((IntegrityError, Problem)):
        await register_client(oauth.services, BRAND, metadata, client_id="chosen")

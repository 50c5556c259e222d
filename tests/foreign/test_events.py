"""A Security Event Token is verified by code that is neither ours nor the library that signed it: RSA-PSS of `cryptography`, with the key as the
bank publishes it. RFC 7515 section 5.2, RFC 7518 section 3.5, RFC 8417.
"""

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from sandbox.tpp_kit.answers import expect
from sandbox.tpp_kit.events import CONSENT_REVOKED, Events
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.test_event_polling import stopped, subscribed


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(token: str, jwks: dict) -> dict:
    """The claims. Raises InvalidSignature."""
    encoded, payload, signature = token.split(".")
    header = json.loads(unpacked(encoded))
    assert (header["alg"], header["typ"]) == ("PS256", "secevent+jwt")
    jwk = next(key for key in jwks["keys"] if key["kid"] == header["kid"])
    numbers = [int.from_bytes(unpacked(jwk[name])) for name in ("e", "n")]
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    key = RSAPublicNumbers(*numbers).public_key()
    key.verify(unpacked(signature), f"{encoded}.{payload}".encode(), pss, hashes.SHA256())
    return json.loads(unpacked(payload))


async def test_a_polled_event_is_signed_for_anyone_who_knows_the_banks_keys(acme: JudgedTpp):
    events = Events(acme)
    async with Browser(acme.folder.ca) as browser:
        await subscribed(events, types=[CONSENT_REVOKED])
        consent_id = await stopped(acme, browser)
    jwks = await acme.published_keys()
    sets: dict[str, str] = {}
    while not sets:
        sets = expect(200, "events", await events.post("/events", {"returnImmediately": False}))["sets"]
    for jti, token in sets.items():
        claims = verified(token, jwks)
        assert (claims["jti"], claims["aud"], claims["iss"]) == (jti, acme.folder.client_id, acme.folder.issuer)
        head, _, signature = token.split(".")
        forged = base64.urlsafe_b64encode(json.dumps({**claims, "aud": "another"}).encode()).decode().rstrip("=")
        with pytest.raises(InvalidSignature):
            verified(f"{head}.{forged}.{signature}", jwks)
    assert any(consent_id in verified(token, jwks)["sub"] for token in sets.values())

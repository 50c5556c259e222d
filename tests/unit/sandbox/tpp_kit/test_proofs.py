"""The kit's DPoP proofs, read by a verifier that shares no code with it."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.proofs import Prover, new_proof_jwk
from sandbox.tpp_kit.wire import Answer
from tests.unit.sandbox.tpp_kit.test_tpp import ACCESS_TOKEN, meeting
from tests.world.keys import unb64

URL = "https://api.bank.example/accounts"


def read(proof: str) -> tuple[dict, dict]:
    """Header and claims of a proof whose own key signed it."""
    head, body, signature = proof.split(".")
    header, claims, raw = json.loads(unb64(head)), json.loads(unb64(body)), unb64(signature)
    x, y = (int.from_bytes(unb64(header["jwk"][name])) for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    encoded = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(encoded, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    return header, claims


@pytest.mark.spec("RFC9449-4.2")
def test_a_proof_says_what_is_called_and_shows_the_public_key_only():
    prover = Prover(now=lambda: 1_000_000.9)
    header, claims = read(prover.proof("GET", f"{URL}?page=2", ACCESS_TOKEN))
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    digest = base64.urlsafe_b64encode(hashlib.sha256(ACCESS_TOKEN.encode()).digest()).rstrip(b"=").decode()
    assert {**claims, "jti": ""} == {"jti": "", "htm": "GET", "htu": URL, "iat": 1_000_000, "ath": digest}
    assert read(prover.proof("GET", URL))[1]["jti"] != claims["jti"]
    assert "ath" not in read(prover.proof("POST", URL))[1]


def test_every_member_has_a_knob():
    knobs = Knobs(proof_claims={"htm": "PUT", "jti": None}, proof_header={"kid": "k"}, proof_jwk=new_proof_jwk())
    prover = Prover()
    header, claims = read(prover.proof("GET", URL, None, knobs))
    assert (claims["htm"], "jti" in claims, header["kid"]) == ("PUT", False, "k")
    assert header["jwk"]["x"] != prover.jwk["x"]


def test_a_nonce_is_remembered_for_the_server_that_gave_it():
    prover = Prover()
    refused = Answer(401, {"DPoP-Nonce": "n1", "WWW-Authenticate": 'DPoP error="use_dpop_nonce"'}, b"")
    assert prover.learn(URL, refused)
    assert read(prover.proof("GET", URL))[1]["nonce"] == "n1"
    assert "nonce" not in read(prover.proof("GET", "https://other.example/"))[1]
    assert not prover.learn(URL, Answer(200, {"dpop-nonce": "n2"}, b""))
    assert read(prover.proof("GET", URL))[1]["nonce"] == "n2"
    assert not prover.learn(URL, Answer(400, {}, b'{"error": "use_dpop_nonce"}'))


async def test_a_tpp_that_is_bound_by_keys_proves_itself_and_shows_no_certificate(tmp_path):
    async with meeting(tmp_path, sender_constraint="dpop") as (server, tpp, _):
        server.token_type = "DPoP"
        assert await tpp.client_credentials_token() == ACCESS_TOKEN
        asked = server.last("/token")
        assert asked.certificate is None
        assert read(asked.headers["DPoP"])[1]["htu"] == f"{server.issuer}/token"
        await tpp.get("/accounts", ACCESS_TOKEN)
        called = server.last("/open-banking/v4.0/aisp/accounts")
        assert called.certificate is None
        assert called.headers["Authorization"] == f"DPoP {ACCESS_TOKEN}"
        assert read(called.headers["DPoP"])[1]["ath"]
        await tpp.push_authorization_request("aac-1")
        assert "DPoP" not in server.last("/par").headers
        assert server.form("/par")["dpop_jkt"] == tpp.prover.thumbprint
        await tpp.push_authorization_request("aac-1", knobs=Knobs(proof="also at push"))
        assert read(server.last("/par").headers["DPoP"])[1]["htu"] == f"{server.issuer}/par"
        await tpp.get("/accounts", ACCESS_TOKEN, knobs=Knobs(proof="never"))
        assert "DPoP" not in server.last("/open-banking/v4.0/aisp/accounts").headers


@pytest.mark.spec("RFC9449-8")
async def test_a_call_refused_for_want_of_a_nonce_is_made_again_once_with_a_new_assertion(tmp_path):
    async with meeting(tmp_path, sender_constraint="dpop") as (server, tpp, _):
        server.token_type, server.nonce = "DPoP", "nonce-1"
        assert await tpp.client_credentials_token() == ACCESS_TOKEN
        first, second = (request for request in server.requests if request.path == "/token")
        assert first.body != second.body
        server.answers["/token"] = (400, {"error": "use_dpop_nonce"})
        with pytest.raises(Refused):
            await tpp.client_credentials_token()
        assert [request.path for request in server.requests].count("/token") == 3  # no nonce was given

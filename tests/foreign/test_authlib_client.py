"""Authlib's client, as it is, walks FAPI 2.0 over mTLS: client authentication, PKCE, `state`, tokens, refresh, introspection, revocation.

What its release (1.9) has no word for the test does by hand, and nothing else: the push of the authorization request, and `iss`
(RFC 9207). It has no DPoP, signs no requests and reads no JARM, so those are walked by the certified client alone.
"""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import JWKRegistry, KeySet

from tests.official import validate_answer

AISP = "/open-banking/v4.0/aisp"
LODGED = {"Data": {"Permissions": ["ReadAccountsDetail", "ReadBalances"]}, "Risk": {}}
CALL_SECONDS = 20


class AuthlibTpp:
    """A session of Authlib's for the TPP of a folder, known by a signed assertion or by its certificate alone."""

    def __init__(self, folder: Path) -> None:
        registered = json.loads((folder / "client.json").read_text())
        [signing] = json.loads((folder / registered["signing_jwks"]).read_text())["keys"]
        self.by_assertion = registered["token_endpoint_auth_method"] == "private_key_jwt"
        method = "private_key_jwt" if self.by_assertion else "none"  # the certificate says who it is
        self.issuer, self.mtls = registered["issuer"], registered["mtls"]
        self.ca = str(folder / registered["ca"])
        self.alg = registered["id_token_signed_response_alg"]
        self.session = OAuth2Session(
            registered["client_id"],
            JWKRegistry.import_key(signing) if self.by_assertion else None,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            code_challenge_method="S256",
            redirect_uri=registered["redirect_uris"][0],
            default_timeout=CALL_SECONDS,
            verify=self.ca,
            cert=tuple(str(folder / registered[name]) for name in ("transport_certificate", "transport_key")),
            trust_env=False,
        )
        self.session.register_client_auth_method(
            PrivateKeyJWT(self.issuer, headers={"kid": signing["kid"]}, alg=registered["signing_alg"])
        )
        self.metadata = self.browse("GET", f"{self.issuer}/.well-known/openid-configuration").json()
        self.endpoints = self.metadata["mtls_endpoint_aliases"]

    def browse(self, method: str, url: str, document: dict[str, Any] | None = None) -> requests.Response:
        """As somebody without a certificate."""
        return requests.request(method, url, json=document, verify=self.ca, timeout=CALL_SECONDS, allow_redirects=False)

    def call(self, method: str, path: str, document: dict[str, Any] | None = None) -> requests.Response:
        """The resource API, with the token that the session has; the answer is judged."""
        answer = self.session.request(
            method, f"{self.mtls}{AISP}{path}", json=document, headers={"x-fapi-customer-ip-address": "192.0.2.7"}
        )
        validate_answer("uk_obie/v4.0", method, path, answer.status_code, answer.headers, answer.content)
        return answer

    def own_token(self) -> dict[str, Any]:
        return self.session.fetch_token(self.endpoints["token_endpoint"], grant_type="client_credentials", scope="accounts")

    def push(self, consent_id: str, verifier: str, nonce: str) -> tuple[str, str]:
        """What Authlib would have the browser bring, pushed instead: where to send the browser, and the state."""
        asked, state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"],
            code_verifier=verifier,
            scope="openid accounts",
            nonce=nonce,
            claims=json.dumps({"id_token": {"openbanking_intent_id": {"value": consent_id, "essential": True}}}),
        )
        pushed = self.session.post(
            self.endpoints["pushed_authorization_request_endpoint"],
            data=dict(parse_qsl(urlsplit(asked).query)),
            auth=self.session.client_auth("private_key_jwt") if self.by_assertion else None,
            withhold_token=True,
        )
        assert pushed.status_code == 201, pushed.text
        request_uri = pushed.json()["request_uri"]
        query = requests.compat.urlencode({"client_id": self.session.client_id, "request_uri": request_uri})
        return f"{self.metadata['authorization_endpoint']}?{query}", state

    def verify_id_token(self, token: dict[str, Any], nonce: str) -> CodeIDToken:
        keys = KeySet.import_key_set(self.browse("GET", self.metadata["jwks_uri"]).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=[self.alg])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "values": [self.issuer]}, "aud": {"essential": True, "value": self.session.client_id}},
            {"nonce": nonce, "client_id": self.session.client_id, "access_token": token["access_token"]},
        )
        claims.validate()
        return claims

    def close(self) -> None:
        self.session.close()


@pytest.mark.parametrize("kind", ["acme", "certified"])
@pytest.mark.spec("FAPI2-SP-FINAL")
async def test_authlib_walks_the_whole_journey(folder_of, kind):
    """By private_key_jwt and by tls_client_auth."""
    folder = await folder_of(kind)
    await asyncio.to_thread(walk, folder)


def walk(folder: Path) -> None:
    tpp = AuthlibTpp(folder)
    try:
        own = tpp.own_token()
        consent_id = tpp.call("POST", "/account-access-consents", LODGED).json()["Data"]["ConsentId"]
        verifier, nonce = generate_token(48), secrets.token_urlsafe()
        url, state = tpp.push(consent_id, verifier, nonce)
        decided = tpp.browse("POST", f"{tpp.issuer}/sandbox/consents/{consent_id}/approve", {"persona": "alice"})
        assert decided.status_code == 200, decided.text
        landed = tpp.browse("GET", url).headers["Location"]
        assert parse_qs(urlsplit(landed).query)["iss"] == [tpp.issuer]
        redeem_and_read(tpp, landed, state, verifier, nonce, consent_id)
        token = tpp.session.token
        tpp.session.token = own
        assert tpp.call("DELETE", f"/account-access-consents/{consent_id}").status_code == 204
        tpp.session.token = token
        assert tpp.call("GET", "/accounts").status_code in {401, 403}
        with pytest.raises(OAuthError, match="invalid_grant"):
            tpp.session.refresh_token(tpp.endpoints["token_endpoint"], token["refresh_token"])
    finally:
        tpp.close()


def redeem_and_read(tpp: AuthlibTpp, landed: str, state: str, verifier: str, nonce: str, consent_id: str) -> None:
    """A code is good once; a token is good until it is revoked, and its successor goes on."""
    endpoint, redeemed = (
        tpp.endpoints["token_endpoint"],
        {"authorization_response": landed, "state": state, "code_verifier": verifier},
    )
    token = tpp.session.fetch_token(endpoint, **redeemed)
    assert tpp.verify_id_token(token, nonce)["openbanking_intent_id"] == consent_id
    assert len(tpp.call("GET", "/accounts").json()["Data"]["Account"]) >= 2
    introspected = tpp.session.introspect_token(tpp.endpoints["introspection_endpoint"], token["access_token"]).json()
    assert (introspected["active"], introspected["consent_id"]) == (True, consent_id)
    tpp.session.revoke_token(tpp.endpoints["revocation_endpoint"], token["access_token"])
    assert tpp.call("GET", "/balances").status_code == 401
    refreshed = tpp.session.refresh_token(endpoint, token["refresh_token"])
    assert refreshed["access_token"] != token["access_token"]
    assert tpp.call("GET", "/balances").status_code == 200

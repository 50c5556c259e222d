"""A TPP on Authlib's client: tokens, client authentication, PKCE, `state`, introspection and revocation are Authlib's, as it is.

What its release (1.9) has no word for is done here by hand, and nothing else: the push of a request (RFC 9126), `iss` (RFC 9207), request
objects (RFC 9101) and JARM. It has no DPoP, which is therefore walked by the certified client alone.
"""

import json
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import JWKRegistry, KeySet

from tests.official import validate_answer

AISP = "/open-banking/v4.0/aisp"
CALL_SECONDS = 20
REQUEST_SECONDS = 300


class AuthlibTpp:
    """A session of Authlib's for the TPP of a folder, known by a signed assertion or by its certificate alone."""

    def __init__(self, folder: Path) -> None:
        self.registered = json.loads((folder / "client.json").read_text())
        self.issuer, self.client_id = self.registered["issuer"], self.registered["client_id"]
        self.ca = str(folder / self.registered["ca"])
        [signing] = json.loads((folder / self.registered["signing_jwks"]).read_text())["keys"]
        self.key = JWKRegistry.import_key(signing)
        self.header = {"kid": signing["kid"], "alg": self.registered["signing_alg"]}
        certificate = tuple(str(folder / self.registered[name]) for name in ("transport_certificate", "transport_key"))
        self.session = self._open_session(certificate)
        self.metadata = self.browse("GET", f"{self.issuer}/.well-known/openid-configuration").json()
        self.endpoints = self.metadata["mtls_endpoint_aliases"]
        self.published = KeySet.import_key_set(self.browse("GET", self.metadata["jwks_uri"]).json())

    def _open_session(self, certificate: tuple[str, ...]) -> OAuth2Session:
        by_assertion = self.registered["token_endpoint_auth_method"] == "private_key_jwt"
        method = "private_key_jwt" if by_assertion else "none"  # then its certificate says who it is
        session = OAuth2Session(
            self.client_id,
            self.key if by_assertion else None,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            code_challenge_method="S256",
            redirect_uri=self.registered["redirect_uris"][0],
            default_timeout=CALL_SECONDS,
            verify=self.ca,
            cert=certificate,
            trust_env=False,
        )
        session.register_client_auth_method(PrivateKeyJWT(self.issuer, headers=dict(self.header), alg=self.header["alg"]))
        return session

    def browse(self, method: str, url: str, document: dict[str, Any] | None = None) -> requests.Response:
        """As somebody without a certificate."""
        return requests.request(method, url, json=document, verify=self.ca, timeout=CALL_SECONDS, allow_redirects=False)

    def call(self, method: str, path: str, document: dict[str, Any] | None = None) -> requests.Response:
        """The resource API, with the token that the session has; the answer is judged."""
        url, headers = f"{self.registered['mtls']}{AISP}{path}", {"x-fapi-customer-ip-address": "192.0.2.7"}
        answer = self.session.request(method, url, json=document, headers=headers)
        validate_answer("uk_obie/v4.0", method, path, answer.status_code, answer.headers, answer.content)
        return answer

    def fetch_token(self, **asked: Any) -> dict[str, Any]:
        token: dict[str, Any] = self.session.fetch_token(self.endpoints["token_endpoint"], **asked)
        return token

    def push(self, verifier: str, **asked: Any) -> tuple[str, str]:
        """Push the request that Authlib would have a browser bring: where to send the browser, and the state."""
        authorization = self.metadata["authorization_endpoint"]
        if self.registered["response_mode"]:
            asked["response_mode"] = self.registered["response_mode"]
        brought, state = self.session.create_authorization_url(authorization, code_verifier=verifier, **asked)
        form = dict(parse_qsl(urlsplit(brought).query))
        if self.registered["request_object_signing_alg"]:
            form = {"request": self.sign(form)}
        pushed = self.post("pushed_authorization_request_endpoint", form)
        assert pushed.status_code == 201, pushed.text
        return f"{authorization}?{urlencode({'client_id': self.client_id, 'request_uri': pushed.json()['request_uri']})}", state

    def post(self, endpoint: str, form: dict[str, str]) -> requests.Response:
        """To an endpoint that Authlib does not know, authenticated by Authlib."""
        if self.session.token_endpoint_auth_method == "none":
            form["client_id"] = self.client_id
            return self.session.post(self.endpoints[endpoint], data=form, withhold_token=True)
        return self.session.post(self.endpoints[endpoint], data=form, auth=self.session.client_auth("private_key_jwt"))

    def sign(self, parameters: dict[str, Any]) -> str:
        """A request object."""
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": now + REQUEST_SECONDS, "jti": secrets.token_urlsafe()}
        claims = {**parameters, **times, "iss": self.client_id, "aud": self.issuer}
        return jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])

    def read_response(self, landed: str) -> str:
        """The authorization response as Authlib takes it: a signed one is verified and unpacked."""
        answer = dict(parse_qsl(urlsplit(landed).query))
        if self.registered["response_mode"] == "jwt":
            assert set(answer) == {"response"}
            answer = self._verify(answer["response"], self.registered["authorization_signed_response_alg"]).claims
            assert answer["aud"] == self.client_id
        assert answer["iss"] == self.issuer
        return f"{landed.partition('?')[0]}?{urlencode(answer)}"

    def verify_id_token(self, token: dict[str, Any], nonce: str | None) -> CodeIDToken:
        decoded = self._verify(token["id_token"], self.registered["id_token_signed_response_alg"])
        expected = {
            "iss": {"essential": True, "values": [self.issuer]},
            "aud": {"essential": True, "value": self.client_id},
        }
        known = {"nonce": nonce, "client_id": self.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, expected, known)
        claims.validate()
        return claims

    def _verify(self, token: str, alg: str) -> jwt.Token:
        return jwt.decode(token, self.published, algorithms=[alg])

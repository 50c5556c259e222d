"""A small, correct FAPI TPP: from its folder to a customer's accounts. Each call takes knobs that make it wrong on purpose.

FAPI2-SP-FINAL-5.3.3 and FAPI1-ADV 5.2.3 (clients), RFC 9101, JARM, RFC 9126, RFC 7636, RFC 9207, RFC 8705 section 5 (endpoint aliases),
RFC 9449 (DPoP), OBIE R/W 4.0 Account Access Consents. Only the standard library, aiohttp's client and joserfc stand behind it.
"""

import json
import secrets
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from sandbox.tpp_kit.answers import LodgedConsent, Refused, Tokens, expect, read_tokens
from sandbox.tpp_kit.authorization import (
    PushedRequest,
    authorization_form,
    check_parameters,
    read_parameters,
    read_response,
    request_claims,
)
from sandbox.tpp_kit.folder import TppFolder, load_folder
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs, turned
from sandbox.tpp_kit.proofs import Prover
from sandbox.tpp_kit.signatures import (
    ResponseInvalid,
    check_hashes,
    sign_assertion,
    sign_request_object,
    verify_id_token,
    verify_response,
)
from sandbox.tpp_kit.transcript import Entry
from sandbox.tpp_kit.wire import Answer, Wire

PUSH = "pushed_authorization_request_endpoint"
BACKCHANNEL = "backchannel_authentication_endpoint"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEFAULT_PERMISSIONS = (
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadTransactionsDetail",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
)


class Tpp:
    """One client of one server. Use as an async context manager."""

    def __init__(self, folder: TppFolder) -> None:
        self.folder = folder
        self.wire = Wire(folder)
        self.prover = Prover() if folder.sender_constraint == "dpop" else None
        self._metadata: dict[str, Any] | None = None
        self._jwks: dict[str, Any] | None = None
        self._pushed: PushedRequest | None = None

    @classmethod
    def from_folder(cls, path: Path, *, resource_base: str | None = None) -> "Tpp":
        return cls(load_folder(path, resource_base=resource_base))

    async def __aenter__(self) -> "Tpp":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.wire.close()

    @property
    def token_type(self) -> str:
        return "bearer" if self.prover is None else "dpop"

    @property
    def transcript(self) -> list[Entry]:
        """Everything sent and received so far, oldest first, secrets shortened."""
        return self.wire.transcript

    async def discover(self) -> dict[str, Any]:
        """The server's metadata, fetched once. Raises ResponseInvalid if it names another issuer."""
        if self._metadata is None:
            url = f"{self.folder.issuer}/.well-known/openid-configuration"
            metadata: dict[str, Any] = await self._fetch(url)
            if metadata["issuer"] != self.folder.issuer:
                raise ResponseInvalid("metadata of another issuer")
            self._metadata = metadata
        return self._metadata

    async def client_credentials_token(self, scope: str = "accounts", *, knobs: Knobs = AS_IT_SHOULD_BE) -> str:
        """An access token with the TPP's own authority."""
        answer = await self._post("token_endpoint", {"grant_type": "client_credentials", "scope": scope}, knobs)
        return str(expect(200, "client credentials", answer)["access_token"])

    async def lodge_account_consent(
        self,
        permissions: Sequence[str] = DEFAULT_PERMISSIONS,
        *,
        expires: str | None = None,
        transactions_from: str | None = None,
        transactions_to: str | None = None,
        token: str | None = None,
        knobs: Knobs = AS_IT_SHOULD_BE,
    ) -> LodgedConsent:
        """An account access consent. Date-times are ISO 8601 with an offset. Without `token` a new one is fetched."""
        dates = {
            "ExpirationDateTime": expires,
            "TransactionFromDateTime": transactions_from,
            "TransactionToDateTime": transactions_to,
        }
        data = {"Permissions": list(permissions)} | {name: value for name, value in dates.items() if value is not None}
        token = token or await self.client_credentials_token()
        body = json.dumps({"Data": data, "Risk": {}}).encode()
        document = expect(201, "account access consent", await self.post("/account-access-consents", token, body, knobs=knobs))
        return LodgedConsent(document["Data"]["ConsentId"], document)

    async def push_authorization_request(
        self,
        consent_id: str | None,
        scope: str = "openid accounts",
        state: str | None = None,
        nonce: str | None = None,
        *,
        redirect_uri: str | None = None,
        knobs: Knobs = AS_IT_SHOULD_BE,
    ) -> PushedRequest:
        """Push a request for this consent (None: the client's default). State, nonce and PKCE verifier are made if not given."""
        pushed = self._new_request(consent_id, scope, state, nonce, redirect_uri)
        form = authorization_form(self.folder.client_id, pushed)
        if self.prover is not None:
            form["dpop_jkt"] = self.prover.thumbprint
        answer = await self._post(PUSH, await self._signed(form, knobs), knobs)
        document = expect(201, "pushed authorization request", answer)
        self._pushed = replace(pushed, request_uri=document["request_uri"], expires_in=document["expires_in"])
        return self._pushed

    async def request_by_value(
        self,
        consent_id: str | None,
        scope: str = "openid accounts",
        state: str | None = None,
        nonce: str | None = None,
        *,
        redirect_uri: str | None = None,
        knobs: Knobs = AS_IT_SHOULD_BE,
    ) -> tuple[str, PushedRequest]:
        """A signed request for the customer's browser to bring, under FAPI 1.0: the address to send it to, and what was asked."""
        self._pushed = self._new_request(consent_id, scope, state, nonce, redirect_uri)
        form = authorization_form(self.folder.client_id, self._pushed)
        plain = {name: form[name] for name in ("client_id", "response_type", "scope", "redirect_uri")}  # OIDC Core section 6.1
        query = turned({**plain, **await self._signed(form, knobs)}, knobs.query)
        return f"{(await self.discover())['authorization_endpoint']}?{urlencode(query)}", self._pushed

    def _new_request(
        self, consent_id: str | None, scope: str, state: str | None, nonce: str | None, redirect_uri: str | None
    ) -> PushedRequest:
        is_hybrid = self.folder.security_profile == "fapi1-advanced" and self.folder.response_mode is None
        return PushedRequest(
            request_uri="",
            expires_in=0,
            state=state or secrets.token_urlsafe(16),
            nonce=nonce or secrets.token_urlsafe(16),
            code_verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri or self.folder.redirect_uris[0],
            scope=scope,
            consent_id=consent_id,
            response_type="code id_token" if is_hybrid else "code",
            response_mode=self.folder.response_mode,
        )

    async def _signed(self, form: dict[str, str], knobs: Knobs) -> dict[str, str]:
        """The form as its profile has it sent: as it is, or as the claims of a request object."""
        if self.folder.security_profile == "fapi2-security":
            return form
        issuer = (await self.discover())["issuer"]
        return {"request": sign_request_object(request_claims(form), issuer, self.folder.signing_jwk, knobs)}

    async def authorization_url(self, request_uri: str) -> str:
        """Where to send the customer's browser."""
        query = urlencode({"client_id": self.folder.client_id, "request_uri": request_uri})
        return f"{(await self.discover())['authorization_endpoint']}?{query}"

    async def authorize_without_page(self, pushed: PushedRequest) -> str:
        """The code, where the customer's decision was already made and the server redirects at once."""
        return await self.follow(await self.authorization_url(pushed.request_uri), pushed)

    async def follow(self, url: str, pushed: PushedRequest) -> str:
        """The code to which an address of the authorization endpoint leads at once."""
        answer = await self.wire.call("GET", url, certificate="none", headers={"Accept": "text/html"})
        if answer.status not in {302, 303}:
            raise Refused("authorize", answer)
        return await self.take_response(answer.header("Location") or "", pushed)

    async def take_response(self, location: str, pushed: PushedRequest) -> str:
        """The code in a redirect's address, in the response mode that was requested. A signed response is verified, and so is the code's
        hash in an ID token that comes with it. Raises ResponseInvalid."""
        answer: dict[str, Any] = {**read_parameters(location, pushed)}
        client_id, issuer = self.folder.client_id, self.folder.issuer
        if pushed.response_mode is not None:
            token = answer.get("response", "")
            answer = verify_response(token, await self.published_keys(), issuer=issuer, client_id=client_id)
        code = check_parameters(answer, pushed, issuer=issuer)
        if "id_token" in pushed.response_type:
            check_hashes(await self._id_token_claims(answer, pushed), code, pushed.state)
        return code

    def read_authorization_response(self, location: str, pushed: PushedRequest) -> str:
        """The code in an unsigned redirect's address. Raises ResponseInvalid: see authorization.read_response."""
        return read_response(location, pushed, issuer=self.folder.issuer)

    async def redeem(self, code: str, pushed: PushedRequest | None = None, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Tokens:
        """Tokens for a code of `pushed`, by default the last request pushed. The ID token is verified, its consent included."""
        pushed = pushed or self._pushed
        if pushed is None:
            raise ValueError("nothing was pushed")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pushed.redirect_uri,
            "code_verifier": pushed.code_verifier,
        }
        document = expect(200, "authorization code", await self._post("token_endpoint", form, knobs))
        return read_tokens(document, await self._id_token_claims(document, pushed), self.token_type)

    async def post_authenticated(self, endpoint: str, form: Mapping[str, str], knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """Post a form to an endpoint of the authorization server, by its name in the metadata. Returns the answer, a refusal too."""
        return await self._post(endpoint, form, knobs)

    async def refresh(self, refresh_token: str, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return read_tokens(expect(200, "refresh", await self._post("token_endpoint", form, knobs)), {}, self.token_type)

    async def revoke(self, token: str, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """RFC 7009. Raises Refused for another answer than 200."""
        answer = await self._post("revocation_endpoint", {"token": token}, knobs)
        if answer.status != 200:
            raise Refused("revoke", answer)
        return answer

    async def introspect(self, token: str, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """Introspect a token (RFC 7662). Returns the answer, a refusal too. An Accept header among the knobs' may ask for a signed one
        (RFC 9701)."""
        return await self._post("introspection_endpoint", {"token": token}, knobs)

    async def userinfo(self, token: str | None, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """Ask the UserInfo endpoint (OpenID Connect Core section 5.3). Returns the answer, a refusal too."""
        metadata = await self.discover()
        aliases = metadata["mtls_endpoint_aliases"] if self.prover is None else metadata
        return await self.call("GET", aliases["userinfo_endpoint"], token, knobs=knobs)

    async def get(self, path: str, token: str | None, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """Read a resource. `path` stands below the resource base, or is a whole URL (a `Next` link)."""
        return await self.call("GET", path, token, knobs=knobs)

    async def delete(self, path: str, token: str | None, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        return await self.call("DELETE", path, token, knobs=knobs)

    async def post(self, path: str, token: str | None, body: bytes, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        return await self.call("POST", path, token, body, knobs=knobs)

    async def call(
        self, method: str, path: str, token: str | None, body: bytes = b"", *, knobs: Knobs = AS_IT_SHOULD_BE
    ) -> Answer:
        """One resource call, with a new interaction id. Returns the answer, a refusal too."""
        headers = {"Accept": "application/json", "x-fapi-interaction-id": str(uuid.uuid4())}
        if body:
            headers["Content-Type"] = "application/json"
        url = path if path.startswith("https://") else self.folder.resource_base + path
        certificate = "none" if self.prover is not None and knobs.certificate == "own" else knobs.certificate

        async def once() -> Answer:
            shown = {**headers, **self._token_headers(method, url, token, knobs)}
            return await self.wire.call(method, url, certificate=certificate, headers=turned(shown, knobs.headers), body=body)

        return await self._with_nonce(url, once)

    def _token_headers(self, method: str, url: str, token: str | None, knobs: Knobs) -> dict[str, str]:
        if token is None:
            return {}
        if self.prover is None:
            return {"Authorization": f"Bearer {token}"}
        proof = {} if knobs.proof == "never" else {"DPoP": self.prover.proof(method, url, token, knobs)}
        return {"Authorization": f"DPoP {token}", **proof}

    async def _with_nonce(self, url: str, once: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer; a second one where the first only gave the nonce that was missing."""
        answer = await once()
        return await once() if self.prover is not None and self.prover.learn(url, answer) else answer

    async def _post(self, endpoint: str, form: Mapping[str, str], knobs: Knobs) -> Answer:
        """To an endpoint of the authorization server, authenticated as registered."""
        metadata = await self.discover()
        # a certificate is shown where it authenticates or where a token is bound to it
        by_assertion, is_push = self.folder.token_endpoint_auth_method == "private_key_jwt", endpoint in {PUSH, BACKCHANNEL}
        plain = by_assertion and (is_push or self.prover is not None)
        url = metadata[endpoint] if plain else metadata.get("mtls_endpoint_aliases", {}).get(endpoint, metadata[endpoint])
        certificate = "none" if plain and knobs.certificate == "own" else knobs.certificate
        proves = knobs.proof != "never" if endpoint == "token_endpoint" else is_push and knobs.proof == "also at push"

        async def once() -> Answer:
            headers = {"DPoP": self.prover.proof("POST", url, None, knobs)} if self.prover is not None and proves else {}
            sent = {**form, **self._credentials(metadata["issuer"], knobs)}
            return await self.wire.post_form(
                url, turned(sent, knobs.form), certificate=certificate, headers=turned(headers, knobs.headers)
            )

        return await self._with_nonce(url, once)

    def _credentials(self, issuer: str, knobs: Knobs) -> dict[str, str]:
        credentials = {"client_id": self.folder.client_id}
        if self.folder.token_endpoint_auth_method == "private_key_jwt":
            assertion = sign_assertion(self.folder.client_id, issuer, self.folder.signing_jwk, knobs)
            credentials |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return credentials

    async def _id_token_claims(self, document: Mapping[str, Any], pushed: PushedRequest) -> dict[str, Any]:
        return await self.verified_claims(document, pushed.scope, pushed.nonce, pushed.consent_id)

    async def verified_claims(
        self, document: Mapping[str, Any], scope: str, nonce: str | None, consent_id: str | None
    ) -> dict[str, Any]:
        """The claims of the ID token in a token response, of the consent that was asked for. Raises ResponseInvalid."""
        if "id_token" not in document:
            if "openid" in scope.split():
                raise ResponseInvalid("id_token: none")
            return {}
        keys, issuer = await self.published_keys(), self.folder.issuer
        claims = verify_id_token(document["id_token"], keys, issuer=issuer, client_id=self.folder.client_id, nonce=nonce)
        if consent_id is not None and claims.get("openbanking_intent_id") != consent_id:
            raise ResponseInvalid("id_token: of another consent")
        return claims

    async def published_keys(self) -> dict[str, Any]:
        """The server's keys, fetched once."""
        if self._jwks is None:
            self._jwks = await self._fetch((await self.discover())["jwks_uri"])
        return self._jwks

    async def _fetch(self, url: str) -> dict[str, Any]:
        return expect(200, url, await self.wire.call("GET", url, certificate="none", headers={"Accept": "application/json"}))

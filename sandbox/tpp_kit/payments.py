"""Payments as a TPP makes them: a consent, funds, an order, each body signed and each answer's signature verified.

OBIE R/W 4.0 Domestic Payment Consents, Domestic Payments, Profile ("Message Signing", "Idempotency"); RFC 7515 appendix F.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from sandbox.tpp_kit.answers import LodgedConsent, expect
from sandbox.tpp_kit.folder import TppFolder
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs, turned
from sandbox.tpp_kit.signatures import PS256, ResponseInvalid, import_key
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.wire import Answer

SCOPE = "payments"
HEADER = "x-jws-signature"
KEY_HEADER = "x-idempotency-key"
_CLAIM = "http://openbanking.org.uk/"
CRITICAL = tuple(f"{_CLAIM}{name}" for name in ("iat", "iss", "tan"))


def sign_body(body: bytes, folder: TppFolder, knobs: Knobs = AS_IT_SHOULD_BE, *, now: Callable[[], float] = time.time) -> str:
    """The detached signature over a body."""
    jwk = knobs.object_jwk or folder.signing_jwk
    issuer = f"{folder.organisation_id}/{folder.software_id}"
    values = (int(now()), issuer, "openbanking.org.uk")
    plain = {"alg": "PS256", "kid": jwk["kid"], "typ": "JOSE", "cty": "application/json"}
    claims = {**plain, **dict(zip(CRITICAL, values, strict=True)), "crit": list(CRITICAL)}
    header = urlsafe_b64encode(json.dumps(turned(claims, knobs.object_header)).encode())
    signature = PS256.sign(header + b"." + urlsafe_b64encode(body), import_key(jwk))
    return f"{header.decode()}..{urlsafe_b64encode(signature).decode()}"


def verify_body(body: bytes, signature: str | None, jwks: Mapping[str, Any]) -> dict[str, Any]:
    """The header of an answer's signature that is good. Raises ResponseInvalid."""
    encoded, payload, mark = [*(signature or "").split("."), "", "", ""][:3]
    if not encoded or payload or not mark:
        raise ResponseInvalid("signature: none, or not a detached one")
    header: dict[str, Any] = json.loads(urlsafe_b64decode(encoded.encode()))
    jwk = next((key for key in jwks["keys"] if key["kid"] == header.get("kid")), None)
    if jwk is None or header.get("alg") != "PS256" or sorted(header.get("crit", [])) != sorted(CRITICAL) or "x5c" in header:
        raise ResponseInvalid("signature: a header that it should not have, or no published key")
    message = encoded.encode() + b"." + urlsafe_b64encode(body)
    if not PS256.verify(message, urlsafe_b64decode(mark.encode()), import_key(jwk)):
        raise ResponseInvalid("signature: not over this body")
    return header


class Payments:
    """The payment side of one TPP."""

    def __init__(self, tpp: Tpp) -> None:
        self.tpp = tpp
        self.base = tpp.folder.resource_base.removesuffix("/aisp") + "/pisp"

    async def lodge(
        self,
        initiation: Mapping[str, Any],
        *,
        risk: Mapping[str, Any] | None = None,
        key: str | None = None,
        token: str | None = None,
        knobs: Knobs = AS_IT_SHOULD_BE,
        path: str = "/domestic-payment-consents",
        **data: Any,
    ) -> LodgedConsent:
        """A consent to a domestic payment, or to another product by its path. `data` are further members of `Data`, such as ReadRefundAccount."""
        token = token or await self.tpp.client_credentials_token(SCOPE)
        body = {"Data": {**data, "Initiation": dict(initiation)}, "Risk": dict(risk or {})}
        answer = await self.post(path, token, body, key=key, knobs=knobs)
        document = expect(201, "payment consent", answer)
        return LodgedConsent(document["Data"]["ConsentId"], document)

    async def order(
        self,
        token: str,
        consent_id: str,
        initiation: Mapping[str, Any],
        *,
        risk: Mapping[str, Any] | None = None,
        key: str | None = None,
        knobs: Knobs = AS_IT_SHOULD_BE,
        path: str = "/domestic-payments",
    ) -> Answer:
        """Order the payment of a consent, with the token that its payer authorised. Returns the answer, a refusal too."""
        body = {"Data": {"ConsentId": consent_id, "Initiation": dict(initiation)}, "Risk": dict(risk or {})}
        return await self.post(path, token, body, key=key, knobs=knobs)

    async def post(
        self, path: str, token: str | None, body: Any, *, key: str | None = None, knobs: Knobs = AS_IT_SHOULD_BE
    ) -> Answer:
        """Post a body, signed, under an idempotency key. Bytes are sent as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        added = {HEADER: sign_body(sent, self.tpp.folder, knobs), KEY_HEADER: key or str(uuid.uuid4())}
        answer = await self.tpp.post(self.base + path, token, sent, knobs=_with(knobs, added))
        await self._verify(answer)
        return answer

    async def read(self, path: str, token: str | None = None, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """Read with the TPP's own authority, or with a payer's token."""
        token = token or await self.tpp.client_credentials_token(SCOPE)
        answer = await self.tpp.get(self.base + path, token, knobs=knobs)
        await self._verify(answer)
        return answer

    async def _verify(self, answer: Answer) -> None:
        if answer.body and answer.header("Content-Type"):
            verify_body(answer.body, answer.header(HEADER), await self.tpp.published_keys())


def _with(knobs: Knobs, added: Mapping[str, str]) -> Knobs:
    """The knobs with more headers; a header that they change themselves stays so."""
    return replace(knobs, headers={**added, **knobs.headers})

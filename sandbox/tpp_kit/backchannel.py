"""A TPP's backchannel requests and the polls for their answers. OpenID CIBA Core 1.0 sections 7.1.1 and 10.1, FAPI-CIBA-ID1 5.2.3."""

import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.tpp_kit.answers import Tokens, expect, read_tokens
from sandbox.tpp_kit.authorization import SCA_ACR
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from sandbox.tpp_kit.signatures import sign_request_object
from sandbox.tpp_kit.tpp import BACKCHANNEL, Tpp

GRANT_TYPE = "urn:openid:params:grant-type:ciba"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerAsked:
    """The server's answer to a backchannel request, and what only its sender knows. `notification_token` authenticates the ping."""

    auth_req_id: str
    expires_in: int
    interval: int
    scope: str
    consent_id: str | None
    notification_token: str | None


async def ask_customer(
    tpp: Tpp,
    login_hint: str,
    consent_id: str | None = None,
    scope: str = "openid accounts",
    *,
    binding_message: str | None = None,
    knobs: Knobs = AS_IT_SHOULD_BE,
) -> CustomerAsked:
    """Ask for what this consent is about (None: the client's default)."""
    token = secrets.token_urlsafe(32) if tpp.folder.ciba == "ping" else None
    wanted: dict[str, Any] = {"acr": {"essential": True, "values": [SCA_ACR]}}
    if consent_id is not None:
        wanted["openbanking_intent_id"] = {"essential": True, "value": consent_id}
    members = {
        "client_id": tpp.folder.client_id,
        "scope": scope,
        "login_hint": login_hint,
        "claims": {"id_token": wanted},
        "binding_message": binding_message,
        "client_notification_token": token,
        "jti": secrets.token_urlsafe(16),
    }
    asked = {name: value for name, value in members.items() if value is not None}
    signed = sign_request_object(asked, (await tpp.discover())["issuer"], tpp.folder.signing_jwk, knobs)
    document = expect(200, "authentication request", await tpp.post_authenticated(BACKCHANNEL, {"request": signed}, knobs))
    return CustomerAsked(
        auth_req_id=document["auth_req_id"],
        expires_in=document["expires_in"],
        interval=document.get("interval", 5),
        scope=scope,
        consent_id=consent_id,
        notification_token=token,
    )


async def poll(tpp: Tpp, asked: CustomerAsked, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Tokens:
    """The customer's answer. Raises Refused as long as there is none, and for a no."""
    form = {"grant_type": GRANT_TYPE, "auth_req_id": asked.auth_req_id}
    document = expect(200, "poll", await tpp.post_authenticated("token_endpoint", form, knobs))
    claims = await tpp.verified_claims(document, asked.scope, None, asked.consent_id)
    return read_tokens(document, claims, tpp.token_type)

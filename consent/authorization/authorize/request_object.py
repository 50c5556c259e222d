"""A signed request object: an authorization request that its client vouches for, pushed, or carried by a browser that may not change it.

RFC 9101 section 6, FAPI2-MS-FINAL 5.3, FAPI1-ADV 5.2.2-10, -13, -15 and -17. Pure: a token, keys and the time in, parameters out. What is
wrong with one is always the same refusal, and the detail is for the log.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consent.authorization.client_authentication.assertion import CLOCK_SKEW_SECONDS
from consent.authorization.clients.client import Client
from consent.authorization.messages.parameters import Parameters
from consent.authorization.offer.profiles import PROFILES
from consent.errors import RequestObjectInvalid
from kernel import json
from kernel.jose.jwt import JwtInvalid, JwtKey, numeric_date, parse_jwt, verify_jwt

LIFETIME_SECONDS_MAX = 3600  # of a request object, from nbf to exp
TYPES = frozenset({None, "jwt", "oauth-authz-req+jwt"})  # never client-authentication+jwt, at+jwt or dpop+jwt
REQUIRED = frozenset({"client_id", "scope", "exp", "nbf"})  # a scope outside the object does not count (FAPI1-ADV 5.2.2-10)
FORBIDDEN = frozenset({"request", "request_uri"})  # RFC 9101 section 4: an object holds no other

# Parameters that may stand in an object as what they are; every other one that we read is text.
STRUCTURED: Mapping[str, type] = {
    "claims": dict,
    "authorization_details": list,
    "max_age": int,
    "requested_expiry": int,
    "resource": list,
}
TEXT = frozenset(
    {
        *("client_id", "response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "code_challenge"),
        *("code_challenge_method", "prompt", "login_hint", "ui_locales", "acr_values", "dpop_jkt", "display"),
        *("id_token_hint", "login_hint_token", "binding_message", "user_code", "client_notification_token"),
        *("grant_id", "grant_management_action"),
        *STRUCTURED,
    }
)


@dataclass(frozen=True, slots=True)
class RequestObject:
    """A verified one. `claims` are all of it, `parameters` those of the request, as a form would have carried them."""

    claims: Mapping[str, Any]
    parameters: Parameters
    expires_at: datetime


def verify_request_object(
    token: str,
    *,
    client: Client,
    keys: Mapping[str, JwtKey],
    issuer: str,
    wall: datetime,
    required: frozenset[str] = REQUIRED,
    algorithms: Collection[str] = (),
) -> RequestObject:
    """`client`'s request to `issuer` at `wall` (protocol time), with every claim that is `required`, signed with one of `algorithms`: by
    default what the client registered for its authorization requests. Raises RequestObjectInvalid."""
    registered = (
        (client.request_object_signing_alg,)
        if client.request_object_signing_alg
        else PROFILES[client.security_profile].algorithms
    )
    try:
        claims = verify_jwt(token, keys, algorithms=algorithms or registered, types=TYPES).claims
        if missing := required - claims.keys():
            raise JwtInvalid(f"without {sorted(missing)}")
        _check_parties(claims, client.id, issuer)
        expires_at = _check_times(claims, wall.timestamp())
        if nested := FORBIDDEN & claims.keys():
            raise JwtInvalid(f"holds {sorted(nested)}")
        parameters = _parameters_of(claims)
    except JwtInvalid as error:
        raise RequestObjectInvalid(f"request object: {error}") from None
    return RequestObject(claims, parameters, datetime.fromtimestamp(expires_at, UTC))


def parse_kid(token: str) -> object:
    """The `kid` in an object's header, not verified; None if the object cannot be read."""
    try:
        return parse_jwt(token).header.get("kid")
    except JwtInvalid:
        return None


def parse_unverified(token: str) -> Parameters:
    """The claims of an object that is not verified, or was found wanting: only to learn where its refusal may be sent. Empty if it
    cannot be read."""
    try:
        claims = parse_jwt(token).claims
    except JwtInvalid:
        return {}
    return {name: value for name, value in claims.items() if isinstance(value, str) and value}


def _check_parties(claims: Mapping[str, Any], client_id: str, issuer: str) -> None:
    """From the client, to us. RFC 9101 section 10.8: `sub` is left out, so that no object passes for an assertion nor the other
    way round."""
    if claims.get("iss") != client_id:
        raise JwtInvalid("iss is not the client")
    audience = claims.get("aud")
    if audience != issuer and not (isinstance(audience, list) and issuer in audience):
        raise JwtInvalid("aud is not this server")
    if claims.get("client_id", client_id) != client_id:
        raise JwtInvalid("client_id is another client")
    if claims.get("sub") == client_id:
        raise JwtInvalid("sub is the client: an assertion")


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """When it expires. FAPI2-MS-FINAL 5.3.1-4 and -5; clocks may disagree by the skew."""
    expires_at, begins_at, issued_at = (numeric_date(claims, name) for name in ("exp", "nbf", "iat"))
    if expires_at is None or begins_at is None:
        raise JwtInvalid("without exp or nbf")
    if expires_at + CLOCK_SKEW_SECONDS <= now:
        raise JwtInvalid("expired")
    if max(begins_at, issued_at or 0) > now + CLOCK_SKEW_SECONDS:
        raise JwtInvalid("not valid yet")
    if expires_at - begins_at > LIFETIME_SECONDS_MAX:  # so that nbf is never further back either
        raise JwtInvalid("lives too long")
    return expires_at


def _parameters_of(claims: Mapping[str, Any]) -> Parameters:
    """Unknown parameters are ignored (RFC 6749 section 3.1), one that we read must be of its type; empty text counts as
    absent."""
    read = {name: _text(name, value) for name, value in claims.items() if name in TEXT}
    return {name: text for name, text in read.items() if text}


def _text(name: str, value: Any) -> str:
    expected = STRUCTURED.get(name, str)
    if isinstance(value, str):
        return value
    if not isinstance(value, expected) or isinstance(value, bool):
        raise JwtInvalid(f"{name} is not of its type")
    return str(value) if isinstance(value, int) else json.encode(value).decode()

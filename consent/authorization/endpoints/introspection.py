"""POST /introspect: a client asks what one of its own tokens is worth now. RFC 7662; signed if it accepts that, RFC 9701.

A token that is not active, or not the client's, gets the same answer, which reveals nothing.
"""

from typing import Any

from multidict import CIMultiDict

from consent.authorization.client_authentication.authenticate import authenticate_client
from consent.authorization.clients.client import Client
from consent.authorization.keys.ring import KeyPurpose
from consent.authorization.messages.json_response import NOT_STORED, render_json
from consent.authorization.messages.parameters import TOKEN_FORM_BYTES_MAX, receive_form
from consent.authorization.offer.authorization_details import render_details
from consent.authorization.tokens.refresh import load_refresh_grant
from consent.authorization.tokens.standing import load_standing
from consent.errors import RefreshTokenInvalid
from consent.services import Services
from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.errors import FieldMissing, TokenExpired, TokenInvalid, TokenRevoked
from kernel.http.message import Request, Response
from kernel.jose.jwt import sign_jwt

INACTIVE: dict[str, Any] = {"active": False}
JWT_TYPE = "token-introspection+jwt"
JWT_MEDIA_TYPE = f"application/{JWT_TYPE}"


async def introspect(services: Services, brand: Brand, request: Request) -> Response:
    """`token_type_hint` is only a hint, and both kinds are cheap to try."""
    parameters = await receive_form(request, limit=TOKEN_FORM_BYTES_MAX)
    client = await authenticate_client(services, brand, request, parameters)
    token = parameters.get("token")
    if token is None:
        raise FieldMissing(path="token", public="The token is missing.")
    answer = await _describe_access_token(services, brand, client, token)
    if answer is None:
        answer = await _describe_refresh_token(services, brand, client, token)
    return _render(services, brand, client, request, answer or INACTIVE)


async def _describe_access_token(services: Services, brand: Brand, client: Client, presented: str) -> dict[str, Any] | None:
    def own(token: AccessToken, _: Client) -> None:
        if token.client_id != client.id:
            raise TokenInvalid("another client's")

    try:
        standing = await load_standing(services, brand, presented, own, anywhere=True)
    except (TokenInvalid, TokenExpired, TokenRevoked):
        return None
    token = standing.token
    described: dict[str, Any] = {
        "active": True,
        "scope": " ".join(sorted(token.scope)),
        "client_id": token.client_id,
        "token_type": "DPoP" if token.confirmation.method == "jkt" else "Bearer",
        "exp": int(token.expires_at.timestamp()),
        "sub": token.subject,
        "aud": list(token.audience) if len(token.audience) > 1 else token.audience[0],
        "iss": brand.issuer,
        "jti": token.jti,
        "cnf": {token.confirmation.method: token.confirmation.value},
    }
    if standing.consent is not None:
        described["consent_id"] = standing.consent.id
    if standing.consent is not None and standing.family is not None and standing.family.is_detailed:
        described["authorization_details"] = render_details(brand, standing.consent)  # RFC 9396 section 9.2
    return described


async def _describe_refresh_token(services: Services, brand: Brand, client: Client, presented: str) -> dict[str, Any] | None:
    """Describe a refresh token. It has no expiry and no key of its own, so the answer has neither."""
    try:
        async with services.database.read() as connection:
            family, _ = await load_refresh_grant(connection, services, brand, client, presented)
    except RefreshTokenInvalid:
        return None
    return {
        "active": True,
        "scope": family.scope,
        "client_id": client.id,
        "sub": family.subject,
        "iss": brand.issuer,
        "consent_id": family.consent_id,
    }


def _render(services: Services, brand: Brand, client: Client, request: Request, answer: dict[str, Any]) -> Response:
    """RFC 9701 section 5: the answer stands in a claim of its own, so that it is no token itself."""
    if not _accepts_jwt(request):
        return render_json(200, answer)
    key = services.keys.signing_key(brand.name, KeyPurpose.INTROSPECTION, client.introspection_signed_response_alg)
    issued_at = int(services.clock.wall().timestamp())
    claims = {"iss": brand.issuer, "aud": client.id, "iat": issued_at, "token_introspection": answer}
    token = sign_jwt(claims, key, typ=JWT_TYPE)
    return Response(200, token.encode(), CIMultiDict({"Content-Type": JWT_MEDIA_TYPE, **NOT_STORED}))


def _accepts_jwt(request: Request) -> bool:
    """True if the request accepts the signed answer by its media type; a wildcard does not count."""
    ranges = ",".join(request.headers.getall("Accept", [])).split(",")
    return any(part.partition(";")[0].strip().lower() == JWT_MEDIA_TYPE for part in ranges)

"""A TPP's registration request: JSON (RFC 7591 section 3.1), or the same members in a JWS that its software signed (UK DCR 3.3).

Unknown members are not registered, as RFC 7591 section 2 says; known ones must have the right form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from consent.authorization.client_authentication.assertion import JTI_CHARS_MAX
from consent.authorization.clients.client import AuthMethod, Client
from consent.authorization.clients.key_set import import_client_keys
from consent.authorization.clients.metadata import DeliveryMode
from consent.authorization.offer.authorization_details import DetailsType
from consent.authorization.offer.profiles import SecurityProfile
from consent.authorization.registration.statement import ALGORITHMS, Statement, check_holder, verify_statement
from consent.errors import ClientMetadataInvalid, RegistrationRedirectUriInvalid, SoftwareStatementUnapproved
from consent.services import Services
from kernel import json
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate
from kernel.errors import FieldInvalid, MediaTypeUnsupported, Problem
from kernel.hot_state.checks import FirstUse
from kernel.hot_state.first_uses import first_use_of_jti
from kernel.http.message import Request
from kernel.jose.jwe import Encryption, KeyAgreement
from kernel.jose.jwt import Algorithm, JwtInvalid, JwtKey, numeric_date, parse_jwt, verify_jwt

TYPES = frozenset({None, "jwt", "jose"})
PLAIN = "application/json"
SIGNED = ("application/jwt", "application/jose")
BODY_BYTES_MAX = 65_536  # of the body of one registration
SKEW_SECONDS = 10  # that the clock of who registers may differ from ours
LIFETIME_SECONDS_MAX = 3600  # of a signed registration, from iat to exp
ECHOED = ("iss", "iat", "exp", "aud", "jti")  # of a signed request: the UK's answer repeats them


ApplicationType = Literal["web", "native", "mobile"]  # OIDC Dynamic Client Registration section 2, and UK DCR 3.2


class Wish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members of RFC 7591 that this server reads, and `security_profile`, ours. Absent ones are settled by the profile."""

    redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: AuthMethod = "private_key_jwt"
    grant_types: frozenset[str] = frozenset({"authorization_code"})
    response_types: tuple[str, ...] = ()
    scope: str | None = None
    software_id: str | None = None
    application_type: ApplicationType = "web"
    security_profile: SecurityProfile | None = None
    token_endpoint_auth_signing_alg: Algorithm | None = None
    id_token_signed_response_alg: Algorithm | None = None
    userinfo_signed_response_alg: Algorithm | None = None
    introspection_signed_response_alg: Algorithm | None = None
    id_token_encrypted_response_alg: KeyAgreement | None = None
    id_token_encrypted_response_enc: Encryption | None = None
    request_object_signing_alg: Algorithm | None = None
    require_signed_request_object: bool | None = None
    authorization_signed_response_alg: Algorithm | None = None
    authorization_encrypted_response_alg: KeyAgreement | None = None
    authorization_encrypted_response_enc: Encryption | None = None
    authorization_details_types: frozenset[DetailsType] = frozenset()
    backchannel_token_delivery_mode: DeliveryMode | None = None
    backchannel_client_notification_endpoint: str | None = None
    backchannel_authentication_request_signing_alg: Algorithm | None = None
    backchannel_user_code_parameter: bool = False
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A registration whose sender and statement are verified; `echoed` are the claims of a signed request that its answer repeats.
    `organisation_id` is the organisation as its certificates name it, by which its every later call is known. `first_use` is that of a
    signed request, to be taken once nothing else refuses it."""

    wish: Wish
    statement: Statement
    organisation_id: str
    echoed: Mapping[str, Any]
    first_use: FirstUse | None


async def receive_registration(request: Request) -> Request:
    """The request with its body, which is read only if the head says that it is one of registration. Raises MediaTypeUnsupported, and
    what `Request.received` raises."""
    if media_type_of(request) not in (PLAIN, *SIGNED):
        raise MediaTypeUnsupported(media_type_of(request))
    return await request.received(BODY_BYTES_MAX)


def media_type_of(request: Request) -> str:
    return (request.header("Content-Type") or "").partition(";")[0].strip().lower()


async def parse_request(
    services: Services, brand: Brand, request: Request, certificate: Certificate, present: Client | None = None
) -> Asked:
    """`present` is the client that is to be changed, None for a new one. Raises RequestMalformed,
    ClientMetadataInvalid, RegistrationRedirectUriInvalid, SoftwareStatementInvalid, SoftwareStatementUnapproved, or Overloaded."""
    if media_type_of(request) == PLAIN:
        claims, token = json.decode(request.body, dict[str, Any]), None
    else:
        token = request.body.decode("ascii", "replace").strip()
        claims = _unverified_claims(token)
    statement = await verify_statement(services, claims.get("software_statement"))
    organisation_id = check_holder(statement, certificate)
    if present is not None and (present.software_id, present.organisation_id) != (statement.software_id, organisation_id):
        raise SoftwareStatementUnapproved("of other software than the client's")
    first_use = None if token is None else await _verify_signed(services, brand, token, statement)
    wish = _read(claims)
    _check_statement_covers(wish, statement)
    echoed = {name: claims[name] for name in ECHOED} if token is not None else {}
    return Asked(wish, statement, organisation_id, echoed, first_use)


def _unverified_claims(token: str) -> dict[str, Any]:
    try:
        return parse_jwt(token).claims
    except JwtInvalid as error:
        raise ClientMetadataInvalid(f"request: {error}", public="The registration request is not a compact JWS.") from None


async def _verify_signed(services: Services, brand: Brand, token: str, statement: Statement) -> FirstUse:
    """Signed by the software that the statement names, for this server; the question whether it comes for the first time."""
    try:
        keys = await _keys_of(services, statement)
        claims = verify_jwt(token, keys, algorithms=ALGORITHMS, types=TYPES).claims
        now = services.clock.wall().timestamp()
        issued_at, expires_at, jti = numeric_date(claims, "iat"), numeric_date(claims, "exp"), claims.get("jti")
        if claims.get("iss") != statement.software_id:
            raise JwtInvalid("iss is not the software")
        if claims.get("aud") not in (brand.issuer, brand.organisation_id or brand.issuer):  # of any JSON type
            raise JwtInvalid("aud is not this server")
        if issued_at is None or expires_at is None or not isinstance(jti, str) or not 1 <= len(jti) <= JTI_CHARS_MAX:
            raise JwtInvalid("iat, exp or jti is missing")
        if not issued_at - SKEW_SECONDS <= now <= expires_at + SKEW_SECONDS or expires_at > now + LIFETIME_SECONDS_MAX:
            raise JwtInvalid("not valid now")
    except (JwtInvalid, FieldInvalid) as error:
        raise ClientMetadataInvalid(
            f"request: {error}", public="The registration request's signature or claims are not valid."
        ) from None
    place, remaining = f"{brand.name}/registration/{statement.software_id}", expires_at - now + SKEW_SECONDS + 1
    return first_use_of_jti(place, jti, seconds=remaining, issued_at=issued_at)


async def _keys_of(services: Services, statement: Statement) -> Mapping[str, JwtKey]:
    """By value in the statement, or where it says. Raises FieldInvalid."""
    if statement.jwks is not None:
        return import_client_keys(statement.jwks)
    assert statement.jwks_uri is not None
    return await services.client_keys.at(statement.jwks_uri, owner=statement.organisation_id)


def _read(claims: Mapping[str, Any]) -> Wish:
    try:
        return json.convert(dict(claims), Wish)
    except Problem as problem:
        raise refuse_member(problem) from None


def refuse_member(problem: Problem) -> Problem:
    """A refusal of a member as registration says it. RFC 7591 section 3.2.2."""
    if problem.path.startswith("redirect_uris"):
        return RegistrationRedirectUriInvalid(problem.detail)
    return ClientMetadataInvalid(problem.detail, public=f"The member {problem.path} is missing or not acceptable.")


def _check_statement_covers(wish: Wish, statement: Statement) -> None:
    if not set(wish.redirect_uris) <= statement.redirect_uris:
        raise RegistrationRedirectUriInvalid("not in the statement")
    if wish.software_id not in (None, statement.software_id):
        raise ClientMetadataInvalid("another software_id", public="The software_id is not the statement's.")

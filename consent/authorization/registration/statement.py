"""A software statement: a directory's signed claims about a TPP and its software. RFC 7591 section 2.3, UK Open Banking DCR 3.3.

It has no expiry of its own, so its age is bounded here. Its presenter must hold a certificate of the organisation that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.authorization.clients.key_set import KeySet
from consent.errors import SoftwareStatementInvalid, SoftwareStatementUnapproved
from consent.services import Services
from kernel.access import Role
from kernel.banking.visible_text import is_visible
from kernel.certificates.certificate import Certificate
from kernel.jose.jwt import Jwt, JwtInvalid, numeric_date, parse_jwt, verify_parsed

ALGORITHMS = frozenset({"PS256", "ES256"})
TYPES = frozenset({None, "jwt"})
AGE_SECONDS_MAX = 60 * 86_400  # of a software statement, from its iat
SKEW_SECONDS = 60  # that a directory's clock may be ahead of ours
TEXT_CHARS_MAX = 256  # of each text in a statement
URIS_MAX = 64  # of each list of addresses in a statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A verified statement. `organisation_names` are the ids under which a certificate may name its organisation."""

    text: str
    software_id: str
    client_name: str
    on_behalf_of: str
    redirect_uris: frozenset[str]
    roles: frozenset[Role]
    organisation_id: str
    organisation_name: str
    organisation_names: frozenset[str]
    jwks: KeySet | None
    jwks_uri: str | None
    keys_stale_seconds: int  # since its directory last confirmed the keys that verified it


async def verify_statement(services: Services, text: object) -> Statement:
    """Raises SoftwareStatementInvalid, SoftwareStatementUnapproved, or Overloaded when the directory's keys cannot be fetched."""
    if not isinstance(text, str):
        raise SoftwareStatementInvalid("none, or no text", public="The software_statement is missing.")
    try:
        unverified = parse_jwt(text)
        directory = services.directories.get(str(unverified.claims.get("iss")))
        if directory is None:
            raise SoftwareStatementUnapproved("of a directory that is not configured")
        kid = unverified.header.get("kid")
        found = await directory.keys(kid if isinstance(kid, str) else None)
        verified = verify_parsed(unverified, found.keys, algorithms=ALGORITHMS, types=TYPES)
        _check_age(verified, services.clock.wall().timestamp())
        return _read(text, verified.claims, found.stale_seconds)
    except JwtInvalid as error:
        raise SoftwareStatementInvalid(str(error)) from None


def check_holder(statement: Statement, certificate: Certificate) -> str:
    """The organisation's name in its certificate. Raises SoftwareStatementUnapproved for one of another organisation, or of none."""
    if certificate.organisation_id is None or certificate.organisation_id not in statement.organisation_names:
        raise SoftwareStatementUnapproved(f"of {statement.organisation_id}, presented by {certificate.organisation_id}")
    return certificate.organisation_id


def _check_age(statement: Jwt, now: float) -> None:
    issued_at, expires_at = numeric_date(statement.claims, "iat"), numeric_date(statement.claims, "exp")
    if issued_at is None or not now - AGE_SECONDS_MAX <= issued_at <= now + SKEW_SECONDS:
        raise JwtInvalid("iat is missing, too long ago or still to come")
    if expires_at is not None and expires_at <= now:
        raise JwtInvalid("expired")


def _read(text: str, claims: Mapping[str, Any], stale_seconds: int) -> Statement:
    """Raises JwtInvalid, or SoftwareStatementUnapproved for an organisation that is not active."""
    if claims.get("org_status", "Active") != "Active" or claims.get("software_status", "Active") != "Active":
        raise SoftwareStatementUnapproved("the organisation or its software is not active")
    organisation_id = _text(claims, "org_id")
    jwks = claims.get("software_jwks")
    uri = claims.get("software_jwks_endpoint")
    if not (isinstance(jwks, dict) and isinstance(jwks.get("keys"), list)) and not isinstance(uri, str):
        raise JwtInvalid("no keys")
    return Statement(
        text=text,
        software_id=_text(claims, "software_id"),
        client_name=_text(claims, "software_client_name"),
        on_behalf_of=_text(claims, "software_on_behalf_of_org", default=""),
        redirect_uris=frozenset(_texts(claims, "software_redirect_uris")),
        roles=frozenset(role for role in Role if role.value in _texts(claims, "software_roles")),
        organisation_id=organisation_id,
        organisation_name=_text(claims, "org_name", default=organisation_id),
        organisation_names=frozenset({organisation_id, *_authority_names(claims)}),
        jwks=jwks if isinstance(jwks, dict) else None,
        jwks_uri=None if isinstance(jwks, dict) else uri,
        keys_stale_seconds=stale_seconds,
    )


def _authority_names(claims: Mapping[str, Any]) -> list[str]:
    """ETSI TS 119 495 section 5.2.1: PSD, country, authority and registration number as one organizationIdentifier; and the UK's
    form with the directory's own id."""
    names = [f"PSDGB-OB-Unknown{claims['org_id']}", f"PSDGB-OB-{claims['org_id']}"]
    match claims.get("organisation_competent_authority_claims"):
        case {"authority_id": str(authority), "registration_id": str(number)} if len(authority) > 3 and number:
            names.append(f"PSD{authority[-2:]}-{authority[:-2]}-{number}")
        case _:
            pass
    return names


def _text(claims: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    value = claims.get(name, default)
    if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX or not is_visible(value) or not (value or default == ""):
        raise JwtInvalid(f"{name} is missing or malformed")
    return value


def _texts(claims: Mapping[str, Any], name: str) -> list[str]:
    values = claims.get(name)
    if not isinstance(values, list) or len(values) > URIS_MAX or not all(isinstance(value, str) for value in values):
        raise JwtInvalid(f"{name} is not a list of texts")
    return values

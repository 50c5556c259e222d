"""The offer of a brand's dialects to authorization requests: scopes, authentication context classes, claims."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kernel.access import ROLES, Role
from openapi.dialect import Dialect

GRANT_QUERY, GRANT_REVOKE = "grant_management_query", "grant_management_revoke"
CLIENT_SCOPES = frozenset({GRANT_QUERY, GRANT_REVOKE})  # of a client's own authority: no customer can grant them


def scopes_offered(dialects: Sequence[Dialect]) -> tuple[str, ...]:
    """Every scope that a client may register: openid, those that open an operation, in order of appearance, those of the roles, and
    those of the grant management API."""
    opening = (row.scope for dialect in dialects for row in dialect.rows if row.scope is not None)
    return tuple(dict.fromkeys(("openid", *opening, *scopes_of_roles(dialects, tuple(Role)), GRANT_QUERY, GRANT_REVOKE)))


def scopes_for(dialects: Sequence[Dialect], kind: str) -> frozenset[str]:
    """The scopes under which a consent of this kind may be asked for."""
    return frozenset(dialect.authorization.scope_of(kind) for dialect in dialects)


def scopes_of_roles(dialects: Sequence[Dialect], roles: Collection[Role]) -> tuple[str, ...]:
    """Every scope that opens something to a TPP with these roles, in order of appearance."""
    kinds = [kind for kind, role in ROLES.items() if role in roles]
    return tuple(dict.fromkeys(dialect.authorization.scope_of(kind) for dialect in dialects for kind in kinds))


def acr_values_offered(dialects: Sequence[Dialect]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for dialect in dialects for value in dialect.authorization.acr_values))


def claims_offered(dialects: Sequence[Dialect]) -> tuple[str, ...]:
    """The claims that the metadata announce: those that every request can obtain. The claim `name` is left out (OIDC Discovery section 3
    permits that), because most consents do not open it."""
    ours = ("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr")
    return tuple(dict.fromkeys((*ours, *(name for dialect in dialects for name in dialect.authorization.claims_supported))))


def userinfo_claims_offered(dialects: Sequence[Dialect]) -> tuple[str, ...]:
    """The claims that a request may ask of userinfo. The customer's name is returned only where the consent opens the party."""
    return tuple(dict.fromkeys(("name", *(name for dialect in dialects for name in dialect.authorization.claims_supported))))


def userinfo_claims_asked(dialects: Sequence[Dialect], claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Of what a request's claims ask of userinfo, what is offered there; the rest is nothing that we could ever answer."""
    asked = claims.get("userinfo") or {}
    return tuple(name for name in userinfo_claims_offered(dialects) if name in asked)

"""Refuse a scope that the client is not registered for, or that opens nothing a customer could grant. RFC 6749 section 3.3; at the
backchannel it must contain openid (CIBA section 7.1)."""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.messages.parameters import split_scope
from consent.authorization.offer.scopes import CLIENT_SCOPES
from consent.errors import ScopeInvalid


async def check_scope(asked: AuthorizationRequest) -> None:
    scope = asked.parameters.get("scope")
    is_detailed = "authorization_details" in asked.parameters  # which may stand alone (RFC 9396 section 3.1)
    if scope is None and is_detailed:
        return
    values = _without_consents(asked, () if scope is None else split_scope(scope))
    if not values or not (asked.client.scopes - CLIENT_SCOPES).issuperset(values):
        raise ScopeInvalid("missing, malformed, not registered, or of the client's own")
    if set(values) <= {"openid"} and not is_detailed:
        raise ScopeInvalid("no scope that a customer could grant")
    if "id_token" in asked.response_type.split() and "openid" not in values:
        raise ScopeInvalid("an id_token without openid")
    asked.scope = values


def _without_consents(asked: AuthorizationRequest, values: tuple[str, ...]) -> tuple[str, ...]:
    """A value that names a consent (check_consent_named.py) counts as the scope that opens it."""
    faces = [dialect.authorization for dialect in asked.services.dialects_of(asked.brand)]
    named = {value: next(filter(None, (face.scope_named_by(value) for face in faces)), value) for value in values}
    return tuple(dict.fromkeys(named.values()))


async def check_backchannel_scope(asked: AuthorizationRequest) -> None:
    await check_scope(asked)
    if "openid" not in asked.scope:
        raise ScopeInvalid("without openid")

"""Refuse a scope that the client is not registered for, or that opens nothing a customer could grant. RFC 6749 section 3.3."""

from consent.authorize.asking import Asking
from consent.errors import ScopeInvalid

SCOPE_CHARS_MAX = 1000


async def check_scope(asking: Asking) -> None:
    scope = asking.parameters.get("scope", "")
    values = tuple(dict.fromkeys(scope.split(" "))) if len(scope) <= SCOPE_CHARS_MAX else ()
    if not values or not asking.client.scopes.issuperset(values):
        raise ScopeInvalid("missing, malformed or not registered")
    if set(values) <= {"openid"}:
        raise ScopeInvalid("no scope that a customer could grant")
    if "id_token" in asking.response_type.split() and "openid" not in values:
        raise ScopeInvalid("an id_token without openid")
    asking.scope = values

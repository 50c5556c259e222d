"""Settle which authentication context classes are wanted, most wanted first; an essential one that we cannot give is refused.

OIDC Core section 5.5.1.1. A voluntary class that we do not know is left out.
"""

from typing import Any

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.offer.scopes import acr_values_offered
from consent.errors import AuthenticationUnmet
from kernel.errors import FieldInvalid

VALUES_MAX = 10  # of acr_values, or of the claim acr


async def check_acr(asked: AuthorizationRequest) -> None:
    claim = (asked.claims.get("id_token") or {}).get("acr") or {}
    wanted = _values(claim)
    essential = bool(claim.get("essential")) and bool(wanted)
    if not wanted:
        wanted = asked.parameters.get("acr_values", "").split()
    if len(wanted) > VALUES_MAX:
        raise FieldInvalid(f"{len(wanted)} values", path="acr_values", public="Too many acr values.")
    offered = acr_values_offered(asked.services.dialects_of(asked.brand))
    asked.acr_values = tuple(value for value in wanted if value in offered)
    if essential and not asked.acr_values:
        raise AuthenticationUnmet("an essential acr that is not offered")


def _values(claim: dict[str, Any]) -> list[str]:
    values = claim.get("values", [claim["value"]] if "value" in claim else [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise FieldInvalid("not text", path="claims", public="The acr claim must name its values as text.")
    return values

"""The name of a consent in an authorization request, and its claims in the id_token. OBIE Security Profile, "OpenBanking Intent Id"."""

from collections.abc import Mapping
from typing import Any

from kernel.banking.consents import Consent, ConsentKind, Permission
from kernel.errors import FieldInvalid
from openapi.uk_obie.shared.clusters import clusters_of

INTENT_ID = "openbanking_intent_id"
INTENT_ID_LENGTH_MAX = 128  # of openbanking_intent_id in a request; a longer one names no consent

SCOPES: Mapping[str, str] = {
    ConsentKind.ACCOUNTS: "accounts",
    ConsentKind.PAYMENT: "payments",
    ConsentKind.SCHEDULED: "payments",
    ConsentKind.STANDING_ORDER: "payments",
    ConsentKind.FILE: "payments",
    ConsentKind.INTERNATIONAL: "payments",
    ConsentKind.INTERNATIONAL_SCHEDULED: "payments",
    ConsentKind.INTERNATIONAL_STANDING_ORDER: "payments",
    ConsentKind.VRP: "payments",
    ConsentKind.FUNDS: "fundsconfirmations",
}


class Authorization:
    """The authorization face."""

    acr_values: tuple[str, ...] = ("urn:openbanking:psd2:sca", "urn:openbanking:psd2:ca")
    claims_supported: tuple[str, ...] = (INTENT_ID,)
    select_verb = "Choose accounts to share"

    def consent_id_of(self, parameters: Mapping[str, str], claims: Mapping[str, Any]) -> str | None:
        """From `claims.id_token`, or `claims.userinfo`, which must not contradict it. Raises FieldInvalid."""
        named = {
            value
            for member in ("id_token", "userinfo")
            if (value := _requested(claims.get(member), f"claims.{member}")) is not None
        }
        if len(named) > 1:
            raise FieldInvalid("two consents are named", path=f"claims.userinfo.{INTENT_ID}.value")
        return next(iter(named), None)

    def scope_named_by(self, value: str) -> str | None:
        """No scope of this standard names a consent: a claim does."""
        return None

    def id_token_claims(self, consent: Consent) -> dict[str, Any]:
        return {INTENT_ID: consent.id}

    def scope_of(self, kind: str) -> str:
        return SCOPES.get(kind, kind)

    def clusters(self, permissions: frozenset[Permission]) -> list[tuple[str, list[str]]]:
        return clusters_of(permissions)


def _requested(claims: Any, path: str) -> str | None:
    """The value of the requested claim. A claim requested without a value names no consent (OIDC Core section 5.5.1)."""
    if claims is None:
        return None
    if not isinstance(claims, Mapping):
        raise FieldInvalid("not an object", path=path)
    claim, path = claims.get(INTENT_ID), f"{path}.{INTENT_ID}"
    if claim is None:
        return None
    if not isinstance(claim, Mapping):
        raise FieldInvalid("not an object", path=path)
    if not isinstance(claim.get("essential", False), bool):
        raise FieldInvalid("not a boolean", path=f"{path}.essential")
    value = claim.get("value")
    if value is not None and not (isinstance(value, str) and 0 < len(value) <= INTENT_ID_LENGTH_MAX):
        raise FieldInvalid("not an id", path=f"{path}.value")
    if value is None and claim.get("essential", False):
        raise FieldInvalid("essential, and no id", path=f"{path}.value")
    return value

"""The name of an agreement in an authorization request: the claim `toy_agreement` of the id_token."""

from collections.abc import Mapping
from typing import Any

from kernel.banking.consents import Consent, ConsentKind, Permission

AGREEMENT = "toy_agreement"


class Authorization:
    """The authorization face."""

    acr_values: tuple[str, ...] = ()
    claims_supported: tuple[str, ...] = (AGREEMENT,)
    select_verb = "Choose what to lend"

    def consent_id_of(self, parameters: Mapping[str, str], claims: Mapping[str, Any]) -> str | None:
        asked = claims.get("id_token")
        claim = asked.get(AGREEMENT) if isinstance(asked, Mapping) else None
        value = claim.get("value") if isinstance(claim, Mapping) else None
        return value if isinstance(value, str) else None

    def scope_named_by(self, value: str) -> str | None:
        """No scope of this standard names an agreement."""
        return None

    def id_token_claims(self, consent: Consent) -> dict[str, Any]:
        return {AGREEMENT: consent.id}

    def scope_of(self, kind: ConsentKind) -> str:
        return "accounts"

    def clusters(self, permissions: frozenset[Permission]) -> list[tuple[str, list[str]]]:
        return [("Your toys", ["Their names and what you did with them"])]

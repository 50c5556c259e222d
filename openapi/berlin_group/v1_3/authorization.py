"""The name of a consent in an authorization request. NextGenPSD2 XS2A 1.3, "OAuth2 SCA Approach": scope `AIS:<consentId>`."""

from collections.abc import Mapping
from typing import Any

from kernel.banking.consents import READ_ACCOUNTS, READ_TRANSACTIONS, Consent, ConsentKind, Permission
from kernel.errors import FieldInvalid

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
SCOPE_PREFIXES: Mapping[ConsentKind, str] = {
    ConsentKind.ACCOUNTS: "AIS:",
    ConsentKind.PAYMENT: "PIS:",
    ConsentKind.FUNDS: "PIIS:",
}

# (permissions of which any one suffices, sentence)
_SENTENCES: tuple[tuple[frozenset[Permission], str], ...] = (
    (READ_ACCOUNTS, "Account details: number, name and currency"),
    (frozenset({Permission.BALANCES}), "Balances"),
    (READ_TRANSACTIONS, "Transactions"),
    (frozenset({Permission.PARTY, Permission.PARTY_PSU}), "Name of the account owner"),
    (frozenset({Permission.BENEFICIARIES_BASIC, Permission.BENEFICIARIES_DETAIL}), "Trusted beneficiaries"),
)


class Authorization:
    """The authorization face."""

    acr_values: tuple[str, ...] = ()
    claims_supported: tuple[str, ...] = ()
    select_verb = "Choose the accounts to share"

    def consent_id_of(self, parameters: Mapping[str, str], claims: Mapping[str, Any]) -> str | None:
        """From the scope, which may name one consent. Raises FieldInvalid."""
        named = {
            value.removeprefix(prefix)
            for value in parameters.get("scope", "").split(" ")
            for prefix in SCOPE_PREFIXES.values()
            if value.startswith(prefix)
        }
        if len(named) > 1 or "" in named:
            raise FieldInvalid(f"{len(named)} consents are named", path="scope")
        return next(iter(named), None)

    def scope_named_by(self, value: str) -> str | None:
        return next((self.scope_of(kind) for kind, prefix in SCOPE_PREFIXES.items() if value.startswith(prefix)), None)

    def id_token_claims(self, consent: Consent) -> dict[str, Any]:
        """This standard knows no id_token."""
        return {}

    def scope_of(self, kind: str) -> str:
        """The scope of the resources. A request adds the consent's id to its own prefix, which no fixed scope can hold."""
        return SCOPES.get(kind, kind)

    def clusters(self, permissions: frozenset[Permission]) -> list[tuple[str, list[str]]]:
        sentences = [sentence for any_of, sentence in _SENTENCES if permissions & any_of]
        return [("Your account information", sentences)] if sentences else []

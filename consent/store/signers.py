"""The effect of a signature on a consent: authorised, or half signed until the next. The rule of its dialect says whose signature
authorises it (openapi/dialect.py: Rules.authorised_by).

Berlin Group XS2A 1.3, "Consent Status": partiallyAuthorised until all who are mandated have authorised. UK Open Banking R/W 4.0 Payment
Initiation, "Multi-Auth": the first authorises the consent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.store.lifecycle import ConsentEvent
from kernel.banking.consents import Consent, ConsentState
from kernel.banking.signers import Signature, SigningRule, awaited_of, missing_of
from kernel.errors import ConsentNotAuthorised
from openapi.rulebook import rules_of

COLLECTED = frozenset(
    {"last", "alone"}
)  # the consent waits for every signature that it takes: given alone, it takes none of others


@dataclass(frozen=True, slots=True)
class Signed:
    """The effect of a signature: event, changed members of the consent, and the facts for the journal and for subscribers."""

    signature: Signature
    event: ConsentEvent
    changes: Mapping[str, Any]
    details: Mapping[str, str]


def sign(
    consent: Consent, signature: Signature, bank_rules: tuple[SigningRule, ...], now: datetime, *, is_amended: bool = False
) -> Signed:
    """`bank_rules` say who must sign for what is being chosen. Raises ConsentNotAuthorised for other terms of a consent that several
    signed."""
    rules, by = rules_of(consent.lodged_as), authorised_by(consent)
    must = required_of(consent, bank_rules)
    before = tuple(each for each in standing_of(consent) if each.customer_id != signature.customer_id)
    signatures = (*before, signature)
    if is_amended and must:
        raise ConsentNotAuthorised("several signed it: no one amends it alone")
    missing = missing_of(must, signatures)
    details = {"authorisation_id": signature.authorisation_id, "signatures_missing": str(missing)} if must else {}
    changes: dict[str, Any] = {"signing_rules": must, "signatures": signatures}
    if missing and by in COLLECTED:
        return Signed(signature, ConsentEvent.AUTHORISE_PARTIALLY, changes | {"lapses_at": now + rules.half_signed_wait}, details)
    event = ConsentEvent.AMEND if is_amended else ConsentEvent.AUTHORISE
    return Signed(signature, event, changes | {"authorised_at": now}, details)


def required_of(consent: Consent, bank_rules: tuple[SigningRule, ...]) -> tuple[SigningRule, ...]:
    """The rules that a signature now is held to: for what was chosen before, those that its first signer met."""
    if consent.access:
        return consent.signing_rules
    return bank_rules if authorised_by(consent) != "one" else ()


def standing_of(consent: Consent) -> tuple[Signature, ...]:
    """The earlier signatures that still count: none after a PSU stopped the consent, which all must then sign again."""
    return consent.signatures if consent.access and consent.state is not ConsentState.REVOKED_BY_PSU else ()


def authorised_by(consent: Consent) -> str:
    """Where its dialect says nothing of the kind, the last: no one gives what is another's too."""
    return rules_of(consent.lodged_as).authorised_by.get(consent.kind, "last")


def awaits(consent: Consent, customer_id: str, now: datetime) -> bool:
    """True if the consent is half signed and lacks this customer's signature."""
    is_half_signed = consent.effective_state(now) is ConsentState.PARTIALLY_AUTHORISED
    return is_half_signed and customer_id in awaited_of(consent.signing_rules, consent.signatures)


def is_signed_by(consent: Consent, psu_id: str) -> bool:
    """True if the PSU gave the consent, alone or with others. A consent from before signatures were kept was given by its PSU."""
    is_given = consent.psu_id == psu_id and consent.authorised_at is not None
    return is_given or any(signature.psu_id == psu_id for signature in consent.signatures)

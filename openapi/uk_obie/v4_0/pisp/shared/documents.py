"""Documents as they were lodged, and parts of such documents written by us for payments that were asked for in other words."""

from typing import Any

import msgspec
from msgspec import UNSET

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import VrpTerms
from openapi.uk_obie.v4_0.pisp.codes.schemes import SCHEME_NAMES


def raw(document: Any) -> Any:
    """A part of a document as it was lodged, for an answer that repeats it: members that the standard leaves open stay."""
    return msgspec.Raw(msgspec.json.encode(document))


def part_of(data: Any, name: str) -> Any:
    """A member as it was lodged; unset where it was left out."""
    return raw(data[name]) if name in data else UNSET


def remittance_of(terms: PaymentTerms | VrpTerms) -> dict[str, Any]:
    remittance: dict[str, Any] = {}
    if terms.remittance is not None:
        remittance["Unstructured"] = [terms.remittance]
    if terms.reference is not None:
        remittance["Structured"] = [{"CreditorReferenceInformation": {"Reference": terms.reference}}]
    return remittance


def account_of(account: AccountIdentifier) -> dict[str, str]:
    """An account in the words of this standard."""
    named = {"SchemeName": SCHEME_NAMES[account.scheme], "Identification": account.identification}
    return named if account.secondary is None else named | {"SecondaryIdentification": account.secondary}

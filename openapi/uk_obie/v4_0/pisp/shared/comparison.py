"""The comparison of an order with the consent that it is made under. OBIE R/W 4.0, Domestic Payments: "the initiation and risk must match
the consent".
"""

import re
from decimal import Decimal
from typing import Any

import msgspec

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.payments import PaymentTerms
from kernel.errors import ConsentMismatch
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH

_AMOUNT = re.compile(r"\d{1,13}(\.\d{1,5})?", re.ASCII)


def find_difference(agreed: Any, ordered: Any, path: str) -> str | None:
    """The path of the first member in which two documents differ, field by field; None if they do not. The order of members does not
    count, and neither do zeros at the end of an amount."""
    if isinstance(agreed, dict) and isinstance(ordered, dict):
        for name in [*agreed, *(name for name in ordered if name not in agreed)]:
            if name not in agreed or name not in ordered:
                return f"{path}.{name}"
            is_amount = name == "Amount" and isinstance(agreed[name], str) and isinstance(ordered[name], str)
            one, other = (_decimal(agreed[name]), _decimal(ordered[name])) if is_amount else (agreed[name], ordered[name])
            if found := find_difference(one, other, f"{path}.{name}"):
                return found
        return None
    if isinstance(agreed, list) and isinstance(ordered, list) and len(agreed) == len(ordered):
        pairs = enumerate(zip(agreed, ordered, strict=True))
        return next((found for place, (one, other) in pairs if (found := find_difference(one, other, f"{path}[{place}]"))), None)
    return None if type(agreed) is type(ordered) and agreed == ordered else path


def _decimal(text: str) -> Decimal | str:
    """The number, of an amount as the standard writes it; any other text stands for itself alone."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else text


def check_same(document: Any, consent: Consent) -> None:
    """Compare an order with the document of its consent. Raises ConsentMismatch with the path of the first member in which they differ."""
    agreed = msgspec.json.decode(consent.document)
    difference = find_difference(agreed["Data"]["Initiation"], document["Data"]["Initiation"], PATH) or find_difference(
        agreed["Risk"], document["Risk"], "Risk"
    )
    if difference is not None:
        raise ConsentMismatch(path=difference)


def find_difference_in_terms(agreed: PaymentTerms, ordered: PaymentTerms) -> str | None:
    """The path of the first term in which an order differs from a consent that was lodged in other words. What the consent leaves open
    (the two ids, the account that pays) the order may name."""
    named: tuple[tuple[str, Any, Any, bool], ...] = (
        ("InstructedAmount", agreed.amount, ordered.amount, True),
        ("CreditorAccount.Name", agreed.creditor_name, ordered.creditor_name, True),
        ("CreditorAccount", _number(agreed.creditor_account), _number(ordered.creditor_account), True),
        ("CreditorAgent", agreed.creditor_bic, ordered.creditor_bic, True),
        ("RemittanceInformation.Unstructured", agreed.remittance, ordered.remittance, True),
        ("RemittanceInformation.Structured", agreed.reference, ordered.reference, True),
        ("DebtorAccount", _number(agreed.debtor_account), _number(ordered.debtor_account), agreed.debtor_account is not None),
        ("EndToEndIdentification", agreed.end_to_end_id, ordered.end_to_end_id, agreed.end_to_end_id is not None),
    )
    return next((f"{PATH}.{name}" for name, ours, theirs, counts in named if counts and ours != theirs), None)


def _number(account: AccountIdentifier | None) -> tuple[str, str, str | None] | None:
    return None if account is None else (account.scheme, account.identification, account.secondary)

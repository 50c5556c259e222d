"""One payment as its payer agrees to it: how much, to whom, from where if that is fixed, and the text for the payee.

Commission Delegated Regulation (EU) 2018/389 article 5: an authentication for it covers exactly these terms.
"""

import hashlib

import msgspec

from kernel import json
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money

NAME_CHARACTERS_MAX = 70  # of the name of a payer or payee: ISO 20022 Max70Text
REMITTANCE_CHARACTERS_MAX = 140  # of the text for the payee: ISO 20022 Max140Text
END_TO_END_ID_CHARACTERS_MAX = 35  # of the payer's own id of a payment: ISO 20022 Max35Text


class PaymentTerms(msgspec.Struct, frozen=True, kw_only=True, tag="payment"):
    """`amount` is positive. `debtor_account` None: the payer chooses one."""

    amount: Money
    creditor_name: str
    creditor_account: AccountIdentifier
    creditor_bic: str | None = None
    debtor_account: AccountIdentifier | None = None
    remittance: str | None = None
    end_to_end_id: str | None = None


def digest_of(terms: PaymentTerms, consent_id: str, upstream_id: str) -> str:
    """The digest that an authentication for this payment is bound to: every term, the one consent, and the bank's own id of the account that pays."""
    named = msgspec.structs.asdict(terms)  # without its tag: authentications on record were linked to this form
    return hashlib.sha256(json.encode((consent_id, upstream_id, named))).hexdigest()

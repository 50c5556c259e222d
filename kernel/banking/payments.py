"""One payment as its payer agrees to it: how much, to whom, from where if that is fixed, and the text for the payee.

Commission Delegated Regulation (EU) 2018/389 article 5: an authentication for it covers exactly these terms.
"""

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec

from kernel import json
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money

NAME_CHARACTERS_MAX = 350  # of the name of a payee: UK Open Banking R/W 4.0, CreditorAccount.Name
REMITTANCE_CHARACTERS_MAX = 140  # of the text for the payee: ISO 20022 Max140Text
REFERENCE_CHARACTERS_MAX = 35  # of the payee's own reference: ISO 20022 Max35Text
END_TO_END_ID_CHARACTERS_MAX = 35  # of the payer's own id of a payment: ISO 20022 Max35Text
_LATER = frozenset(
    {"cut_off", "instruction_id", "instrument", "reference", "returns_to_payer", "signed_by_one"}
)  # members that the first authentications did not know


class Instrument(StrEnum):
    """The scheme that a payment is instructed to go by. UK Open Banking OBInternalLocalInstrument1Code."""

    FASTER_PAYMENTS = "faster_payments"
    BACS = "bacs"
    SEPA_CREDIT_TRANSFER = "sepa_credit_transfer"
    SEPA_INSTANT = "sepa_instant"
    SWIFT = "swift"


class PaymentTerms(msgspec.Struct, frozen=True, kw_only=True, tag="payment"):
    """`amount` is positive. `debtor_account` None: the payer chooses one. `returns_to_payer`: the TPP wants the number of the account that
    pays, for refunds. `signed_by_one`: the TPP takes no account that several customers must sign for."""

    amount: Money
    creditor_name: str
    creditor_account: AccountIdentifier
    creditor_bic: str | None = None
    debtor_account: AccountIdentifier | None = None
    remittance: str | None = None
    end_to_end_id: str | None = None
    instruction_id: str | None = None  # the TPP's own, for the bank alone
    reference: str | None = None  # the payee's own, by which they know the payment
    returns_to_payer: bool = False
    signed_by_one: bool = False
    instrument: Instrument | None = None  # None: the bank chooses
    cut_off: datetime | None = None  # of the bank, for the day on which it would be made: as its TPP was promised


def digest_of(terms: PaymentTerms, consent_id: str, upstream_id: str, plan: tuple[str, ...] = ()) -> str:
    """The digest that an authentication for this payment is bound to: every term, the one consent, the bank's own id of the account that
    pays, and what else was shown, such as when it is made if that is not at once, or at which rate."""
    named = {  # without its tag and without what is not said: authentications on record were linked to this form
        name: value for name, value in msgspec.structs.asdict(terms).items() if name not in _LATER or value
    }
    return hashlib.sha256(json.encode((consent_id, upstream_id, named, *((plan,) if plan else ())))).hexdigest()

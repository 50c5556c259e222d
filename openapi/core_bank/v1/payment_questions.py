"""The questions to a core bank about payments: bodies of JSON, because they have account numbers and names.

Every one about an order is keyed by the id of that order, and safe to repeat.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from kernel import json
from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, QuoteRequest
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from kernel.banking.payments import (
    END_TO_END_ID_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
    REMITTANCE_CHARACTERS_MAX,
    Instrument,
)
from kernel.errors import Problem, RequestMalformed
from openapi.core_bank.v1.payment_answers import ReasonCode
from openapi.core_bank.v1.questions import Id, Question
from openapi.core_bank.v1.soundness import check_sound

PAYEE_CHARACTERS_MAX = 350  # of a payee's name as a core bank is given it: the longest of any standard

Uetr = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        description="The unique end-to-end transaction reference of ISO 20022.",
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=PAYEE_CHARACTERS_MAX)]


class OfTransfer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One payment. `payer_account` is the bank's own id of the account that pays. The amount is what leaves that account, and positive. A
    repeat asks for the same. `instrument`: the scheme that it is to go by; absent: the bank chooses. `cross_border`: of a payment in another currency, at the bank's own quote, which says what the payee is paid
    and what the payer is charged."""

    order_id: Id
    uetr: Uetr
    payer_account: Id
    amount: Money
    creditor_name: Name
    creditor_account: AccountIdentifier
    creditor_bic: Annotated[str, Meta(pattern="^[A-Z0-9]{8}([A-Z0-9]{3})?$")] | None = None
    remittance: Annotated[str, Meta(max_length=REMITTANCE_CHARACTERS_MAX)] | None = None
    reference: Annotated[str, Meta(max_length=REFERENCE_CHARACTERS_MAX)] | None = None
    end_to_end_id: Annotated[str, Meta(max_length=END_TO_END_ID_CHARACTERS_MAX)] | None = None
    instrument: Instrument | None = None
    cross_border: CrossBorder | None = None

    def __post_init__(self) -> None:
        check_positive(self.amount)
        if self.cross_border is not None and (self.cross_border.quote is None or self.cross_border.quote.debit != self.amount):
            raise ValueError("a payment in another currency has a quote, which debits its amount")

    @property
    def transfer(self) -> CreditTransfer:
        return CreditTransfer(**msgspec.structs.asdict(self))


class OfOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order_id: Id


class ResolvedStatus(StrEnum):
    """ISO 20022 ExternalPaymentTransactionStatus1Code: paid, or refused."""

    SETTLED = "ACSC"
    REJECTED = "RJCT"


class OfResolution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`evidence_sha256`: of what the people saw who named the end; Portcullis keeps it."""

    order_id: Id
    status: ResolvedStatus
    evidence_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    reason: ReasonCode | None = None


class OfFunds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account_id: Id
    amount: Money

    def __post_init__(self) -> None:
        check_positive(self.amount)


class OfQuote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rate for a payment in another currency. `amount` is in `currency`, in which the payee is paid, or in the bank's own. `rate.type`:
    `actual` is the bank's; `agreed` has the rate and the id of a contract, whose customer must be the payer when it is reserved; `indicative` is an estimate. `is_binding`: the bank stands by it until
    `expires_at`. `until`: the payment is made on a later day, which ends then; a quote that binds the bank lasts until then, or is refused."""

    amount: Money
    currency: str
    bearer: ChargeBearer
    rate: AskedRate
    is_binding: bool = False
    until: datetime | None = None

    def __post_init__(self) -> None:
        check_positive(self.amount)

    @property
    def asked(self) -> QuoteRequest:
        return QuoteRequest(**{name: getattr(self, name) for name in self.__struct_fields__})


class OfPayee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    creditor_account: AccountIdentifier
    name: Name


def check_positive(amount: Money) -> None:
    """Raises ValueError."""
    if amount.minor <= 0 or not amount.is_sayable():
        raise ValueError("an amount is positive, and has thirteen digits before its point at most")


def of_transfer(transfer: CreditTransfer) -> OfTransfer:
    """Which rail it goes by is the bank's to choose."""
    return OfTransfer(**{name: getattr(transfer, name) for name in OfTransfer.__struct_fields__})


def of_quote(asked: QuoteRequest) -> OfQuote:
    return OfQuote(**{name: getattr(asked, name) for name in asked.__struct_fields__})


def parse_body(body: bytes, into: type[Question]) -> Question:
    """Raises RequestMalformed."""
    try:
        question = json.decode(body, into)
        check_sound(question, into)
    except Problem as problem:
        raise RequestMalformed(f"not a question of {into.__name__}: {problem.code} at {problem.path}") from None
    return question

"""The questions to a core bank about payments: bodies of JSON, because they have account numbers and names.

Every one about an order is keyed by the id of that order, and safe to repeat.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from kernel import json
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from kernel.banking.payments import END_TO_END_ID_CHARACTERS_MAX, REMITTANCE_CHARACTERS_MAX
from kernel.errors import Problem, RequestMalformed
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
    """One payment. `payer_account` is the bank's own id of the account that pays. The amount is positive. A repeat asks for the
    same."""

    order_id: Id
    uetr: Uetr
    payer_account: Id
    amount: Money
    creditor_name: Name
    creditor_account: AccountIdentifier
    creditor_bic: Annotated[str, Meta(pattern="^[A-Z0-9]{8}([A-Z0-9]{3})?$")] | None = None
    remittance: Annotated[str, Meta(max_length=REMITTANCE_CHARACTERS_MAX)] | None = None
    end_to_end_id: Annotated[str, Meta(max_length=END_TO_END_ID_CHARACTERS_MAX)] | None = None

    def __post_init__(self) -> None:
        check_positive(self.amount)

    @property
    def transfer(self) -> CreditTransfer:
        return CreditTransfer(**msgspec.structs.asdict(self))


class OfOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    order_id: Id


class OfFunds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account_id: Id
    amount: Money

    def __post_init__(self) -> None:
        check_positive(self.amount)


class OfPayee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    creditor_account: AccountIdentifier
    name: Name


def check_positive(amount: Money) -> None:
    """Raises ValueError."""
    if amount.minor <= 0 or not amount.is_sayable():
        raise ValueError("an amount is positive, and has thirteen digits before its point at most")


def of_transfer(transfer: CreditTransfer) -> OfTransfer:
    return OfTransfer(**msgspec.structs.asdict(transfer))


def parse_body(body: bytes, into: type[Question]) -> Question:
    """Raises RequestMalformed."""
    try:
        question = json.decode(body, into)
        check_sound(question, into)
    except Problem as problem:
        raise RequestMalformed(f"not a question of {into.__name__}: {problem.code} at {problem.path}") from None
    return question

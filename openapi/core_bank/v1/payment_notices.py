"""A core bank's own word on a payment, sent to Portcullis: a late answer, or an end that no one had asked for yet.

It travels the other way than every question of the contract, and is safe to repeat: it is kept once by its `message_id`.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus
from openapi.core_bank.v1.payment_answers import ReasonCode
from openapi.core_bank.v1.payment_questions import Uetr, check_positive
from openapi.core_bank.v1.questions import Id

NOTICE_PATH: Final = "/payment-notices"  # below /core-bank/v1/brands/{brand}, on the operations listener of Portcullis

MessageId = Annotated[str, Meta(pattern="^[!-~]{1,100}$", description="The bank's own, the same in each repeat.")]


class PaymentNotice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The progress of an order, as in the answer to `payment-status`. Order, `uetr` and amount are those of the submission."""

    message_id: MessageId
    order_id: Id
    uetr: Uetr
    amount: Money
    status: RailStatus
    at: datetime
    reason: ReasonCode | None = None

    def __post_init__(self) -> None:
        check_positive(self.amount)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """The notice is kept: it need not be sent again. `effect` is what it did, in one word: the event that it made, `none`, `repeated`,
    `unmatched` (no such order), or `mismatched` (another order or amount). A notice that contradicts an end makes a `note`."""

    message_id: str
    effect: str

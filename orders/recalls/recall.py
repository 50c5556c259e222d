"""Recalls: one bank asks another to send a payment back. A durable machine in both directions, whose events are append-only.

A recall that we ask for ends with the payment's return, with the other bank's refusal, or when people give it up. One that we receive is a
case for people: they refuse it, or agree with their ground for it, and then the payment is sent back.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from kernel.banking.money import Money
from kernel.errors import FieldInvalid


class Direction(StrEnum):
    SENT = "sent"  # we ask for a payment that a customer of ours made
    RECEIVED = "received"  # we are asked for one that a customer of ours received


class RecallReason(StrEnum):
    """ISO 20022 ExternalCancellationReason1Code, those that a bank gives here."""

    DUPLICATE = "DUPL"
    TECHNICAL = "TECH"
    FRAUD = "FRAD"
    CUSTOMER = "CUST"


class Refusal(StrEnum):
    """ISO 20022 ExternalPaymentCancellationRejection1Code, those that a payee's bank gives here."""

    CUSTOMER = "CUST"  # the payee does not agree
    LEGAL = "LEGL"
    NO_ANSWER = "NOAS"  # of the payee
    ACCOUNT_CLOSED = "AC04"
    FUNDS = "AM04"
    RETURNED_ALREADY = "ARDT"
    NOT_RECEIVED = "NOOR"


class RecallState(StrEnum):
    ASKED = "asked"  # the other bank has not answered
    ARRIVED = "arrived"  # a case for people
    AGREED = "agreed"  # its entry is not known to be booked
    RETURNED = "returned"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


class RecallEvent(StrEnum):
    ASK = "asked"
    ARRIVE = "arrived"
    PROPOSE = "proposed"  # one operator would agree: another must approve
    AGREE = "agreed"
    FAIL = "not_booked"  # the account cannot pay it back: people decide again
    RETURN = "returned"
    REFUSE = "refused"
    GIVE_UP = "given_up"


MACHINE: Mapping[tuple[RecallState | None, RecallEvent], RecallState] = MappingProxyType(
    {
        (None, RecallEvent.ASK): RecallState.ASKED,
        (None, RecallEvent.ARRIVE): RecallState.ARRIVED,
        (RecallState.ASKED, RecallEvent.RETURN): RecallState.RETURNED,
        (RecallState.ASKED, RecallEvent.REFUSE): RecallState.REFUSED,
        (RecallState.ASKED, RecallEvent.GIVE_UP): RecallState.GIVEN_UP,
        (RecallState.ARRIVED, RecallEvent.PROPOSE): RecallState.ARRIVED,
        (RecallState.ARRIVED, RecallEvent.AGREE): RecallState.AGREED,
        (RecallState.ARRIVED, RecallEvent.RETURN): RecallState.RETURNED,  # one server found no funds, another booked the entry
        (RecallState.ARRIVED, RecallEvent.REFUSE): RecallState.REFUSED,
        (RecallState.AGREED, RecallEvent.RETURN): RecallState.RETURNED,
        (RecallState.AGREED, RecallEvent.FAIL): RecallState.ARRIVED,
    }
)
ENDED_RECALLS = frozenset({RecallState.RETURNED, RecallState.REFUSED, RecallState.GIVEN_UP})
OPEN_RECALLS = frozenset(RecallState) - ENDED_RECALLS  # each has a gauge of its age


class RecallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question of one bank to another. `case` is the asking bank's name of it; `asked_by` and `asked_of` identify the banks, by a BIC or
    a number of their clearing system; `payee` is the account that was paid, as far as it is named."""

    case: str
    uetr: str
    amount: Money
    reason: str
    asked_by: str
    asked_of: str
    end_to_end: str | None = None
    payee: str | None = None


class RecallRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The payee's bank does not send it back."""

    case: str
    uetr: str | None
    reason: str | None


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement that one operator proposes: `key` is the thumbprint of theirs. It is `version` of its recall, and void once there is another."""

    version: int
    entry: str
    ground: str
    payee_agreed: bool
    by: str
    key: str


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """`order_id` of the payment that a customer of ours made. `answer_by` is the last day for an answer by the scheme's rules. `ground` is what
    people decided on, in their words, `entry` the entry by which the payee received the payment, `returned_by` the entry that sent it
    back, `refusal` the code of a refusal, `proposal` the last that an operator made, `approved_by` the operator who approved it."""

    id: str
    direction: Direction
    rail: str
    state: RecallState
    version: int
    request: RecallRequest
    opened_at: datetime
    since: datetime
    answer_by: date
    order_id: str | None = None
    ground: str = ""
    entry: str | None = None
    returned_by: str | None = None
    refusal: str | None = None
    proposal: Proposal | None = None
    approved_by: str = ""

    @property
    def open_proposal(self) -> Proposal | None:
        """The one that may be approved."""
        return self.proposal if self.proposal is not None and self.proposal.version == self.version else None


def follow(recall: Recall, event: RecallEvent, at: datetime, **facts: object) -> Recall:
    """The recall after an event. Raises FieldInvalid for one that its state does not allow."""
    state = MACHINE.get((recall.state, event))
    if state is None:
        raise FieldInvalid("recall", public=f"This recall is {recall.state}.", path="recall")
    since = recall.since if state is recall.state else at
    return msgspec.structs.replace(recall, state=state, version=recall.version + 1, since=since, **facts)

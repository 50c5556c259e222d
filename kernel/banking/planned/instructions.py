"""An instruction to make several payments: a durable thing of its own, which owns executions, each of which is one payment order.

It has the document that was lodged, and the signatures of those who must agree: an execution takes none of its own.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.planned import InternationalStandingOrderTerms
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountReference, ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import PaymentOrder, Reason
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.banking.signers import Signature, SigningRule, awaited_of, missing_of

InstructionTerms = (
    StandingOrderTerms | InternationalStandingOrderTerms | FileTerms
)  # a tagged union; each member has `debit`, `cross_border`, `plan` and `executions_after`
# Of consents under which instructions are placed.
INSTRUCTED_KINDS = frozenset({ConsentKind.STANDING_ORDER, ConsentKind.INTERNATIONAL_STANDING_ORDER, ConsentKind.FILE})


class InstructionState(StrEnum):
    AWAITING_AUTHORISATION = "awaiting_authorisation"  # others must sign too
    ACTIVE = "active"  # it makes its payments, each on its day
    COMPLETED = "completed"  # the last payment is ordered
    REJECTED = "rejected"
    CANCELLED = "cancelled"


LIVE_INSTRUCTIONS = frozenset({InstructionState.AWAITING_AUTHORISATION, InstructionState.ACTIVE})  # each has a gauge of its age


class InstructionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for it under a consent, decoded by a dialect. `document` is what was lodged, opaque to all but the dialect `lodged_as`."""

    consent_id: str
    kind: str
    terms: InstructionTerms
    lodged_as: str
    document: bytes = b""
    refund_account: AccountIdentifier | None = None


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One version of it. Times are business time; `made`: how many executions there are; `turns_at`: when the next one falls due, or the
    signatures must all be there; None: never again."""

    id: str
    brand: str
    version: int
    state: InstructionState
    kind: str
    reason: Reason | None = None  # why it was rejected or cancelled
    consent_id: str
    client_id: str
    organisation_id: str
    psu_id: str | None
    terms: InstructionTerms
    payer: AccountReference
    created_at: datetime
    updated_at: datetime
    made: int = 0
    refused: int | None = None  # executions that were refused, where they were counted
    turns_at: datetime | None = None
    refund_account: AccountIdentifier | None = None
    signing_rules: tuple[SigningRule, ...] = ()  # who must sign; none: its PSU alone
    signatures: tuple[Signature, ...] = ()  # the first is of who gave the consent
    lodged_as: str
    document: bytes = b""

    @property
    def signatures_missing(self) -> int:
        """At least so many must still sign."""
        return missing_of(self.signing_rules, self.signatures)

    @property
    def awaited_customers(self) -> tuple[str, ...]:
        """The customers whose signature is waited for, while any is."""
        is_waiting = self.state is InstructionState.AWAITING_AUTHORISATION
        return awaited_of(self.signing_rules, self.signatures) if is_waiting else ()

    @property
    def debit(self) -> Money:
        """The amount that the account pays first."""
        return self.terms.debit

    @property
    def cross_border(self) -> CrossBorder | None:
        """None: it pays within the country."""
        return self.terms.cross_border

    def is_signed_by(self, customer_id: str) -> bool:
        return any(signature.customer_id == customer_id for signature in self.signatures)

    def may_be_cancelled(self, _now: datetime) -> bool:
        """At any time: the payments that it has ordered go their own way."""
        return self.state in LIVE_INSTRUCTIONS


class InstructionDetails(msgspec.Struct, frozen=True):
    """With its executions, the first first."""

    instruction: Instruction
    executions: tuple[PaymentOrder, ...]


Placed = PaymentOrder | Instruction

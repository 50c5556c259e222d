"""Payment orders: what a bank still owes for a payment that it took, what the rail says of it, and what a bank's core is given to carry out.

The state of an order is ours. The status that a rail or a core reports is a separate fact, in the words of ISO 20022
(ExternalPaymentTransactionStatus1Code); so are its reasons (ExternalStatusReason1Code). A status never goes back: see `follows`.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import Quote
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountReference, ConsentKind
from kernel.banking.money import Money
from kernel.banking.payments import Instrument, PaymentTerms
from kernel.banking.signers import Signature, SigningRule, awaited_of, missing_of
from kernel.banking.terms import VrpUse


class OrderState(StrEnum):
    RECEIVED = "received"  # nothing is reserved yet
    AWAITING_AUTHORISATION = "awaiting_authorisation"  # others must sign too
    SCHEDULED = "scheduled"  # for a later moment
    ACCEPTED = "accepted"  # the amount is reserved
    HELD_FOR_REVIEW = "held_for_review"  # reserved, and a person must decide
    SUBMITTED = "submitted"  # handed on, or about to be: it cannot be taken back
    UNKNOWN = "unknown"  # handed on perhaps: no one has answered
    SETTLED = "settled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


TERMINAL_STATES = frozenset({OrderState.SETTLED, OrderState.REJECTED, OrderState.CANCELLED})
REFUSED_STATES = frozenset({OrderState.REJECTED, OrderState.CANCELLED})  # nothing is paid
WAITING_STATES = frozenset({OrderState.SCHEDULED, OrderState.AWAITING_AUTHORISATION})  # nothing is reserved, nor asked for
OPEN_STATES = frozenset(OrderState) - TERMINAL_STATES  # each has a gauge of its age


class RailStatus(StrEnum):
    """ISO 20022 ExternalPaymentTransactionStatus1Code."""

    RECEIVED = "RCVD"
    PENDING = "PDNG"
    TECHNICALLY_VALID = "ACTC"
    PARTIALLY_SIGNED = "PATC"
    CUSTOMER_KNOWN = "ACCP"
    FUNDS_CHECKED = "ACFC"
    CHANGED = "ACWC"
    IN_PROCESS = "ACSP"
    SETTLED = "ACSC"  # the payer's account is debited
    NOT_POSTED = "ACWP"  # the payee's bank has it, and has not booked it yet
    CREDITED = "ACCC"  # the payee's account is credited
    REJECTED = "RJCT"
    BLOCKED = "BLCK"
    CANCELLED = "CANC"


_UPWARD = (  # by rank: a later one follows each earlier one
    RailStatus.RECEIVED,
    RailStatus.PENDING,
    RailStatus.PARTIALLY_SIGNED,
    RailStatus.TECHNICALLY_VALID,
    RailStatus.CUSTOMER_KNOWN,
    RailStatus.FUNDS_CHECKED,
    RailStatus.CHANGED,
    RailStatus.IN_PROCESS,
    RailStatus.SETTLED,
    RailStatus.NOT_POSTED,
    RailStatus.CREDITED,
)
PAID_STATUSES = frozenset({RailStatus.SETTLED, RailStatus.NOT_POSTED, RailStatus.CREDITED})
REFUSED_STATUSES = frozenset({RailStatus.REJECTED, RailStatus.BLOCKED, RailStatus.CANCELLED})


def follows(before: RailStatus, after: RailStatus) -> bool:
    """True if a report of `after` moves a payment of status `before` on. A paid one is never refused, nor a refused one anything else:
    money that comes back is a payment of its own."""
    if before in REFUSED_STATUSES:
        return False
    if after in REFUSED_STATUSES:
        return before not in PAID_STATUSES
    return _UPWARD.index(after) > _UPWARD.index(before)


def contradicts(before: RailStatus, after: RailStatus) -> bool:
    """True if both cannot be so: paid and refused."""
    ends = (PAID_STATUSES, REFUSED_STATUSES)
    return any(before in one and after in other for one, other in (ends, ends[::-1]))


class Reason(StrEnum):
    """Why a payment was refused, with the code of ISO 20022 ExternalStatusReason1Code."""

    ACCOUNT_NUMBER_WRONG = "AC01"
    DEBTOR_ACCOUNT_WRONG = "AC02"
    CREDITOR_ACCOUNT_WRONG = "AC03"
    ACCOUNT_CLOSED = "AC04"
    ACCOUNT_BLOCKED = "AC06"
    CREDITOR_ACCOUNT_CLOSED = "AC07"
    FORBIDDEN = "AG01"
    UNSUPPORTED = "AG03"
    AGENT_SUSPENDED = "AG10"
    CREDITOR_AGENT_SUSPENDED = "AG11"
    ZERO_AMOUNT = "AM01"
    AMOUNT_NOT_ALLOWED = "AM02"
    CURRENCY_NOT_ALLOWED = "AM03"
    FUNDS_INSUFFICIENT = "AM04"
    DUPLICATE = "AM05"
    AMOUNT_ABOVE_CLEARING_LIMIT = "AM13"
    AMOUNT_ABOVE_AGREED_LIMIT = "AM14"
    AMOUNT_ABOVE_SETTLEMENT_LIMIT = "AM23"
    CREDITOR_AGENT_TIMED_OUT = "AB05"
    INSTRUCTED_AGENT_TIMED_OUT = "AB06"
    AGENT_OFFLINE = "AB07"
    CREDITOR_AGENT_OFFLINE = "AB08"
    CREDITOR_AGENT_FAILED = "AB09"
    INSTRUCTED_AGENT_FAILED = "AB10"
    CREDITOR_ADDRESS_MISSING = "BE04"
    CREDITOR_AGENT_NOT_REGISTERED = "CNOR"
    DEBTOR_AGENT_NOT_REGISTERED = "DNOR"
    SIGNER_REFUSED = "DS02"
    SIGNATURES_LATE = "DS24"
    DATE_INVALID = "DT01"
    DATE_TOO_LATE = "DT04"
    DUPLICATE_PAYMENT = "DUPL"
    FRAUD_SUSPECTED = "FR01"
    FRAUD = "FRAD"
    UNSPECIFIED_BY_CUSTOMER = "MS02"
    UNSPECIFIED_BY_AGENT = "MS03"
    BANK_IDENTIFIER_WRONG = "RC01"
    REGULATORY = "RR04"
    AFTER_CUT_OFF = "TM01"


class CreditTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """One payment as a bank's core or a rail is asked to carry it out. `payer_account` is the bank's own id of the account that pays;
    `order_id` and `uetr` stay the same however often it is asked. `amount` is what leaves that account: of a payment abroad what its
    quote debits, charges included."""

    order_id: str
    uetr: str
    payer_account: str
    amount: Money
    creditor_name: str
    creditor_account: AccountIdentifier
    creditor_bic: str | None = None
    remittance: str | None = None
    reference: str | None = None
    end_to_end_id: str | None = None
    instrument: Instrument | None = None
    cross_border: CrossBorder | None = None
    rail: str = ""  # the bank's choice, once it is made

    @property
    def sent(self) -> Money:
        """The amount that the payee is paid."""
        quote = None if self.cross_border is None else self.cross_border.quote
        return self.amount if quote is None else quote.bought


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a payment under a consent, decoded by a dialect. `document` is what was lodged, opaque to all but the dialect
    `lodged_as`. `execute_at`, in business time: not before then, such as the next day after a cut-off. The bank takes
    none before `opens_at`. `kind`: of the consent that the caller's operation is about."""

    consent_id: str
    kind: str = ConsentKind.PAYMENT
    terms: PaymentTerms
    lodged_as: str
    document: bytes = b""
    opens_at: datetime | None = None
    execute_at: datetime | None = None
    settles_at: datetime | None = None  # when it is expected to be settled, as its payer and TPP were promised
    refund_account: AccountIdentifier | None = None  # where the payee may send the money back to, if the TPP asked
    use: VrpUse | None = None  # of a consent to many payments: the one as its TPP declares it
    cross_border: CrossBorder | None = None
    quote: Quote | None = None  # of the moment of the order, where the consent has an indicative rate


class PaymentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a payment order. Its PSU agreed to `terms`; `payer` is the account that pays, as the TPP and as the bank know it.
    Times are business time."""

    id: str
    brand: str
    version: int
    state: OrderState
    rail_status: RailStatus
    reason: Reason | None = None  # why it was rejected or cancelled, as far as it is known
    instruction_id: str
    execution: int  # of its instruction, from 1
    kind: str = ConsentKind.PAYMENT  # of its consent
    consent_id: str
    client_id: str
    organisation_id: str
    psu_id: str | None
    terms: PaymentTerms
    cross_border: CrossBorder | None = None  # of a payment abroad, with the quote that it is made at
    payer: AccountReference
    uetr: str
    rail: str = ""  # on which it goes, once its amount is reserved and where the bank says so
    created_at: datetime
    updated_at: datetime  # of the last change of state or status
    execute_at: datetime | None = None
    settles_at: datetime | None = None
    settled_at: datetime | None = None  # as far as is known, by the clock of whom carried it out
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
        return awaited_of(self.signing_rules, self.signatures) if self.state is OrderState.AWAITING_AUTHORISATION else ()

    def is_signed_by(self, customer_id: str) -> bool:
        return any(signature.customer_id == customer_id for signature in self.signatures)

    def may_be_cancelled(self, now: datetime) -> bool:
        """True of one for a later day until that day begins (business time): nothing is reserved for it yet."""
        return self.state in WAITING_STATES and self.execute_at is not None and now < self.execute_at

    @property
    def debit(self) -> Money:
        """The amount that leaves the payer's account."""
        quote = None if self.cross_border is None else self.cross_border.quote
        return self.terms.amount if quote is None else quote.debit

    @property
    def is_unpriced(self) -> bool:
        """True of a payment abroad until a rate binds the bank: the rate of its day, where its payer agreed to an estimate."""
        return self.cross_border is not None and self.cross_border.expires_at is None

    @property
    def transfer(self) -> CreditTransfer:
        terms = self.terms
        return CreditTransfer(
            order_id=self.id,
            uetr=self.uetr,
            payer_account=self.payer.upstream_id,
            amount=self.debit,
            creditor_name=terms.creditor_name,
            creditor_account=terms.creditor_account,
            creditor_bic=terms.creditor_bic,
            remittance=terms.remittance,
            reference=terms.reference,
            end_to_end_id=terms.end_to_end_id,
            instrument=terms.instrument,
            cross_border=self.cross_border,
            rail=self.rail,
        )

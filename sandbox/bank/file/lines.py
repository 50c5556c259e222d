"""The bank as a file: what its lines are. One JSON object a line, the head of the bank first, then its entries in the order in which
they were booked, then what is pending. docs/sandbox-data.md describes it.
"""

from datetime import datetime

import msgspec

from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountRole, Holding, Party
from kernel.banking.records.products import Product
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import Statement
from plugins.ledger.accounts.openings import AccountOpening, StatusChange
from plugins.ledger.postings.entries import LedgerEntry, PendingPayment
from plugins.ledger.records.records import AnyRecord
from sandbox.bank.stories.tale import Login

FORMAT = 1
IMPORTED = "import:"  # and a digest of the file: how the bank remembers where it came from


class BankLine(msgspec.Struct, frozen=True, tag="bank", forbid_unknown_fields=True):
    """The first line. `anchor`: the midnight before which all data lies."""

    format: int
    seed: str
    anchor: datetime


class ProductLine(msgspec.Struct, frozen=True, tag="product", forbid_unknown_fields=True):
    record: Product


class CustomerLine(msgspec.Struct, frozen=True, tag="customer", forbid_unknown_fields=True):
    record: Login


class PartyLine(msgspec.Struct, frozen=True, tag="party", forbid_unknown_fields=True):
    record: Party
    customer_id: str | None = None


class PartyOfAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    party_id: str
    holding: Holding
    role: AccountRole


class AccountLine(msgspec.Struct, frozen=True, tag="account", forbid_unknown_fields=True):
    """`changed`: what became of the account after its last entry."""

    record: AccountOpening
    parties: tuple[PartyOfAccount, ...] = ()
    changed: StatusChange | None = None


class BeneficiaryLine(msgspec.Struct, frozen=True, tag="beneficiary", forbid_unknown_fields=True):
    record: Beneficiary


class DirectDebitLine(msgspec.Struct, frozen=True, tag="direct_debit", forbid_unknown_fields=True):
    record: DirectDebit


class StandingOrderLine(msgspec.Struct, frozen=True, tag="standing_order", forbid_unknown_fields=True):
    record: StandingOrder


class ScheduledPaymentLine(msgspec.Struct, frozen=True, tag="scheduled_payment", forbid_unknown_fields=True):
    record: ScheduledPayment


class StatementLine(msgspec.Struct, frozen=True, tag="statement", forbid_unknown_fields=True):
    record: Statement


class OfferLine(msgspec.Struct, frozen=True, tag="offer", forbid_unknown_fields=True):
    record: Offer


class EntryLine(msgspec.Struct, frozen=True, tag="entry", forbid_unknown_fields=True):
    record: LedgerEntry


class PendingLine(msgspec.Struct, frozen=True, tag="pending", forbid_unknown_fields=True):
    record: PendingPayment


RecordLine = BeneficiaryLine | DirectDebitLine | StandingOrderLine | ScheduledPaymentLine | StatementLine
Line = BankLine | ProductLine | CustomerLine | PartyLine | AccountLine | RecordLine | OfferLine | EntryLine | PendingLine


def line_of(record: AnyRecord) -> RecordLine:
    match record:
        case Beneficiary():
            return BeneficiaryLine(record)
        case DirectDebit():
            return DirectDebitLine(record)
        case StandingOrder():
            return StandingOrderLine(record)
        case ScheduledPayment():
            return ScheduledPaymentLine(record)
        case Statement():
            return StatementLine(record)

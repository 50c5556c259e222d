"""Direct debits: mandates under which others collect from an account."""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.money import Money
from kernel.banking.records.mandates import Frequency, MandateStatus


class Collection(StrEnum):
    """The rule for the amount that is collected. ISO 20022 MandateClassification1Code, by name."""

    FIXED = "fixed"  # FIXE
    VARIABLE = "variable"  # VARI
    USAGE_BASED = "usage_based"  # USGB


class DirectDebit(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts are what was collected: never negative, in the account's currency."""

    id: str
    account_id: str
    created_at: datetime
    status: MandateStatus
    creditor_name: str  # who collects, as the customer knows them
    mandate_reference: str | None = None
    collection: Collection | None = None
    frequency: Frequency = Frequency.UNKNOWN
    first_at: datetime | None = None
    next_at: datetime | None = None
    final_at: datetime | None = None
    previous_at: datetime | None = None
    previous_amount: Money | None = None
    reason: str | None = None  # what it is for

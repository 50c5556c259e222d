"""An account's product: its name, its charges and its rates. Rates are per cent a year."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from kernel.banking.money import Money


class ProductKind(StrEnum):
    PERSONAL_CURRENT = "personal_current"
    BUSINESS_CURRENT = "business_current"
    SAVINGS = "savings"
    PERSONAL_CARD = "personal_card"
    BUSINESS_CARD = "business_card"
    PERSONAL_LOAN = "personal_loan"
    BUSINESS_LOAN = "business_loan"
    OTHER = "other"


class InterestPeriod(StrEnum):
    """The interval at which interest is credited."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    STATEMENT = "statement"  # with each statement


class InterestTier(msgspec.Struct, frozen=True, kw_only=True):
    """Interest earned on balances from `minimum` up to `maximum` (None: without end)."""

    minimum: Money
    maximum: Money | None = None
    annual_rate: Decimal  # annual equivalent rate
    gross_rate: Decimal | None = None
    fixed: bool = False
    paid: InterestPeriod = InterestPeriod.MONTHLY


class OverdraftTier(msgspec.Struct, frozen=True, kw_only=True):
    """Interest charged on an overdraft from `minimum` up to `maximum` (None: without end)."""

    minimum: Money
    maximum: Money | None = None
    annual_rate: Decimal | None = None  # equivalent annual rate
    arranged: bool = True


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """The product of one account. `id` names the product, not the account: many accounts share it."""

    id: str
    account_id: str
    kind: ProductKind
    name: str
    description: str | None = None
    marketing_id: str | None = None  # the version of its published terms
    monthly_maximum_charge: Money | None = None  # for an unarranged overdraft
    credit_interest: tuple[InterestTier, ...] = ()  # by rising minimum
    overdraft: tuple[OverdraftTier, ...] = ()  # by rising minimum
    notes: tuple[str, ...] = ()

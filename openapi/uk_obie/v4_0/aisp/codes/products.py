"""The codes of products and offers, one table per canonical enum. OBIE R/W 4.0 Products and Offers.

Current accounts are described in words, all other products in codes: a `Vocabulary` each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.banking.records.offers import OfferKind
from kernel.banking.records.products import InterestPeriod, ProductKind
from openapi.uk_obie.v4_0.aisp.wire.products import OfferCode, ProductCode

PRODUCT_KINDS: dict[ProductKind, ProductCode] = {
    ProductKind.PERSONAL_CURRENT: "PersonalCurrentAccount",
    ProductKind.BUSINESS_CURRENT: "BusinessCurrentAccount",
    ProductKind.BUSINESS_CARD: "CommercialCreditCard",
    ProductKind.BUSINESS_LOAN: "SMELoan",
    ProductKind.SAVINGS: "Other",
    ProductKind.PERSONAL_CARD: "Other",
    ProductKind.PERSONAL_LOAN: "Other",
    ProductKind.OTHER: "Other",
}

# What another product is called where it has no description of its own.
OTHER_PRODUCTS: dict[ProductKind, str] = {
    ProductKind.SAVINGS: "Savings account",
    ProductKind.PERSONAL_CARD: "Credit card",
    ProductKind.PERSONAL_LOAN: "Loan",
    ProductKind.OTHER: "Account",
}

OFFER_KINDS: dict[OfferKind, OfferCode] = {
    OfferKind.BALANCE_TRANSFER: "BalanceTransfer",
    OfferKind.MONEY_TRANSFER: "MoneyTransfer",
    OfferKind.LIMIT_INCREASE: "LimitIncrease",
    OfferKind.PROMOTIONAL_RATE: "PromotionalRate",
    OfferKind.OTHER: "Other",
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words for rates: tiered or for the whole balance, the destination of interest, fixed or variable, gross, periods."""

    tiered: str
    whole: str
    to_the_account: str
    fixed: str
    variable: str
    gross: str
    periods: Mapping[InterestPeriod, str]


WORDS = Vocabulary(
    tiered="Tiered",
    whole="Whole",
    to_the_account="SelfCredit",
    fixed="Fixed",
    variable="Variable",
    gross="Gross",
    periods={
        InterestPeriod.DAILY: "Daily",
        InterestPeriod.WEEKLY: "Weekly",
        InterestPeriod.MONTHLY: "Monthly",
        InterestPeriod.QUARTERLY: "Quarterly",
        InterestPeriod.HALF_YEARLY: "HalfYearly",
        InterestPeriod.YEARLY: "Yearly",
        InterestPeriod.STATEMENT: "PerStatementDate",
    },
)

CODES = Vocabulary(
    tiered="INTI",
    whole="INWH",
    to_the_account="INSC",
    fixed="INFI",
    variable="INVA",
    gross="INGR",
    periods={
        InterestPeriod.DAILY: "FQDY",
        InterestPeriod.WEEKLY: "FQWY",
        InterestPeriod.MONTHLY: "FQMY",
        InterestPeriod.QUARTERLY: "FQQY",
        InterestPeriod.HALF_YEARLY: "FQHY",
        InterestPeriod.YEARLY: "FQYY",
        InterestPeriod.STATEMENT: "FQSD",
    },
)

"""The products of the synthetic bank: names, rates and charges, from which accounts, interest and statements are made."""

from decimal import Decimal

from kernel.banking.money import Money
from kernel.banking.records.products import InterestPeriod, InterestTier, OverdraftTier, Product, ProductKind

ACCOUNT_FEE_MINOR = 850  # a month, of a business account
FOREIGN_FEE_PERCENT = Decimal("2.75")
SAVER_PERCENT, NOTICE_PERCENT, JOINT_PERCENT, LOAN_PERCENT = (Decimal(rate) for rate in ("3.6", "4.1", "3.8", "6.9"))


def _gbp(pounds: int) -> Money:
    return Money("GBP", pounds * 100)


def _earns(gross: Decimal, equivalent: str) -> tuple[InterestTier, ...]:
    tier = InterestTier(
        minimum=_gbp(1), annual_rate=Decimal(equivalent), gross_rate=gross, fixed=False, paid=InterestPeriod.MONTHLY
    )
    return (tier,)


def _overdraft(rate: str, free: int = 0) -> tuple[OverdraftTier, ...]:
    beyond = OverdraftTier(minimum=_gbp(free), annual_rate=Decimal(rate))
    return (OverdraftTier(minimum=_gbp(0), maximum=_gbp(free), annual_rate=Decimal(0)), beyond) if free else (beyond,)


EVERYDAY = Product(
    id="everyday-current",
    account_id="",
    kind=ProductKind.PERSONAL_CURRENT,
    name="Everyday Current Account",
    description="A current account without a monthly fee.",
    marketing_id="EVC-2024-2",
    monthly_maximum_charge=_gbp(20),
    overdraft=_overdraft("39.9", free=100),
)
JOINT_CURRENT = Product(
    id="joint-current",
    account_id="",
    kind=ProductKind.PERSONAL_CURRENT,
    name="Joint Current Account",
    description="One current account for two people.",
    marketing_id="JNC-2024-1",
    monthly_maximum_charge=_gbp(20),
    overdraft=_overdraft("39.9"),
)
EURO = Product(
    id="euro-current",
    account_id="",
    kind=ProductKind.OTHER,
    name="Euro Current Account",
    description="A current account in euro for people who travel.",
    marketing_id="EUR-2023-1",
)
EASY_SAVER = Product(
    id="easy-saver",
    account_id="",
    kind=ProductKind.SAVINGS,
    name="Easy Saver",
    description="Savings that can be taken out at any time.",
    marketing_id="ESV-2024-3",
    credit_interest=_earns(SAVER_PERCENT, "3.66"),
)
NOTICE_SAVER = Product(
    id="notice-saver",
    account_id="",
    kind=ProductKind.SAVINGS,
    name="Notice Saver",
    description="Savings with ninety days' notice.",
    marketing_id="NSV-2024-1",
    credit_interest=_earns(NOTICE_PERCENT, "4.18"),
)
JOINT_SAVER = Product(
    id="joint-saver",
    account_id="",
    kind=ProductKind.SAVINGS,
    name="Joint Saver",
    description="Savings for two people.",
    marketing_id="JSV-2024-1",
    credit_interest=_earns(JOINT_PERCENT, "3.87"),
)
CREDIT_CARD = Product(
    id="everyday-credit-card",
    account_id="",
    kind=ProductKind.PERSONAL_CARD,
    name="Everyday Credit Card",
    description="A credit card, paid from the current account every month.",
    marketing_id="ECC-2024-1",
    notes=("24.9% APR representative (variable).", f"Payments in other currencies cost {FOREIGN_FEE_PERCENT}%."),
)
BUSINESS = Product(
    id="business-current",
    account_id="",
    kind=ProductKind.BUSINESS_CURRENT,
    name="Business Current Account",
    description="A current account for companies.",
    marketing_id="BCA-2024-2",
    overdraft=_overdraft("14.5"),
    notes=(f"The account costs {Money('GBP', ACCOUNT_FEE_MINOR).decimal()} GBP a month.",),
)
TRADER = Product(
    id="market-trader-current",
    account_id="",
    kind=ProductKind.BUSINESS_CURRENT,
    name="Market Trader Account",
    description="A current account for sole traders with many small takings, without a monthly fee.",
    marketing_id="MTA-2023-1",
)
LOAN = Product(
    id="personal-loan",
    account_id="",
    kind=ProductKind.PERSONAL_LOAN,
    name="Personal Loan",
    description="A loan over four years at a fixed rate.",
    marketing_id="PLN-2023-1",
    notes=(f"{LOAN_PERCENT}% a year, fixed.",),
)

PRODUCTS = (
    EVERYDAY,
    JOINT_CURRENT,
    EURO,
    EASY_SAVER,
    NOTICE_SAVER,
    JOINT_SAVER,
    CREDIT_CARD,
    BUSINESS,
    TRADER,
    LOAN,
)

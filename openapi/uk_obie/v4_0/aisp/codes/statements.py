"""The codes of a statement's parts, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet."""

from kernel.banking.records.statements import (
    BenefitKind,
    FeeKind,
    InterestKind,
    RateKind,
    StatementDay,
    StatementFigure,
    StatementKind,
)
from openapi.uk_obie.v4_0.aisp.wire.statements import StatementCode

STATEMENT_KINDS: dict[StatementKind, StatementCode] = {
    StatementKind.ACCOUNT_OPENING: "AccountOpening",
    StatementKind.PERIODIC: "RegularPeriodic",
    StatementKind.INTERIM: "Interim",
    StatementKind.ANNUAL: "Annual",
    StatementKind.ACCOUNT_CLOSURE: "AccountClosure",
}

FIGURES: dict[StatementFigure, str] = {
    StatementFigure.OPENING_BALANCE: "UK.OBIE.StartingBalance",
    StatementFigure.CLOSING_BALANCE: "UK.OBIE.ClosingBalance",
    StatementFigure.AVAILABLE_BALANCE: "UK.OBIE.AvailableBalance",
    StatementFigure.AVERAGE_CREDIT_BALANCE: "UK.OBIE.AverageBalanceWhenInCredit",
    StatementFigure.AVERAGE_DEBIT_BALANCE: "UK.OBIE.AverageBalanceWhenInDebit",
    StatementFigure.CREDIT_LIMIT: "UK.OBIE.CreditLimit",
    StatementFigure.MINIMUM_PAYMENT_DUE: "UK.OBIE.MinimumPaymentDue",
    StatementFigure.DIRECT_DEBIT_DUE: "UK.OBIE.DirectDebitPaymentDue",
    StatementFigure.TOTAL_CREDITS: "UK.OBIE.TotalCredits",
    StatementFigure.TOTAL_DEBITS: "UK.OBIE.TotalDebits",
    StatementFigure.TOTAL_CHARGES: "UK.OBIE.TotalCharges",
    StatementFigure.TOTAL_CASH_ADVANCES: "UK.OBIE.TotalCashAdvances",
    StatementFigure.TOTAL_PURCHASES: "UK.OBIE.TotalPurchases",
}

FEE_KINDS: dict[FeeKind, str] = {
    FeeKind.MONTHLY: "UK.OBIE.Monthly",
    FeeKind.ANNUAL: "UK.OBIE.Annual",
    FeeKind.CASH_TRANSACTION: "UK.OBIE.CashTransaction",
    FeeKind.FOREIGN_TRANSACTION: "UK.OBIE.ForeignTransaction",
    FeeKind.LATE_PAYMENT: "UK.OBIE.LatePayment",
    FeeKind.OVER_LIMIT: "UK.OBIE.Overlimit",
    FeeKind.STATEMENT_COPY: "UK.OBIE.StatementCopy",
    FeeKind.TOTAL: "UK.OBIE.Total",
}

INTEREST_KINDS: dict[InterestKind, str] = {
    InterestKind.PURCHASE: "UK.OBIE.Purchase",
    InterestKind.CASH: "UK.OBIE.Cash",
    InterestKind.BALANCE_TRANSFER: "UK.OBIE.BalanceTransfer",
    InterestKind.ESTIMATED_NEXT: "UK.OBIE.EstimatedNext",
    InterestKind.TOTAL: "UK.OBIE.Total",
}

BENEFIT_KINDS: dict[BenefitKind, str] = {
    BenefitKind.CASHBACK: "UK.OBIE.Cashback",
    BenefitKind.INSURANCE: "UK.OBIE.Insurance",
    BenefitKind.TRAVEL_DISCOUNT: "UK.OBIE.TravelDiscount",
    BenefitKind.TRAVEL_INSURANCE: "UK.OBIE.TravelInsurance",
}

DAYS: dict[StatementDay, str] = {
    StatementDay.PAYMENT_DUE: "UK.OBIE.PaymentDue",
    StatementDay.DIRECT_DEBIT_DUE: "UK.OBIE.DirectDebitDue",
    StatementDay.LAST_PAYMENT: "UK.OBIE.LastPayment",
    StatementDay.LAST_STATEMENT: "UK.OBIE.LastStatement",
    StatementDay.NEXT_STATEMENT: "UK.OBIE.NextStatement",
    StatementDay.AVAILABLE: "UK.OBIE.StatementAvailable",
}

RATE_KINDS: dict[RateKind, str] = {
    RateKind.ANNUAL_PURCHASE: "UK.OBIE.AnnualPurchase",
    RateKind.ANNUAL_CASH: "UK.OBIE.AnnualCash",
    RateKind.ANNUAL_BALANCE_TRANSFER: "UK.OBIE.AnnualBalanceTransfer",
    RateKind.MONTHLY_PURCHASE: "UK.OBIE.MonthlyPurchase",
    RateKind.MONTHLY_CASH: "UK.OBIE.MonthlyCash",
    RateKind.MONTHLY_BALANCE_TRANSFER: "UK.OBIE.MonthlyBalanceTransfer",
}

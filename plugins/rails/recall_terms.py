"""The terms of recalls by scheme: those of the SEPA Credit Transfer rulebook, which the other simulated schemes take over.

A bank asks within ten banking days for a duplicate or a technical error, and within thirteen months for fraud or for its customer, whose
payee must agree; the answer may take fifteen banking days.
"""

from orders.recalls.recall import RecallReason
from orders.recalls.terms import RecallTerms, Term

ASK_DAYS_MAX = 395  # after a payment, for a recall: thirteen months, at their shortest
SEPA_TERMS = RecallTerms(
    by_reason={
        RecallReason.DUPLICATE: Term(ask_business_days=10),
        RecallReason.TECHNICAL: Term(ask_business_days=10),
        RecallReason.FRAUD: Term(ask_days=ASK_DAYS_MAX, needs_payee=True),
        RecallReason.CUSTOMER: Term(ask_days=ASK_DAYS_MAX, needs_payee=True),
    },
    answer_business_days=15,
)

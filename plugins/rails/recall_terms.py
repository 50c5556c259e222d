"""The terms of recalls, by rail.

SEPA Credit Transfer rulebook, which the simulated correspondents take over: a bank asks within ten banking days for a duplicate or a technical
error, and within thirteen months for fraud or for its customer, whose payee must agree; the answer may take fifteen banking days.

Credit Payment Recovery, of Faster Payments and Bacs: a payment that was sent in error, within three years; its payee may dispute the claim,
and the answer may take twenty working days. Fraud is reported within thirteen months (PSRs 2017 regulation 74).
"""

from collections.abc import Mapping
from types import MappingProxyType

from orders.recalls.recall import RecallReason
from orders.recalls.terms import RecallTerms, Term
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.files import rules as files
from plugins.rails.international.rules import INTERNATIONAL
from plugins.rails.sepa.credit_transfer import SEPA_CREDIT_TRANSFER
from plugins.rails.sepa.instant import SEPA_INSTANT

ASK_DAYS_MAX = 395  # after a payment, for a recall: thirteen months, at their shortest
ERROR_DAYS_MAX = 1_095  # after a payment in sterling, for one that was sent in error: three years, at their shortest
SEPA_TERMS = RecallTerms(
    by_reason={
        RecallReason.DUPLICATE: Term(ask_business_days=10),
        RecallReason.TECHNICAL: Term(ask_business_days=10),
        RecallReason.FRAUD: Term(ask_days=ASK_DAYS_MAX, needs_payee=True),
        RecallReason.CUSTOMER: Term(ask_days=ASK_DAYS_MAX, needs_payee=True),
    },
    answer_business_days=15,
)
SENT_IN_ERROR = Term(ask_days=ERROR_DAYS_MAX, needs_payee=True)
RECOVERY_TERMS = RecallTerms(
    by_reason={
        RecallReason.DUPLICATE: SENT_IN_ERROR,
        RecallReason.TECHNICAL: SENT_IN_ERROR,
        RecallReason.CUSTOMER: SENT_IN_ERROR,
        RecallReason.FRAUD: Term(ask_days=ASK_DAYS_MAX, needs_payee=True),
    },
    answer_business_days=20,
)
TERMS: Mapping[str, RecallTerms] = MappingProxyType(
    {
        FASTER_PAYMENTS.name: RECOVERY_TERMS,
        files.NAME: RECOVERY_TERMS,
        SEPA_INSTANT.name: SEPA_TERMS,
        SEPA_CREDIT_TRANSFER.name: SEPA_TERMS,
        INTERNATIONAL.name: SEPA_TERMS,
    }
)

"""The terms of recalls, by rail."""

from datetime import date, timedelta

import pytest

from orders.recalls.recall import RecallReason
from orders.recalls.terms import may_ask_until
from plugins.rails.cycles import Cycles
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.recall_terms import TERMS
from plugins.rails.schemes import SETTLING

MONDAY = date(2026, 7, 6)


def test_every_rail_that_settles_has_terms_for_every_reason():
    assert {account.rail for _, account in SETTLING} == TERMS.keys()
    assert all(terms.by_reason.keys() == set(RecallReason) for terms in TERMS.values())


@pytest.mark.parametrize(
    ("rail", "reason", "days", "needs_payee", "answer_days"),
    [
        ("faster_payments", "DUPL", 1_095, True, 20),
        ("faster_payments", "FRAD", 395, True, 20),
        ("file", "CUST", 1_095, True, 20),
        ("sepa_credit_transfer", "DUPL", 14, False, 15),
        ("sepa_instant", "TECH", 14, False, 15),
        ("sepa_instant", "CUST", 395, True, 15),
        ("international", "FRAD", 395, True, 15),
    ],
)
def test_a_recall_has_the_terms_of_the_rail_that_carried_the_payment(rail, reason, days, needs_payee, answer_days):
    calendar = FASTER_PAYMENTS.calendar
    assert isinstance(calendar, Cycles)
    term = TERMS[rail].by_reason[RecallReason(reason)]
    assert may_ask_until(term, calendar, MONDAY) == MONDAY + timedelta(days=days)
    assert (term.needs_payee, TERMS[rail].answer_business_days) == (needs_payee, answer_days)

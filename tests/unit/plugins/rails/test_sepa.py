"""The simulated schemes of SEPA: credit transfers in cycles, and instant ones within ten seconds or not at all."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from kernel.clock import ManualClock
from plugins.rails.ports import RailPayment
from plugins.rails.sepa.credit_transfer import AMOUNT_MAX, SEPA_CREDIT_TRANSFER
from plugins.rails.sepa.instant import ANSWERED_WITHIN, SEPA_INSTANT
from plugins.rails.simulated.books import Books

GUIDE = Path(__file__).parents[4] / "docs" / "sandbox-payments.md"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BOTH = pytest.mark.parametrize("rules", [SEPA_CREDIT_TRANSFER, SEPA_INSTANT], ids=lambda rules: rules.name)


def payment(ending="3000", amount=Money("EUR", 1_000)):  # noqa: B008  a value
    return RailPayment(
        uetr=f"uetr-{ending}",
        amount=amount,
        debtor_name="Alice Ames",
        debtor_account=AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555"),
        creditor_name="ACME GmbH",
        creditor_account=AccountIdentifier(Scheme.IBAN, f"DE8937040044053201{ending}"),
    )


@pytest.fixture
def scheme():
    """The books of a scheme, and its clock."""
    opened = []

    def open_books(rules):
        clock = ManualClock(NOON)
        books = Books(rules, Path(":memory:"), clock.wall)
        opened.append(books)
        return books, clock

    yield open_books
    for books in opened:
        books.close()


@pytest.mark.spec("PSD2-83")
def test_a_credit_transfer_is_taken_and_then_settled_in_its_cycle(scheme):
    books, clock = scheme(SEPA_CREDIT_TRANSFER)
    assert books.submit(payment()).status is RailStatus.IN_PROCESS
    clock.advance(timedelta(seconds=1))
    settled = books.status("uetr-3000")
    assert (settled.status, settled.cycle) == (RailStatus.SETTLED, "2026-11-30.4")


def test_an_instant_payment_is_credited_at_once(scheme):
    books, _ = scheme(SEPA_INSTANT)
    credited = books.submit(payment())
    assert (credited.status, credited.at, credited.cycle) == (RailStatus.CREDITED, NOON, "2026-11-30.1")


@pytest.mark.parametrize(
    ("ending", "reason"),
    [("9935", Reason.CREDITOR_AGENT_TIMED_OUT), ("9936", Reason.INSTRUCTED_AGENT_TIMED_OUT)],
)
def test_an_instant_payment_without_an_answer_is_stopped_by_the_scheme(scheme, ending, reason):
    """Before the ten seconds are over, so that the payer's bank knows its end in time."""
    books, clock = scheme(SEPA_INSTANT)
    taken = books.submit(payment(ending))
    assert (taken.status, taken.reason) == (RailStatus.IN_PROCESS, None)
    clock.advance(ANSWERED_WITHIN)
    stopped = books.status(f"uetr-{ending}")
    assert (stopped.status, stopped.reason) == (RailStatus.REJECTED, reason)
    assert stopped.at < NOON + ANSWERED_WITHIN


def test_a_confirmation_may_come_after_its_time(scheme):
    books, clock = scheme(SEPA_INSTANT)
    books.submit(payment("9937"))
    clock.advance(ANSWERED_WITHIN)
    assert books.status("uetr-9937").status is RailStatus.IN_PROCESS
    clock.advance(timedelta(seconds=2))
    assert [notice.report.status for notice in books.notices()] == [RailStatus.CREDITED]


@BOTH
def test_only_euro_is_carried(rules):
    assert rules.refusal_of(Money("GBP", 1)) is Reason.CURRENCY_NOT_ALLOWED
    assert rules.refusal_of(Money("EUR", 1)) is None


def test_credit_transfers_have_a_limit_and_instant_ones_have_none():
    above = Money("EUR", AMOUNT_MAX.minor + 1)
    assert SEPA_CREDIT_TRANSFER.refusal_of(AMOUNT_MAX) is None
    assert SEPA_CREDIT_TRANSFER.refusal_of(above) is Reason.AMOUNT_ABOVE_CLEARING_LIMIT
    assert SEPA_INSTANT.refusal_of(above) is None


def test_the_guide_lists_every_number_with_its_reason():
    section = GUIDE.read_text().split("## Payments in euro")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\d{4})` \|([^|]*)\|([^|]*)\|$", section, re.MULTILINE)
    for place, rules in ((0, SEPA_CREDIT_TRANSFER), (1, SEPA_INSTANT)):
        listed = {digits: words[place] for digits, *words in rows if words[place].strip()}
        assert listed.keys() == rules.outcomes.keys()
        for digits, outcome in rules.outcomes.items():
            assert outcome.reason is None or outcome.reason.value in listed[digits]

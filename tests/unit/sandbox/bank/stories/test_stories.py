"""The synthetic bank is coherent: what its records say was really booked, and what was booked has its record."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kernel.banking.accounts import AccountStatus
from kernel.banking.money import exponent
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.parties import AccountRole, Holding, LegalForm
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from plugins.ledger.postings.entries import Leg, Line
from plugins.ledger.statements.statement_facts import FEES
from sandbox.bank.catalogue.products import PRODUCTS
from sandbox.bank.households import HOUSEHOLDS
from sandbox.bank.seed import ALL_HOUSEHOLDS, _tale
from sandbox.bank.stories.story import CARD_REFUND, DIRECT_DEBIT, DIRECT_DEBIT_UNPAID, PAYMENT_RETURNED, STANDING_ORDER
from sandbox.bank.stories.tale import Tale

ANCHORS = (datetime(2026, 7, 1, tzinfo=UTC), datetime(2027, 3, 31, tzinfo=UTC))
ID_LENGTH_MAX, REFERENCE_MAX = 40, 35


@dataclass
class Story:
    """One household's tale, its lines by account."""

    tale: Tale
    anchor: datetime
    lines: dict[str, list[tuple[Leg, Line]]]

    def of(self, kind: type) -> list:
        return [record for record in self.tale.records if isinstance(record, kind)]

    def all_lines(self) -> list[tuple[Leg, Line]]:
        return [line for lines in self.lines.values() for line in lines]


@pytest.fixture(
    scope="module",
    params=[(household, seed, anchor) for household in ALL_HOUSEHOLDS for seed, anchor in zip("12", ANCHORS, strict=True)],
    ids=lambda given: f"{given[0].name}-{given[1]}",
)
def story(request):
    household, seed, anchor = request.param
    tale, lines = _tale(household, f"{seed}/main", anchor, 2_200), defaultdict(list)
    for chunk in tale.entries():
        for entry in chunk:
            for leg in entry.legs:
                if leg.line is not None:
                    lines[leg.account_id].append((leg, leg.line))
    return Story(tale, anchor, lines)


def test_every_mandate_was_collected_when_it_says_and_every_collection_has_one(story):
    collected = defaultdict(list)
    for account_id, lines in story.lines.items():
        for leg, line in lines:
            if line.code == DIRECT_DEBIT:
                collected[account_id, line.narrative.merchant.name].append((line.booked_at, -leg.amount.minor))
    mandates = {(mandate.account_id, mandate.creditor_name): mandate for mandate in story.of(DirectDebit)}
    assert collected.keys() <= mandates.keys()
    for key, mandate in mandates.items():
        history = collected.get(key)
        assert mandate.created_at < story.anchor
        if history is None:
            assert (mandate.previous_at, mandate.previous_amount) == (None, None)
        else:
            assert (mandate.previous_at, mandate.previous_amount.minor) == history[-1]
            assert mandate.created_at < mandate.first_at == history[0][0]
        if mandate.status is MandateStatus.ACTIVE:
            assert mandate.next_at >= story.anchor
        else:
            assert (mandate.next_at, mandate.final_at) == (None, mandate.previous_at)


def test_every_standing_order_was_paid_when_it_says(story):
    paid = defaultdict(list)
    for account_id, lines in story.lines.items():
        for leg, line in lines:
            if line.code == STANDING_ORDER:
                paid[account_id, line.narrative.counterparty.identifier.identification].append(
                    (line.booked_at, -leg.amount.minor)
                )
    orders = {(order.account_id, order.payee.identifier.identification): order for order in story.of(StandingOrder)}
    assert paid.keys() == orders.keys()
    for key, order in orders.items():
        assert order.created_at < order.first_at
        assert (order.first_at, order.first_amount.minor) == paid[key][0]
        assert (order.previous_at, order.previous_amount.minor) == paid[key][-1]
        if order.status is MandateStatus.EXPIRED:
            assert len(paid[key]) == order.payments
            assert (order.next_at, order.final_at) == (None, order.previous_at)
        else:
            assert order.next_at >= story.anchor
            assert order.final_at is None or order.final_at > story.anchor
        gap = {Frequency.WEEKLY: 8, Frequency.MONTHLY: 32}[order.frequency]
        instants = [at for at, _ in paid[key]]
        assert all(later - earlier < timedelta(days=gap) for earlier, later in itertools.pairwise(instants))


def test_every_payee_was_really_paid_after_it_was_set_up(story):
    for beneficiary in story.of(Beneficiary):
        payments = [
            line.booked_at
            for leg, line in story.lines[beneficiary.account_id]
            if line.narrative.counterparty == beneficiary.payee and leg.amount.minor < 0
        ]
        assert payments
        assert beneficiary.created_at < min(payments)


def test_payments_to_come_are_to_come(story):
    for payment in story.of(ScheduledPayment):
        assert payment.created_at < story.anchor < payment.due_at


def test_foreign_money_became_the_accounts_at_the_rate_that_is_shown(story):
    for leg, line in story.all_lines():
        exchange = line.narrative.exchange
        if exchange is None:
            continue
        assert exchange.instructed.currency != leg.amount.currency
        assert (exchange.instructed.minor > 0) == (leg.amount.minor > 0)
        scale = Decimal(10) ** (exponent(leg.amount.currency) - exponent(exchange.instructed.currency))
        assert abs(exchange.instructed.minor * exchange.rate * scale - leg.amount.minor) <= 1


def test_references_and_ids_fit_what_standards_can_carry(story):
    for record in (*story.tale.records, *story.tale.offers):
        assert 0 < len(record.id) <= ID_LENGTH_MAX
        assert len(getattr(record, "reference", None) or "") <= REFERENCE_MAX
    for _, line in story.all_lines():
        assert len(line.narrative.reference or "") <= REFERENCE_MAX
    ids = [line.id for _, line in story.all_lines()] + [pending.id for pending in story.tale.pending]
    assert len(set(ids)) == len(ids)


def test_everyone_is_introduced_and_every_account_has_its_principal_first(story):
    customers = {login.customer_id for login in story.tale.logins}
    assert {customer for _, customer in story.tale.parties if customer} == customers
    parties = {party.id for party, _ in story.tale.parties}
    products = {product.id for product in PRODUCTS}
    for account in story.tale.accounts:
        links = [link for link in story.tale.account_parties if link.account_id == account.id]
        assert links[0].role is AccountRole.PRINCIPAL
        assert {link.party.id for link in links} <= parties
        assert account.product_id in products


def test_bookings_never_lie_in_the_future_nor_before_the_account(story):
    opened = {account.id: account.opened_at for account in story.tale.accounts}
    for account_id, lines in story.lines.items():
        assert all(opened[account_id] < line.booked_at < story.anchor for _, line in lines)
    for pending in story.tale.pending:
        assert story.anchor - timedelta(days=1) < pending.booked_at < story.anchor


def tale_of(name: str) -> Tale:
    return _tale(next(each for each in ALL_HOUSEHOLDS if each.name == name), "1/main", ANCHORS[0], 2_200)


def codes_of(tale: Tale) -> set[str]:
    return {leg.line.code for chunk in tale.entries() for entry in chunk for leg in entry.legs if leg.line is not None}


def test_money_comes_back_in_every_way():
    codes = {code for household in HOUSEHOLDS for code in codes_of(tale_of(household.name))}
    assert {CARD_REFUND, DIRECT_DEBIT_UNPAID, PAYMENT_RETURNED} <= codes
    assert codes & FEES.keys() == {"ACMT.MDOP.FEES", "PMNT.CCRD.FEES"}


def test_alice_pays_in_other_currencies():
    currencies = {
        line.narrative.exchange.instructed.currency
        for chunk in tale_of("alice").entries()
        for entry in chunk
        for line in (leg.line for leg in entry.legs)
        if line is not None and line.narrative.exchange is not None
    }
    assert currencies == {"USD", "JPY", "GBP"}


def test_a_joint_account_has_two_holders_and_a_firm_has_people_who_act_for_it():
    tale = tale_of("fletchers")
    joint, business, _ = (account.id for account in tale.accounts)
    held = {
        account: [(link.holding, link.role) for link in tale.account_parties if link.account_id == account]
        for account in (joint, business)
    }
    assert held[joint] == [(Holding.JOINT, AccountRole.PRINCIPAL), (Holding.JOINT, AccountRole.SECONDARY_OWNER)]
    assert held[business] == [
        (Holding.SOLE, AccountRole.PRINCIPAL),
        (Holding.DELEGATE, AccountRole.ADMINISTRATOR),
        (Holding.DELEGATE, AccountRole.SENIOR_MANAGER),
    ]
    firm = next(link.party for link in tale.account_parties if link.account_id == business)
    assert firm.legal_form is LegalForm.PRIVATE_LIMITED_COMPANY


@pytest.mark.parametrize(
    ("name", "status", "switched"), [("bob", AccountStatus.DELETED, False), ("carol", AccountStatus.DISABLED, True)]
)
def test_one_account_was_closed_and_one_switched_and_both_were_emptied(name, status, switched):
    tale = tale_of(name)
    [(account_id, change)] = tale.changes.items()
    assert (change.status, change.switched, change.eligible) == (status, switched, False)
    legs = [leg for chunk in tale.entries() for entry in chunk for leg in entry.legs if leg.account_id == account_id]
    assert sum(leg.amount.minor for leg in legs) == 0
    assert all(leg.line.booked_at < change.at for leg in legs)
    assert len(legs) > 3

"""The contract of every accounts upstream about the records of accounts: payees, mandates, orders, payments to come, products,
offers, parties."""

import itertools
from dataclasses import replace as replace_filter
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.ports import RECORDS_PER_ACCOUNT_MAX, Page, RecordPosition
from kernel.banking.accounts import AccountIdentifier, Counterparty, Scheme
from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import Collection, DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import Offer, OfferKind
from kernel.banking.records.parties import AccountParty, AccountRole, AddressKind, Holding, LegalForm, Party, PostalAddress
from kernel.banking.records.products import InterestTier, Product, ProductKind
from kernel.banking.records.scheduled_payments import Due, ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from tests.harness.upstream_books import BRAND, NOW, OTHER, Books

DAY = timedelta(days=1)
PAYEE = Counterparty("Fernhill Lettings", AccountIdentifier(Scheme.SORT_CODE, "00991770442218", "Fernhill Lettings"))


def beneficiary(record_id: str, account_id: str) -> Beneficiary:
    return Beneficiary(id=record_id, account_id=account_id, created_at=NOW, payee=PAYEE, reference="Rent", trusted=True)


def direct_debit(record_id: str, account_id: str, **facts: object) -> DirectDebit:
    given = {
        "status": MandateStatus.ACTIVE,
        "creditor_name": "Clearbrook Water",
        "mandate_reference": "CW1",
        "collection": Collection.FIXED,
        "frequency": Frequency.MONTHLY,
        "first_at": NOW - 90 * DAY,
        "next_at": NOW + 3 * DAY,
        "previous_at": NOW - 27 * DAY,
        "previous_amount": Money("GBP", 3_350),
        "reason": "Water",
    }
    return DirectDebit(id=record_id, account_id=account_id, created_at=NOW, **(given | facts))


def standing_order(record_id: str, account_id: str, **facts: object) -> StandingOrder:
    given = {
        "status": MandateStatus.ACTIVE,
        "payee": PAYEE,
        "reference": "RENT",
        "frequency": Frequency.WEEKLY,
        "day": 5,
        "payments": 10,
        "first_at": NOW - 28 * DAY,
        "first_amount": Money("GBP", 900),
        "previous_at": NOW - 6 * DAY,
        "previous_amount": Money("GBP", 1_000),
        "next_at": NOW + DAY,
        "next_amount": Money("GBP", 1_000),
        "final_at": NOW + 35 * DAY,
        "final_amount": Money("GBP", 1_000),
    }
    return StandingOrder(id=record_id, account_id=account_id, created_at=NOW, **(given | facts))


def scheduled_payment(record_id: str, account_id: str, due_in: timedelta = 5 * DAY) -> ScheduledPayment:
    return ScheduledPayment(
        id=record_id,
        account_id=account_id,
        created_at=NOW,
        due_at=NOW + due_in,
        due=Due.ARRIVAL,
        amount=Money("EUR", 12_000),
        payee=PAYEE,
        reference="Deposit",
        own_reference="Holiday",
    )


KINDS = {
    "beneficiaries": beneficiary,
    "direct_debits": direct_debit,
    "standing_orders": standing_order,
    "scheduled_payments": scheduled_payment,
}


async def listing(books: Books, kind: str, accounts: tuple[str, ...], limit: int, between=None) -> list:
    """All pages of one listing, as a caller walks them; `between` happens after each page."""
    found, where = [], Page(limit=limit)
    while True:
        page = await getattr(books.upstream, kind)(BRAND, accounts, where)
        found += page.rows
        assert len(page.rows) <= limit
        if not page.more:
            return found
        if between is not None:
            await between()
        last = found[-1]
        where = replace_filter(where, after=RecordPosition(last.created_at, last.account_id, last.id))


@pytest.mark.parametrize("kind", KINDS)
async def test_gives_records_back_as_they_are_newest_first(books, kind):
    stored = []
    for number, account in enumerate(("a", "b", "a", "c")):
        stored.append(await books.record(BRAND, KINDS[kind](f"r{number}", account)))
        books.clock.advance(timedelta(seconds=1))
    assert stored[0] == replace(KINDS[kind]("r0", "a"), created_at=stored[0].created_at)
    asked = ("b", "unknown", "a", "a")
    assert await listing(books, kind, asked, 100) == [stored[2], stored[1], stored[0]]
    assert await listing(books, kind, asked, 1) == [stored[2], stored[1], stored[0]]
    assert await listing(books, kind, (), 100) == []
    assert (await getattr(books.upstream, kind)(OTHER, asked, Page())).rows == ()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_record_may_change_and_go_but_never_moves(books, kind):
    first, second = [await books.record(BRAND, KINDS[kind](name, "a")) for name in ("r1", "r2")]
    changed = replace(first, **({"creditor_name": "Lea Water"} if kind == "direct_debits" else {"reference": "New"}))
    await books.change(BRAND, changed)
    assert await listing(books, kind, ("a",), 1) == [second, changed]
    await books.remove(BRAND, second)
    assert await listing(books, kind, ("a",), 1) == [changed]


_runs = itertools.count()  # each example has accounts of its own
ARRIVALS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0, 0, 1, -1])), max_size=8)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(KINDS)), before=ARRIVALS, during=ARRIVALS, limit=st.integers(1, 3))
async def test_pages_of_records_never_skip_nor_repeat_while_records_arrive(books, kind, before, during, limit):
    """However the clock stands still or is set back: what arrived later is newer than every page already given."""
    run = next(_runs)
    accounts = (f"a-{run}", f"b-{run}")
    serial = iter(range(1000))

    async def arrive(row: tuple[str, int]) -> None:
        name, seconds = row
        books.clock.advance(timedelta(seconds=seconds))
        await books.record(BRAND, KINDS[kind](f"{next(serial) * 7919 % 1000:03}-{run}", accounts["ab".index(name)]))

    for row in before:
        await arrive(row)
    known = await listing(books, kind, accounts, 1000)
    arriving = iter(during)

    async def between() -> None:
        if (row := next(arriving, None)) is not None:
            await arrive(row)

    assert len(known) == len(before)
    assert await listing(books, kind, accounts, limit, between) == known


@pytest.mark.parametrize("kind", KINDS)
async def test_a_page_of_records_by_its_number_is_counted_and_any_other_is_not(books, kind):
    for number in range(5):
        await books.record(BRAND, KINDS[kind](f"n{number}", "ab"[number % 2]))
        books.clock.advance(timedelta(seconds=1))
    ask, accounts = getattr(books.upstream, kind), ("a", "b", "unknown")
    assert (await ask(BRAND, accounts, Page())).total is None
    rows = await listing(books, kind, accounts, 100)
    for skip in range(0, 8, 2):
        page = await ask(BRAND, accounts, Page(limit=2, skip=skip))
        assert [*page.rows] == rows[skip : skip + 2]
        assert (page.total, page.more) == (5, skip + 2 < 5)
    page = await ask(BRAND, (), Page(skip=0))
    assert (page.rows, page.total) == ((), 0)


async def test_says_when_a_mandate_is_due_next_from_now(books):
    stored = await books.record(BRAND, direct_debit("d1", "a"))
    cancelled = await books.record(BRAND, direct_debit("d2", "a", status=MandateStatus.CANCELLED, next_at=None))
    books.clock.advance(40 * DAY)
    assert await listing(books, "direct_debits", ("a",), 10) == [cancelled, replace(stored, next_at=NOW.replace(month=9, day=4))]


async def test_an_order_has_expired_once_its_final_payment_is_past(books):
    stored = await books.record(BRAND, standing_order("s1", "a"))
    books.clock.advance(8 * DAY)
    assert await listing(books, "standing_orders", ("a",), 10) == [replace(stored, next_at=NOW + 15 * DAY)]
    books.clock.advance(40 * DAY)
    expired = replace(stored, status=MandateStatus.EXPIRED, next_at=None, next_amount=None)
    assert await listing(books, "standing_orders", ("a",), 10) == [expired]


async def test_a_payment_whose_day_has_come_is_no_longer_to_be_made(books):
    soon, later = [
        await books.record(BRAND, scheduled_payment(name, "a", due)) for name, due in (("p1", 2 * DAY), ("p2", 9 * DAY))
    ]
    assert await listing(books, "scheduled_payments", ("a",), 10) == [later, soon]
    books.clock.advance(2 * DAY)
    assert await listing(books, "scheduled_payments", ("a",), 10) == [later]


PRODUCT = Product(
    id="easy-saver",
    account_id="",
    kind=ProductKind.SAVINGS,
    name="Easy Saver",
    credit_interest=(InterestTier(minimum=Money("GBP", 100), annual_rate=Decimal("3.66"), gross_rate=Decimal("3.6")),),
)


async def test_gives_the_product_of_each_account_in_the_order_asked_for(books):
    await books.sell(BRAND, PRODUCT, replace(PRODUCT, id="other"))
    for account, product in (("a", "easy-saver"), ("b", "easy-saver"), ("c", None)):
        await books.open_account(BRAND, account, product_id=product)
    found = await books.upstream.products(BRAND, ("b", "c", "unknown", "a", "b"))
    assert found == (replace(PRODUCT, account_id="b"), replace(PRODUCT, account_id="a"))
    assert await books.upstream.products(BRAND, ()) == ()
    assert await books.upstream.products(OTHER, ("a",)) == ()


def an_offer(offer_id: str, account_id: str, **facts: object) -> Offer:
    return Offer(id=offer_id, account_id=account_id, kind=OfferKind.OTHER, description="A card", **facts)


async def test_gives_the_offers_in_force_now(books):
    always, now = an_offer("o1", "a"), an_offer("o2", "b", starts_at=NOW - DAY, ends_at=NOW + DAY, rate=Decimal("1.5"))
    over, later = an_offer("o3", "a", ends_at=NOW - DAY), an_offer("o4", "a", starts_at=NOW + DAY, amount=Money("GBP", 5))
    await books.offer(BRAND, always, now, over, later)
    assert await books.upstream.offers(BRAND, ("b", "a", "unknown", "b")) == (now, always)
    books.clock.advance(2 * DAY)
    assert await books.upstream.offers(BRAND, ("b", "a")) == (always, later)
    assert await books.upstream.offers(OTHER, ("a",)) == ()
    assert await books.upstream.offers(BRAND, ()) == ()


async def test_limits_the_offers_and_parties_of_an_account(books):
    count = RECORDS_PER_ACCOUNT_MAX + 3
    await books.offer(BRAND, *(an_offer(f"o{number:03}", "a") for number in range(count)), an_offer("x", "b"))
    await books.introduce(BRAND, *(AccountParty(account_id="a", party=Party(id=f"p{n:03}", name="N")) for n in range(count)))
    offers = await books.upstream.offers(BRAND, ("a", "b"))
    assert [offer.id for offer in offers] == [*(f"o{number:03}" for number in range(RECORDS_PER_ACCOUNT_MAX)), "x"]
    parties = await books.upstream.parties(BRAND, ("a",))
    assert [each.party.id for each in parties] == [f"p{number:03}" for number in range(RECORDS_PER_ACCOUNT_MAX)]


ANN = Party(
    id="party-ann",
    number="10001",
    name="Ms Ann Other",
    legal_name="Ann Other",
    email="ann@example.com",
    mobile="+44-7700900141",
    addresses=(PostalAddress(kind=AddressKind.HOME, street="Lighthouse Row", town="Eastmere", country="GB"),),
)
FIRM = Party(id="party-firm", name="Other Joinery", legal_form=LegalForm.PRIVATE_LIMITED_COMPANY, beneficial_owner=False)


async def test_gives_the_parties_of_each_account_the_principal_first(books):
    owner = AccountParty(account_id="b", party=FIRM)
    acting = AccountParty(account_id="b", party=ANN, holding=Holding.DELEGATE, role=AccountRole.ADMINISTRATOR)
    alone = AccountParty(account_id="a", party=replace(ANN, id="party-2"))
    await books.introduce(BRAND, owner, acting)
    await books.introduce(BRAND, alone, customer_id="customer")
    assert await books.upstream.parties(BRAND, ("b", "unknown", "a")) == (owner, acting, alone)
    assert await books.upstream.parties(BRAND, ("a", "b", "a")) == (alone, owner, acting)
    assert await books.upstream.parties(OTHER, ("a", "b")) == ()
    assert await books.upstream.parties(BRAND, ()) == ()
    assert await books.upstream.party_of(BRAND, "customer") == alone.party
    assert await books.upstream.party_of(BRAND, "stranger") is None
    assert await books.upstream.party_of(OTHER, "customer") is None

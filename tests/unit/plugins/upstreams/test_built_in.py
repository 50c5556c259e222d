"""The built-in bank beyond the contract of accounts upstreams."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.ports import Position, TransactionFilter
from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountStatus, AccountType, Scheme
from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.errors import UpstreamFailed
from kernel.storage.database import Database
from kernel.storage.sealed import SealBroken, Sealer
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings import transactions as listing
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.upstreams.built_in import BuiltInBank
from tests.harness.books.books import Books
from tests.harness.damage.bank import copy_identity

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
SEALER = Sealer({1: b"k" * 32})
CLOCK = ManualClock(NOW)
NUMBER = "00997112345678"


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        yield database


@pytest.fixture
def bank(database):
    return BuiltInBank(database, SEALER, CLOCK)


async def open_accounts(database, *openings):
    ledger = Ledger(SEALER, CLOCK)

    async def work(connection):
        await ledger.open_internal(connection, BRAND.name, "world", "GBP")
        for opening in openings:
            await ledger.open_account(connection, BRAND.name, opening)

    await database.write(work)


def opening(account_id, *holders, **facts):
    identity = Identity((AccountIdentifier(Scheme.SORT_CODE, NUMBER, "Ann Other"),), "Bills")
    return AccountOpening(
        id=account_id,
        currency="GBP",
        type=AccountType.CURRENT,
        category=AccountCategory.PERSONAL,
        product="Current account",
        opened_at=NOW,
        identity=identity,
        holders=holders or (Holder("ann", Right.APPROVE),),
        **facts,
    )


async def post_one_each(database, *account_ids):
    legs = []
    for account_id in account_ids:
        line = Line(id=f"t-{account_id}", booked_at=NOW, narrative=Narrative("Salary"))
        legs.append(Leg(account_id, Money("GBP", 100), line))
    legs.append(Leg("internal:world:GBP", Money("GBP", -100 * len(legs))))
    await database.write(lambda connection: Ledger(SEALER, CLOCK).post(connection, BRAND.name, [LedgerEntry("e", tuple(legs))]))


async def test_a_customer_has_their_own_accounts_in_their_own_order(database, bank):
    await open_accounts(
        database,
        opening("mine", Holder("ann", Right.APPROVE, 1)),
        opening("ours", Holder("ann", Right.VIEW, 0), Holder("ben", Right.APPROVE, 0)),
        opening("theirs", Holder("ben", Right.APPROVE, 1)),
    )
    assert [account.id for account in await bank.accounts_of(BRAND, "ann")] == ["ours", "mine"]
    assert [account.id for account in await bank.accounts_of(BRAND, "ben")] == ["ours", "theirs"]
    assert await bank.accounts_of(BRAND, "stranger") == ()


async def test_accounts_that_may_not_be_shared_are_not_offered(database, bank):
    await open_accounts(
        database, opening("loan", eligible=False), opening("closed", status=AccountStatus.DELETED), opening("open")
    )
    assert [account.id for account in await bank.accounts_of(BRAND, "ann")] == ["open"]
    assert [account.eligible for account in await bank.accounts(BRAND, ("loan",))] == [False]


@pytest.mark.parametrize(
    ("holders", "signatures", "needed"),
    [
        ((Right.APPROVE,), None, 1),
        ((Right.APPROVE, Right.APPROVE), None, 2),
        ((Right.APPROVE, Right.APPROVE), 1, 1),
        ((Right.APPROVE, Right.VIEW), None, 1),
        ((Right.VIEW, Right.APPROVE), None, 2),
        ((Right.INITIATE, Right.APPROVE), 1, 2),
    ],
    ids=["sole", "joint", "either may sign", "the other only looks", "only looks", "may not approve"],
)
async def test_an_account_says_how_many_must_agree_to_a_payment(database, bank, holders, signatures, needed):
    """Of those who may approve, all, unless the account says otherwise; who may not approve is none of them."""
    held = tuple(Holder(name, right) for name, right in zip(("ann", "ben"), holders, strict=False))
    await open_accounts(database, opening("ours", *held, signatures=signatures))
    assert [account.signatures for account in await bank.accounts_of(BRAND, "ann")] == [needed]


async def test_the_banks_own_accounts_are_never_read(database, bank):
    await open_accounts(database, opening("a"))
    assert await bank.accounts(BRAND, ("internal:world:GBP",)) == ()
    assert await bank.balances(BRAND, ("internal:world:GBP",)) == ()


async def test_lists_more_accounts_than_one_statement_names(database, bank, monkeypatch):
    monkeypatch.setattr(listing, "ACCOUNTS_PER_STATEMENT", 2)
    accounts = ("a", "b", "c", "d", "e")
    await open_accounts(database, *(opening(account_id) for account_id in accounts))
    await post_one_each(database, *accounts)
    first = await bank.transactions(BRAND, accounts, TransactionFilter(limit=3))
    last = first.transactions[-1]
    after = Position(last.booked_at, last.id, last.account_id)
    second = await bank.transactions(BRAND, accounts, TransactionFilter(limit=3, as_of=first.as_of, after=after))
    assert [row.account_id for row in (*first.transactions, *second.transactions)] == ["e", "d", "c", "b", "a"]
    assert (first.more, second.more) == (True, False)
    assert (first.first_available, first.last_available) == (NOW, NOW)


async def test_a_position_without_an_account_means_the_only_one(database, bank):
    await open_accounts(database, opening("a"), opening("b"))
    await post_one_each(database, "a", "b")
    after = Position(NOW + timedelta(hours=1), "t-z")
    page = await bank.transactions(BRAND, ("a",), TransactionFilter(after=after))
    assert [row.id for row in page.transactions] == ["t-a"]
    with pytest.raises(ValueError, match="names its own"):
        await bank.transactions(BRAND, ("a", "b"), TransactionFilter(after=after))


async def test_numbers_names_and_narratives_are_not_readable_in_the_database(database):
    await open_accounts(database, opening("a"))
    await post_one_each(database, "a")
    text = await Books(database.read).bank.text_of_the_ledger()
    assert not any(secret in text for secret in (NUMBER, "Ann Other", "Bills", "Salary"))


async def test_a_sealed_row_does_not_open_as_another_accounts(database, bank):
    await open_accounts(database, opening("a"), opening("b"))
    await copy_identity(database, "a", "b")
    with pytest.raises(SealBroken):
        await bank.accounts(BRAND, ("b",))


async def test_a_database_that_cannot_answer_is_an_upstream_that_failed(sqlite_url):
    async with Database.open(sqlite_url) as empty:
        with pytest.raises(UpstreamFailed):
            await BuiltInBank(empty, SEALER, CLOCK).accounts(BRAND, ("a",))

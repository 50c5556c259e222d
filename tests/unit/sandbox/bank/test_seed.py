"""The synthetic bank: reproducible, believable, and completed after a kill without doubles."""

import asyncio
import itertools
import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consent.ports import Psu
from gateway.ports import StatementFilter, TransactionFilter
from kernel.banking.accounts import BalanceType, Scheme, TransactionStatus
from kernel.banking.records.statements import StatementFigure, StatementKind
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.config import ConfigurationRefused
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.verify import find_discrepancies
from plugins.psu_identity.built_in import BuiltInIdentity
from plugins.upstreams.built_in import BuiltInBank
from sandbox.bank import authenticators
from sandbox.bank.authenticators import FIXED_CODE, FixedCodeSender, SimulatedDevice, other_device
from sandbox.bank.catalogue import people as catalogue
from sandbox.bank.catalogue.numbers import is_iban
from sandbox.bank.personas import load_personas
from sandbox.bank.seed import ALL_HOUSEHOLDS, PRICE_LIST, USUAL_SEED, seed_bank, settle_seed
from tests.harness.books.books import Books
from tests.harness.databases import SQLITE, Databases, migrate
from tests.harness.schemas import find_differences

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
SEALER = Sealer({1: b"k" * 32})
CLOCK = ManualClock(NOW)
ANN = Psu("psu-ann", "c-ann", "Ann", ("device",))
FEW = 1_500  # two a day, as the stall needs at least


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        yield database


async def migrate_and_seed(url):
    await migrate(url)
    async with Database.open(url) as database:
        await seed(database)


@pytest.fixture
def seeded_url(databases: Databases, tmp_path):
    with databases.database(SQLITE, tmp_path, migrate_and_seed) as url:
        yield url


@pytest.fixture
async def seeded(seeded_url):
    async with Database.open(seeded_url) as database:
        yield database


async def seed(database, seed="1", brand=BRAND, clock=CLOCK, **options):
    await seed_bank(database, SEALER, clock, seed, brand, **{"heavy_transactions": FEW} | options)


def people(database):
    return BuiltInIdentity(
        database, SEALER, CLOCK, RandomIds(), codes=FixedCodeSender(), devices={"device": SimulatedDevice(RandomIds())}
    )


async def accounts_of(database, name, brand=BRAND):
    psu = await people(database).check_password(brand, name, f"{name}-pw")
    return await reader_of(database).accounts_of(brand, psu.customer_id)


def reader_of(database):
    """The bank, asked by one who waits for a whole history, however long that takes."""
    return BuiltInBank(database, SEALER, CLOCK, seconds_max=None)


async def everything(database, brand=BRAND):
    """All that a reader can see of a brand's bank, as plain values."""
    bank = reader_of(database)
    ids = await Books(database.read).bank.accounts(brand.name)
    page = await bank.transactions(brand, ids, TransactionFilter(limit=100_000))
    return await bank.accounts(brand, ids), await bank.balances(brand, ids), page


async def test_seeds_both_databases_and_the_books_agree(database):
    heard = []
    await seed(database, progress=lambda done, total, what: heard.append((done, total, what)))
    async with database.read() as connection:
        assert await find_discrepancies(connection, BRAND.name) == []
    made = await Books(database.read).bank.households(BRAND.name)
    assert made == {PRICE_LIST.name, *(household.name for household in ALL_HOUSEHOLDS)}
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
    assert heard[-1] == (heard[0][1], heard[0][1], "heavy")


async def test_another_seed_than_the_banks_is_refused_and_none_is_its_own(seeded, migrated_sqlite_url):
    """It would be ignored: a bank that is there is kept."""
    assert [await settle_seed(seeded, BRAND.name, asked) for asked in (None, 1)] == [1, 1]
    with pytest.raises(ConfigurationRefused, match=r"^--seed 7: .* was made with seed 1\..*PORTCULLIS_STATE_DIR"):
        await settle_seed(seeded, BRAND.name, 7)
    async with Database.open(migrated_sqlite_url) as empty:
        assert [await settle_seed(empty, BRAND.name, asked) for asked in (None, 0, 7)] == [USUAL_SEED, 0, 7]


async def test_the_same_seed_and_day_make_the_same_bank(seeded, migrated_sqlite_url):
    async with Database.open(migrated_sqlite_url) as twin:
        await seed(twin, clock=ManualClock(NOW + timedelta(hours=5)))
        assert await everything(twin) == await everything(seeded)


async def test_another_seed_and_another_brand_make_other_banks(seeded):
    other = replace(BRAND, name="other")
    await seed(seeded, brand=other)
    mine, theirs = await everything(seeded), await everything(seeded, other)
    assert {account.id for account in mine[0]}.isdisjoint(account.id for account in theirs[0])
    assert {row.id for row in mine[2].transactions}.isdisjoint(row.id for row in theirs[2].transactions)


async def test_a_later_start_with_another_seed_and_day_changes_nothing(seeded):
    before = await everything(seeded)
    await seed(seeded, seed="2", clock=ManualClock(NOW + timedelta(days=400)))
    assert await everything(seeded) == before


async def test_each_persona_has_what_its_name_promises(seeded):
    alice = await accounts_of(seeded, "alice")
    assert [(account.type, account.currency) for account in alice] == [
        ("current", "GBP"),
        ("savings", "GBP"),
        ("card", "GBP"),
        ("current", "EUR"),
    ]
    assert await accounts_of(seeded, "dave") == ()
    erin, frank = await accounts_of(seeded, "erin"), await accounts_of(seeded, "frank")
    assert [account.id for account in erin] == [account.id for account in frank]
    assert {account.category for account in erin} == {"personal", "business"}
    (stall,) = await accounts_of(seeded, "heavy")
    page = await reader_of(seeded).transactions(BRAND, (stall.id,), TransactionFilter(limit=10 * FEW))
    assert len(page.transactions) == FEW


async def test_alice_has_two_years_of_booked_rows_and_some_pending_ones(seeded):
    accounts = tuple(account.id for account in await accounts_of(seeded, "alice"))
    page = await reader_of(seeded).transactions(BRAND, accounts, TransactionFilter(limit=10_000))
    assert page.first_available == MIDNIGHT - timedelta(days=730)
    assert MIDNIGHT - timedelta(days=1) < page.last_available < MIDNIGHT
    pending = [row for row in page.transactions if row.status is TransactionStatus.PENDING]
    assert [row.amount.minor > 0 for row in sorted(pending, key=lambda row: row.booked_at)] == [True, False, False, False]
    assert sum(row.information == "Meridian Design Studio" for row in page.transactions) == 24
    assert sum("Interest" in row.information for row in page.transactions) == 24


@pytest.mark.spec("RFC2606")
def test_no_mail_address_can_reach_anyone():
    addresses = [
        each.party("1").email for each in vars(catalogue).values() if isinstance(each, catalogue.Person | catalogue.Firm)
    ]
    assert len(addresses) >= 9
    assert {each.rpartition("@")[2].rpartition(".")[2] for each in addresses if not each.endswith("@example.com")} == {"example"}


async def test_every_account_has_a_statement_for_each_month_that_agrees_with_its_balances(seeded):
    accounts, _, page = await everything(seeded)
    bank = reader_of(seeded)
    for account in accounts:
        rows = (await bank.statements(BRAND, (account.id,), StatementFilter(limit=100))).rows
        assert len(rows) == 24 or rows[0].kind is StatementKind.ACCOUNT_CLOSURE
        assert all(later.starts_at - earlier.ends_at == timedelta(microseconds=1) for later, earlier in itertools.pairwise(rows))
        booked = [row for row in page.transactions if row.account_id == account.id and row.balance_after is not None]
        newest = max((row for row in booked if row.booked_at <= rows[0].ends_at), key=lambda row: row.sequence)
        closing = {each.figure: each.amount for each in rows[0].amounts}[StatementFigure.CLOSING_BALANCE]
        assert closing == newest.balance_after
        assert len(await bank.products(BRAND, (account.id,))) == 1


async def test_a_closed_or_switched_account_is_nowhere_to_share(seeded):
    accounts, _, _ = await everything(seeded)
    ended = {account.id: account for account in accounts if account.status != "enabled"}
    assert {(account.status, account.switched, account.eligible) for account in ended.values()} == {
        ("deleted", False, False),
        ("disabled", True, False),
    }
    for name in ("bob", "carol"):
        assert not ended.keys() & {account.id for account in await accounts_of(seeded, name)}


async def test_balances_stay_within_what_a_bank_would_allow(seeded):
    accounts, _, page = await everything(seeded)
    lines = {}
    for balance in await reader_of(seeded).balances(BRAND, tuple(account.id for account in accounts)):
        if balance.type is BalanceType.INTERIM_AVAILABLE:
            lines[balance.account_id] = sum(line.amount.minor for line in balance.credit_lines)
    loans = {account.id for account in accounts if account.type == "loan"}
    for row in page.transactions:
        if row.balance_after is not None and row.account_id not in loans:
            assert -lines[row.account_id] <= row.balance_after.minor <= 10_000_000


async def test_numbers_are_well_formed_and_unique(seeded):
    accounts, _, _ = await everything(seeded)
    identifiers = [identifier for account in accounts for identifier in account.identifiers]
    assert len({identifier.identification for identifier in identifiers}) == len(identifiers)
    for identifier in identifiers:
        number = identifier.identification
        if identifier.scheme is Scheme.SORT_CODE:
            assert len(number) == 14
            assert number.isdigit()
        elif identifier.scheme is Scheme.IBAN:
            assert is_iban(number)
        else:
            assert luhn(number) == 0


def luhn(number):
    """ISO/IEC 7812-1 annex B, written the other way round than in the code under test."""
    doubled = (int(digit) if index % 2 == 0 else sum(divmod(2 * int(digit), 10)) for index, digit in enumerate(reversed(number)))
    return sum(doubled) % 10


@pytest.mark.parametrize(("text", "valid"), [("GB82WEST12345698765432", True), ("GB82WEST12345698765433", False)])
def test_knows_an_iban_by_its_check_digits(text, valid):
    assert is_iban(text) is valid


async def test_personas_can_log_in_and_confirm_as_their_document_says(seeded):
    service = people(seeded)
    document = json.loads(json.dumps(await load_personas(seeded, SEALER, BRAND)))
    assert [persona["name"] for persona in document] == ["alice", "bob", "carol", "dave", "erin", "frank", "heavy"]
    for persona in document:
        psu = await service.check_password(BRAND, persona["username"], persona["password"])
        assert psu.display_name == persona["display_name"]
        assert [account.name for account in await accounts_of(seeded, persona["name"])] == [
            account["name"] for account in persona["accounts"]
        ]
        challenge = await service.start_sca(BRAND, psu, psu.sca_methods[0], "journey")
        evidence = await service.finish_sca(BRAND, psu, challenge, persona["otp"] or "")
        assert evidence.simulated
    assert service.simulated
    assert FIXED_CODE == "123456"


async def test_a_device_that_waits_confirms_on_command():
    device = SimulatedDevice(RandomIds(), waits=lambda authorisation_id: authorisation_id == "decoupled")
    assert (await device.ask(BRAND, ANN, "browser")).confirmed
    request = await device.ask(BRAND, ANN, "decoupled")
    assert not await device.has_confirmed(BRAND, ANN, request.reference)
    device.confirm(request.reference)
    assert await device.has_confirmed(BRAND, ANN, request.reference)
    assert not await device.has_confirmed(BRAND, Psu("psu-ben", "c-ben", "Ben", ("device",)), request.reference)
    device.confirm("unheard of")
    assert not await device.has_confirmed(BRAND, ANN, "unheard of")


async def test_the_other_device_is_answered_once_it_was_found_waiting():
    device = other_device(RandomIds())
    request = await device.ask(BRAND, ANN, "authorisation")
    assert not request.confirmed
    assert [await device.has_confirmed(BRAND, ANN, request.reference) for _ in range(3)] == [False, True, True]
    assert not await device.has_confirmed(BRAND, Psu("psu-ben", "c-ben", "Ben", ("decoupled",)), request.reference)


async def test_a_device_remembers_no_more_than_so_many_requests(monkeypatch):
    monkeypatch.setattr(authenticators, "REMEMBERED_MAX", 2)
    device = SimulatedDevice(RandomIds())
    first, *others = [await device.ask(BRAND, ANN, "browser") for _ in range(3)]
    assert not await device.has_confirmed(BRAND, ANN, first.reference)
    assert all([await device.has_confirmed(BRAND, ANN, other.reference) for other in others])


@pytest.mark.parametrize("interrupted_at", [0, 6])
async def test_a_start_that_fails_anywhere_is_completed_by_the_next(seeded, migrated_sqlite_url, interrupted_at):
    calls = itertools.count()

    def interrupt(done, total, what):
        if next(calls) == interrupted_at:
            raise InterruptedError

    async with Database.open(migrated_sqlite_url) as database:
        with pytest.raises(InterruptedError):
            await seed(database, progress=interrupt)
        await seed(database, clock=ManualClock(NOW + timedelta(days=3)))
        accounts, balances, page = await everything(database)
        expected = await everything(seeded)
        assert {account.id: account for account in accounts} == {account.id: account for account in expected[0]}
        assert balances == expected[1]
        assert [row.id for row in page.transactions] == [row.id for row in expected[2].transactions]


SEED_AND_SAY = """
import asyncio
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from sandbox.bank.seed import seed_bank

BRAND = Brand("main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "x")


async def main(url, heavy):
    clock, sealer = ManualClock(datetime(2026, 7, 1, 12, tzinfo=UTC)), Sealer({1: b"k" * 32})
    async with Database.open(url) as database:
        say = lambda done, total, what: print(what, flush=True)
        await seed_bank(database, sealer, clock, "1", BRAND, say, heavy_transactions=heavy)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def kill_while_writing(household, url):
    """Seed in a process of its own and kill it as soon as it says that it writes that household."""
    command = [sys.executable, "-c", SEED_AND_SAY, url, str(FEW)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for printed in process.stdout:
            if printed.strip() == household:
                process.kill()
                break
    return process.returncode


async def test_a_killed_start_is_completed_by_the_next(seeded, migrated_sqlite_url):
    """SIGKILL while the last household is being written."""
    assert await asyncio.to_thread(kill_while_writing, "heavy", migrated_sqlite_url) == -signal.SIGKILL
    async with Database.open(migrated_sqlite_url) as database:
        made = await Books(database.read).bank.households(BRAND.name)
        assert "alice" in made
        assert "heavy" not in made
        await seed(database)
        rows, expected = await everything(database), await everything(seeded)
        assert [row.id for row in rows[2].transactions] == [row.id for row in expected[2].transactions]


async def test_migrations_and_tables_agree(database):
    assert await find_differences(database, "sandbox.bank.migrations") == []

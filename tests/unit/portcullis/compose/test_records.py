"""Access records as they are written: a group is two statements, and only an answer with data counts as use of a consent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent.store.rows.last_used import LastUsed, load_last_used
from gateway.pipeline.refusals import RefusalWindows
from gateway.ports import Access
from kernel import json
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.storage.database import Database
from portcullis.compose.records import access_writer, entry_writer, refusals_entry
from tests.harness.books.books import Books
from tests.harness.books.records import open_journal
from tests.world.brands import START

READ = Access(
    brand="main",
    operation="read_balances",
    dialect="book",
    caller_id="client-1",
    actor="client:client-1",
    consent_id="consent-1",
    psu_present=True,
    account_ids=("a1",),
    status=200,
    outcome="allowed",
    at=START,
    interaction_id="i",
    milliseconds=1.0,
)


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        yield database


def runner(database):
    return Commands(database=database, clock=ManualClock(START), journal=open_journal())


async def written(database, *accesses, ahead=timedelta()):
    clock = ManualClock(START)
    clock.offset = ahead
    await access_writer(runner(database), clock)(accesses)
    async with database.read() as connection:
        return len(await Books(database.read).records.entries()), await load_last_used(
            connection, "main", ["consent-1", "consent-2", ""]
        )


async def test_only_an_answered_read_is_a_use(database):
    entries, used = await written(
        database,
        READ,
        replace(READ, at=START + timedelta(minutes=1), status=403, outcome="permission_missing", account_ids=()),
        replace(READ, consent_id="consent-2", status=429, outcome="rate_exceeded", account_ids=()),
        replace(READ, consent_id="", account_ids=()),
    )
    assert entries == 4
    assert used == {"consent-1": LastUsed(START, None)}


async def test_a_use_without_the_psu_is_distinguished(database):
    later = START + timedelta(minutes=1)
    _, used = await written(database, READ, replace(READ, at=later, psu_present=False))
    assert used == {"consent-1": LastUsed(later, later)}


async def test_a_psu_reads_business_time(database):
    """Where business time runs ahead, a use is not before the grant."""
    _, used = await written(database, READ, ahead=timedelta(days=90))
    assert used["consent-1"].at == START + timedelta(days=90)


async def test_a_group_is_written_in_two_statements(database):
    before = database.statements
    writer = access_writer(runner(database), ManualClock(START))
    await writer([replace(READ, consent_id=f"consent-{number}") for number in range(200)])
    assert database.statements - before == 2 + database.is_sqlite  # SQLite counts its BEGIN


async def test_refusals_without_end_are_one_row_of_each_window(database):
    """Read back as an operator would: who, why, how often, since when and until when."""
    ended = []
    windows = RefusalWindows(ended.append, lambda: 0.0)
    for number in range(500):
        refused = replace(READ, status=429, outcome="rate_exceeded", rule="default", account_ids=())
        windows.record(replace(refused, at=START + timedelta(seconds=number)))
    windows.end(early=True)
    await entry_writer(runner(database))([refusals_entry(each) for each in ended])
    (row,) = await Books(database.read).records.entries()
    assert (row.kind, row.aggregate_id, row.actor, row.at) == ("access.refused", "client-1", "client:client-1", START)
    facts = json.decode(row.facts, dict)
    assert (facts["outcome"], facts["rule"], facts["count"]) == ("rate_exceeded", "default", 500)
    assert facts["until"] == (START + timedelta(seconds=499)).isoformat()

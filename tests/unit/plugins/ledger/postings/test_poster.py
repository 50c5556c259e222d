"""The poster: batches, repetition by id, and one bad entry among many."""

import asyncio
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import structlog

from kernel.clock import ManualClock
from kernel.errors import UpstreamFailed
from plugins.ledger import tables
from plugins.ledger.refusals import EntryMismatched, EntryRepeated, FundsInsufficient
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.simulated.client import SimulatedRail
from plugins.upstreams.own_accounts import OwnNumbers
from portcullis.compose.payments import Books, open_built_in_payments
from tests.harness.patience import PATIENCE_SECONDS
from tests.unit.plugins.ledger.scene import SEALER, WORLD, LedgerEntry, Leg, leg, paying_out, pounds, transfer
from tests.world.brands import BRAND


async def test_many_at_once_are_one_batch_in_the_order_of_arrival(scene):
    before = scene.database.statements
    numbers = await asyncio.gather(*(scene.poster.post("main", transfer(f"t{number}", 1)) for number in range(200)))
    assert numbers == sorted(numbers)
    assert numbers[-1] - numbers[0] == 2 * 199
    assert scene.database.statements - before < 20  # two batches at most, of any size
    await scene.check_whole()


async def test_the_number_of_statements_does_not_grow_with_the_batch(scene):
    """The pin of its cost: seven or eight, for one entry and for a thousand that capture their holds."""
    spent = {}
    for count in (1, 400):
        for number in range(count):
            await scene.hold(f"o{count}-{number}", 1)
        before = scene.database.statements
        await asyncio.gather(*(scene.poster.post("main", paying_out(f"o{count}-{number}", 1)) for number in range(count)))
        spent[count] = scene.database.statements - before
    assert spent[1] <= 12
    assert spent[400] <= spent[1]
    await scene.check_whole()


async def test_an_entry_that_is_there_already_gets_its_first_number(scene):
    (first,) = await scene.post(transfer("once", 100))
    await scene.post(transfer("another", 100))
    assert await scene.post(transfer("once", 100)) == [first]
    assert await scene.standing() == (4_800, 0, 3)
    with pytest.raises(EntryRepeated):
        await scene.post(transfer("once", 101))
    with pytest.raises(EntryRepeated):
        await scene.post(transfer("once", 100, "b", "a"))
    await scene.check_whole()


async def test_a_bad_entry_is_refused_and_the_others_of_its_batch_are_booked(scene):
    entries = [transfer(f"t{number}", 10) for number in range(20)]
    entries[3] = transfer("rich", 50_000)
    entries[11] = LedgerEntry("nowhere", (leg("unknown", -5, "n"), Leg(WORLD, pounds(5))))
    outcomes = await asyncio.gather(*(scene.poster.post("main", entry) for entry in entries), return_exceptions=True)
    refused = {number: type(outcome) for number, outcome in enumerate(outcomes) if not isinstance(outcome, int)}
    assert refused == {3: FundsInsufficient, 11: EntryMismatched}
    assert await scene.standing() == (4_820, 0, 19)
    numbers = [row.sequence for row in await scene.rows(tables.postings)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    await scene.check_whole()


async def test_what_only_the_database_refuses_is_found_by_halving(scene):
    """Two lines with the id of a transaction that stands: the index alone knows."""
    entries = [transfer(f"t{number}", 10) for number in range(15)]
    for number in (4, 9):
        entries[number] = LedgerEntry(f"bad{number}", (Leg("a", pounds(-5), leg("a", 5_000, "f").line), Leg(WORLD, pounds(5))))
    outcomes = await asyncio.gather(*(scene.poster.post("main", entry) for entry in entries), return_exceptions=True)
    assert [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, int)] == [4, 9]
    assert await scene.standing() == (4_870, 0, 14)
    await scene.check_whole()


async def answers(scene, *entries):
    """The outcome of each of them, asked for at once."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await asyncio.gather(*(scene.poster.post("main", entry) for entry in entries), return_exceptions=True)


async def test_the_twin_of_a_refused_entry_is_refused_with_it(scene):
    found = await answers(scene, *[transfer("rich", 50_000)] * 3, transfer("t", 10))
    assert [type(each) for each in found] == [FundsInsufficient] * 3 + [int]
    await scene.check_whole()


async def test_another_entry_under_the_id_of_a_refused_one_is_judged_by_itself(scene):
    found = await answers(scene, *(transfer("same", minor) for minor in (50_000, 60_000, 100, 100, 200)))
    assert [type(each) for each in found[:2]] == [FundsInsufficient] * 2
    assert found[2] == found[3] == await scene.poster.post("main", transfer("same", 100))
    assert isinstance(found[4], EntryRepeated)
    await scene.check_whole()


FAULTS_OF_THE_SCHEMA = {
    "a table is missing": dict.fromkeys(("sqlite", "postgresql"), "ALTER TABLE ledger_postings RENAME TO away"),
    "a rule is foreign": {
        "sqlite": "CREATE TRIGGER foreign_rule BEFORE INSERT ON ledger_entries BEGIN SELECT raise(ABORT, 'foreign'); END",
        "postgresql": "ALTER TABLE ledger_entries ADD CONSTRAINT foreign_rule CHECK (legs > 9) NOT VALID",
    },
}


@pytest.mark.parametrize("fault", FAULTS_OF_THE_SCHEMA)
async def test_a_database_of_another_release_refuses_nothing_and_answers_all(scene, fault):
    """A half-run migration, or a right that is missing, says nothing of an entry; twins are answered too."""
    by_kind = FAULTS_OF_THE_SCHEMA[fault]
    await scene.database.write(lambda connection: connection.exec_driver_sql(by_kind[connection.dialect.name]))
    with structlog.testing.capture_logs() as logs:
        found = await answers(scene, *[transfer("same", 100)] * 3, transfer("other", 100))
    assert {type(each) for each in found} == {UpstreamFailed}
    assert {(each["event"], each["log_level"]) for each in logs} == {("batch_not_booked", "error")}


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Europe/London", "2026-03-28T23:30Z", "2026-03-28"),
        ("Europe/London", "2026-03-29T23:30Z", "2026-03-30"),  # the clocks went forward that night
        ("Europe/London", "2026-06-30T22:59:59Z", "2026-06-30"),
        ("Europe/London", "2026-06-30T23:00Z", "2026-07-01"),
        ("Europe/London", "2026-10-24T23:30Z", "2026-10-25"),
        ("Europe/London", "2026-10-25T23:30Z", "2026-10-25"),  # and back
        ("Europe/Paris", "2026-12-31T23:00Z", "2027-01-01"),
        ("America/New_York", "2026-07-01T03:59Z", "2026-06-30"),
    ],
)
async def test_an_entry_is_of_the_day_that_it_is_where_its_bank_is(scene, zone, at, day):
    """As a server joins the parts."""
    books, rails = (
        Books(scene.database, SEALER, ManualClock(datetime.fromisoformat(at))),
        Rails.of(SimulatedRail(FASTER_PAYMENTS, lambda: ("", 0))),
    )
    brand = replace(BRAND, name="main", zone=ZoneInfo(zone))
    async with open_built_in_payments(books, (brand,), rails, OwnNumbers()) as payments:
        await payments.poster.post("main", transfer("at-midnight", 1))
    dated = {row.id: row.value_date.isoformat() for row in await scene.rows(tables.entries)}
    assert dated["at-midnight"] == day

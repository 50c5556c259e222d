"""The poster: batches, repetition by id, and one bad entry among many."""

import asyncio

import pytest

from plugins.ledger import tables
from plugins.ledger.refusals import EntryMismatched, EntryRepeated, FundsInsufficient
from tests.unit.plugins.ledger.scene import WORLD, LedgerEntry, Leg, leg, paying_out, pounds, transfer


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

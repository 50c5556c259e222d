"""`find_discrepancies`: each kind of damage that goes behind the rules is found and named."""

import re

import pytest

from plugins.ledger.verified_lines import rewritten_lines
from plugins.ledger.verify import Discrepancy, count_compared, find_discrepancies
from sandbox.bank.erasure import RULED, lift_rules
from tests.unit.plugins.ledger.scene import WORLD, paying_out, transfer

FORGED = "INSERT INTO ledger_postings (brand, entry_id, leg, account_id, version, sequence, amount_minor, after_minor) VALUES ('main', 't', 3, 'a', 99, 99, 5, 5)"
DAMAGE = {
    "UPDATE ledger_accounts SET booked = booked + 1 WHERE id = 'a'": {
        ("balance is not the sum of its postings", "a"),
        ("lines do not sum to the balance", "a"),
        ("trial balance is not zero", "GBP"),
    },
    "UPDATE ledger_accounts SET version = 7 WHERE id = 'a'": {("version is not the number of its postings", "a")},
    "UPDATE ledger_accounts SET held = 0 WHERE id = 'a'": {("held is not the sum of its open holds", "a")},
    "UPDATE ledger_postings SET after_minor = 1 WHERE entry_id = 't' AND leg = 1": {("postings do not form a chain", "a"), ("line is not what was posted", "t-a--7")},
    "UPDATE ledger_postings SET sequence = 1 WHERE entry_id = 't' AND leg = 2": {
        ("postings do not form a chain", "b"),
        ("line is not what was posted", "t-b-7"),
        ("posting has no line", "t"),
    },
    "UPDATE ledger_entries SET legs = 3 WHERE id = 't'": {("entry has other legs than it says", "t")},
    "INSERT INTO ledger_entries (brand, id, kind, legs, value_date, recorded_at, cause) VALUES ('main', 'x', 'transfer', 2, '2026-07-01', 1, 'x')": {
        ("entry has other legs than it says", "x")
    },
    "DELETE FROM ledger_entries WHERE id = 't'": {("posting has no entry", "t")},
    FORGED: {
        ("balance is not the sum of its postings", "a"),
        ("version is not the number of its postings", "a"),
        ("postings do not form a chain", "a"),
        ("entry has other legs than it says", "t"),
        ("entry does not sum to zero in each currency", "t"),
        ("posting has no line", "t"),
        ("booking numbers were moved", "main"),
    },
    "UPDATE ledger_holds SET entry_id = 't' WHERE id = 'p'": {("captured hold was not spent", "p")},
    "UPDATE ledger_transactions SET amount_minor = 1 WHERE account_id = 'b' AND amount_minor = 7": {
        ("lines do not sum to the balance", "b"),
        ("line is not what was posted", "t-b-7"),
    },
    "UPDATE ledger_transactions SET amount_minor = CASE id WHEN 't-a--7' THEN -107 ELSE 0 END WHERE id IN ('t-a--7', 'p-a--100')": {
        ("line is not what was posted", "t-a--7"),
        ("line is not what was posted", "p-a--100"),
    },
    "UPDATE ledger_holds SET state = 'captured', captured_minor = 100, entry_id = 'p', ended_at = 1 WHERE id = 'o'": {
        ("held is not the sum of its open holds", "a"),
        ("captured hold was not spent", "o"),
        ("captured hold was not spent", "p"),
    },
    "UPDATE ledger_sequences SET last = 9000000000000000000": {("booking numbers were moved", "main")},
    "UPDATE ledger_sequences SET last = 1": {("booking numbers were moved", "main")},
    "UPDATE ledger_entries SET kind = 'payment' WHERE id = 't'": {("payment was not asked for, or was refused", "t")},
    "UPDATE ledger_entries SET kind = 'payment', recorded_at = 1 WHERE id = 't'": {
        ("payment was not asked for, or was refused", "t"),
        ("payment is dated otherwise than its entry", "t-a--7"),
        ("payment is dated otherwise than its entry", "t-b-7"),
    },
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_behind_the_rules_is_found_and_named(scene, damage):
    await scene.hold("o", 100)
    await scene.hold("p", 100)
    await scene.post(transfer("t", 7), paying_out("p", 100))
    await scene.check_whole()

    found = []

    async def damaged(connection):
        await lift_rules(connection)
        await connection.exec_driver_sql(damage)
        found.extend(await find_discrepancies(connection, "main"))
        raise Undone

    with pytest.raises(Undone):
        await scene.database.write(damaged)
    assert set(found) == {Discrepancy(*each) for each in DAMAGE[damage]}
    await scene.check_whole()


class Undone(Exception):
    pass


async def test_lines_are_compared_with_postings_without_a_join(scene):
    """A database that has not looked at its tables yet, as after an import, guesses that they are small: it would compare each with each."""
    explain = "EXPLAIN QUERY PLAN" if scene.database.is_sqlite else "EXPLAIN"
    async with scene.database.read() as connection:
        dialect = connection.sync_connection.dialect
        statement = rewritten_lines("main").compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in await connection.exec_driver_sql(f"{explain} {statement}"))
    assert ("UNION ALL" if scene.database.is_sqlite else "Append") in plan, plan
    assert not re.search("nested loop|join", plan, re.IGNORECASE), plan


async def test_what_was_compared_is_counted(scene):
    await scene.hold("o", 100)
    async with scene.database.read() as connection:
        counted = await count_compared(connection, "main")
    assert counted == (3, 2, 4, 1, 0)
    assert {table.name for table in RULED} == {
        f"ledger_{name}" for name in ("accounts", "entries", "postings", "transactions", "holds")
    }
    assert (await scene.standing(WORLD))[0] == -10_000

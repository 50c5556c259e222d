"""The lessons of other ledgers, each as a test of ours on both databases.

Those of the whole house stand with their own subjects: the same key with another body, and conflicts that are answered and never fail, with
the idempotency of commands and orders; canonical bytes with a format number with the journal and the sealed documents."""

import asyncio
import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.banking.money import Money
from kernel.errors import Problem
from plugins.ledger import tables
from plugins.ledger.accounts.internal import FEES_INCOME, FX_POSITION, internal_account_id
from plugins.ledger.holds.hold import Hold
from plugins.ledger.holds.placement import expire_holds, place_holds
from plugins.ledger.postings.entries import AppliedRate, Capture, LedgerEntry, PendingPayment
from plugins.ledger.postings.patterns import PATTERNS, compose
from plugins.ledger.postings.reversal import mirror_entry
from plugins.ledger.refusals import (
    EntryMismatched,
    EntryRepeated,
    EntryReversed,
    EntryUnknown,
    FundsInsufficient,
    HoldEnded,
    HoldMismatched,
    HoldUnknown,
    QuoteUsed,
)
from tests.unit.plugins.ledger.scene import NOW, WORLD, Narrative, Scene, forced, leg, line, opening, paying_out, pounds, transfer


async def outcomes_of(*awaited):
    """Numbers, or the refusals' classes."""
    found = await asyncio.gather(*awaited, return_exceptions=True)
    return [type(each) if isinstance(each, Problem) else each for each in found]


async def test_1_open_holds_and_booked_money_never_exceed_the_funds(scene):
    held = await outcomes_of(*(scene.hold(f"h{number}", 1_000) for number in range(6)))
    assert sorted(map(str, held)) == sorted([*(["None"] * 5), str(FundsInsufficient)])
    assert await scene.standing() == (5_000, 5_000, 1)
    with pytest.raises(FundsInsufficient):
        await scene.post(transfer("t", 1))
    await scene.check_whole()


async def test_2_a_rejected_hold_cannot_be_captured_by_its_id(scene):
    with pytest.raises(FundsInsufficient):
        await scene.hold("h", 5_001)
    with pytest.raises(HoldUnknown):
        await scene.post(paying_out("h", 100))


async def test_3_a_capture_is_once_and_of_something_and_within_the_hold(scene):
    await scene.hold("h", 1_000)
    for wrong in (1_001, 0, -5):
        captures = (Capture("h", pounds(wrong)),)
        with pytest.raises(HoldMismatched):
            await scene.post(LedgerEntry(f"w{wrong}", paying_out("h", 1_001).legs, "instant_out", captures=captures))
    assert await scene.standing() == (5_000, 1_000, 1)
    await scene.post(paying_out("h", 400))
    assert await scene.standing() == (4_600, 0, 2)  # the rest is free again
    with pytest.raises(HoldEnded):
        await scene.post(
            LedgerEntry("again", paying_out("again", 400).legs, "instant_out", captures=(Capture("h", pounds(400)),))
        )


class Killed(Exception):
    pass


async def post_killed_after(scene, statements):
    """Post, and die at the statement after so many."""
    engine, left = scene.database._writers.sync_engine, iter(range(statements))

    def kill(*_):
        if next(left, None) is None:
            raise Killed

    async def work(connection):
        sa.event.listen(engine, "before_cursor_execute", kill)
        try:
            await scene.ledger.post(connection, "main", [paying_out("h", 700)])
        finally:
            sa.event.remove(engine, "before_cursor_execute", kill)

    await scene.database.write(work)


async def test_4_a_killed_transaction_leaves_nothing(scene):
    """Between any two of its statements: there is no moment at which a balance has changed and its entry is not there."""
    await scene.hold("h", 1_000)
    for survived in itertools.count():
        try:
            await post_killed_after(scene, survived)
        except Killed:
            assert await scene.standing() == (5_000, 1_000, 1)
            assert len(await scene.rows(tables.entries)) == 2
            await scene.check_whole()
        else:
            break
    assert survived >= 6
    assert await scene.standing() == (4_300, 0, 2)


async def test_5_an_exchange_captures_at_its_locked_rate_and_both_currencies_appear(scene):
    await scene.open(opening("euro", "EUR"))
    await scene.hold("fx", 1_000)
    accounts = {"payer": "a", "payee": "euro"}
    accounts |= {
        "position_sold": internal_account_id(FX_POSITION, "GBP"),
        "position_bought": internal_account_id(FX_POSITION, "EUR"),
    }
    amounts = {"sold": pounds(1_000), "bought": Money("EUR", 1_163)}
    rate = AppliedRate(rate=Decimal("1.163"), source="desk", quote_id="q1")
    facts = {"captures": (Capture("fx", pounds(1_000)),), "applied_rate": rate}
    await scene.post(compose("exchange_out", "fx", accounts, amounts, {"payer": line("fx-out"), "payee": line("fx-in")}, **facts))
    assert await scene.standing() == (4_000, 0, 2)
    assert await scene.standing("euro") == (1_163, 0, 1)
    (entry,) = [row for row in await scene.rows(tables.entries) if row.id == "fx"]
    assert (entry.legs, entry.rate, entry.rate_source, entry.quote_id) == (4, "1.163", "desk", "q1")
    with pytest.raises(QuoteUsed):
        await scene.post(
            compose("exchange_out", "again", accounts, amounts, {"payer": line("o2"), "payee": line("i2")}, applied_rate=rate)
        )
    await scene.check_whole()


async def test_6_a_bulk_of_holds_is_placed_as_one_or_not_at_all(scene):
    async def place(*asked):
        holds = [Hold(id=name, account_id=account, amount=pounds(minor)) for name, account, minor in asked]
        await scene.database.write(lambda connection: place_holds(connection, "main", holds, NOW))

    with pytest.raises(FundsInsufficient):
        await place(("1", "b", 100), ("2", "a", 3_000), ("3", "a", 3_000))
    assert [await scene.state_of(each) for each in "123"] == [None] * 3
    await place(("1", "b", 100), ("2", "a", 3_000), ("3", "a", 2_000))
    assert [await scene.state_of(each) for each in "123"] == ["open"] * 3
    assert await scene.standing() == (5_000, 5_000, 1)


async def test_7_of_two_captures_of_one_hold_one_wins(scene):
    await scene.hold("h", 1_000)
    entries = [LedgerEntry(name, paying_out(name, 1_000).legs, captures=(Capture("h", pounds(1_000)),)) for name in ("x", "y")]
    found = await outcomes_of(*(scene.poster.post("main", entry) for entry in entries))
    assert sorted(isinstance(each, int) for each in found) == [False, True]
    assert HoldEnded in found
    assert await scene.standing() == (4_000, 0, 2)


async def test_8_a_captured_hold_is_pending_nowhere(scene):
    pending = PendingPayment(id="card", account_id="a", amount=pounds(-900), booked_at=NOW, narrative=Narrative("Card payment"))
    await scene.database.write(lambda connection: scene.ledger.announce(connection, "main", pending))
    await scene.post(LedgerEntry("e", paying_out("e", 900).legs, captures=(Capture("card", pounds(900)),)))
    assert [row.status for row in await scene.rows(tables.transactions) if row.ended_by is None and row.account_id == "a"] == [
        "booked",
        "booked",
    ]
    assert await scene.state_of("card") == "captured"
    assert await scene.standing() == (4_100, 0, 2)


async def test_9_of_two_reversals_of_one_entry_one_is_booked(scene):
    await scene.post(transfer("t", 100))

    async def reversal(name):
        async with scene.database.read() as connection:
            return await mirror_entry(connection, "main", "t", name, {1: line(f"{name}-1"), 2: line(f"{name}-2")})

    found = await outcomes_of(*[scene.poster.post("main", await reversal(name)) for name in ("r1", "r2")])
    assert sorted(isinstance(each, int) for each in found) == [False, True]
    assert EntryReversed in found
    assert (await scene.standing())[0] == 5_000
    with pytest.raises(EntryReversed):
        await scene.post(await reversal("r3"))
    async with scene.database.read() as connection:
        with pytest.raises(EntryUnknown):
            await mirror_entry(connection, "main", "ghost", "r4", {})
    await scene.check_whole()


async def test_10_and_14_first_uses_of_accounts_and_the_ledger_at_one_time_neither_collide_nor_deadlock(scene):
    """The ids are the callers'; the bank's own accounts are opened by whichever entry names them first."""
    other = Scene(scene.database, scene.poster, scene.clock, "second")
    await other.open(opening("a"), opening("b"))
    entries = [
        forced(
            transfer(
                f"t{number}",
                10,
                *(("a", f"internal:new{number % 3}:GBP") if number % 2 else (f"internal:new{number % 3}:GBP", "b")),
            )
        )
        for number in range(30)
    ]
    found = await outcomes_of(*(each.poster.post(each.brand, entry) for entry in entries for each in (scene, other)))
    assert all(isinstance(each, int) for each in found)
    assert scene.database.deadlocks == 0
    for each in (scene, other):
        await each.check_whole()


async def test_11_the_same_id_twice_in_one_batch_is_one_entry(scene):
    numbers = await asyncio.gather(*(scene.poster.post("main", transfer("once", 100)) for _ in range(5)))
    assert len(set(numbers)) == 1
    assert await scene.standing() == (4_900, 0, 2)


async def test_12_the_same_id_with_other_amounts_at_one_time_writes_one_of_them(scene):
    found = await outcomes_of(*(scene.poster.post("main", transfer("once", minor)) for minor in (100, 200, 300)))
    assert sorted(map(str, found[1:])) == [str(EntryRepeated)] * 2
    assert await scene.standing() == (4_900, 0, 2)
    assert len([row for row in await scene.rows(tables.entries) if row.id == "once"]) == 1


async def test_13_every_verb_refuses_a_conflict_and_none_fails(scene):
    await scene.hold("h", 100)
    await scene.post(transfer("t", 100))
    for verb in (
        scene.hold("h", 200),
        scene.hold("h", 100, "b"),
        scene.release("ghost"),
        scene.post(transfer("t", 99)),
        scene.post(LedgerEntry("c", paying_out("c", 5).legs, captures=(Capture("ghost", pounds(5)),))),
        scene.post(transfer("r", 5, reverses="ghost")),
        scene.hold("g", 1, "ghost"),
    ):
        with pytest.raises(Problem):
            await verb
    await scene.check_whole()


async def test_16_a_value_date_never_reorders_what_was_booked(scene):
    dates = [date(2026, 7, 1), date(2020, 1, 1), date(2026, 6, 30)]
    for number, day in enumerate(dates):
        await scene.post(transfer(f"t{number}", 10, value_date=day))
    rows = sorted((row for row in await scene.rows(tables.postings) if row.account_id == "a"), key=lambda row: row.version)
    assert [row.after_minor for row in rows] == [5_000, 4_990, 4_980, 4_970]
    assert [row.sequence for row in rows] == sorted(row.sequence for row in rows)
    stored = {row.id: row.value_date for row in await scene.rows(tables.entries)}
    assert [stored[f"t{number}"] for number in range(3)] == dates
    await scene.check_whole()


async def test_18_two_brands_share_every_id_and_nothing_else(scene):
    other = Scene(scene.database, scene.poster, scene.clock, "second")
    await other.open(opening("a"), opening("b"), funds=700)
    for each in (scene, other):
        await each.hold("h", 300)
        await each.post(transfer("t", 100), paying_out("h", 300))
    assert [(await each.standing())[0] for each in (scene, other)] == [4_600, 300]
    await scene.check_whole()
    await other.check_whole()


async def test_19_and_20_what_is_released_is_free_at_once_and_a_second_release_changes_nothing(scene):
    await scene.hold("h", 5_000)
    assert await scene.release("h") is True
    assert await scene.standing() == (5_000, 0, 1)
    assert await scene.release("h") is False
    assert await scene.standing() == (5_000, 0, 1)
    with pytest.raises(HoldEnded):
        await scene.hold("h", 5_000)
    await scene.hold("i", 5_000)
    await scene.post(paying_out("i", 5_000))  # who holds all they have can pay
    with pytest.raises(HoldEnded):
        await scene.release("i")


async def test_22_what_was_posted_is_found_at_once(scene):
    for number in range(20):
        await scene.post(transfer(f"t{number}", 1))
        assert (await scene.standing())[0] == 4_999 - number
        assert await scene.post(transfer(f"t{number}", 1))


async def test_a_hold_is_placed_once_however_often_it_is_asked_for(scene):
    await asyncio.gather(*(scene.hold("h", 4_000) for _ in range(10)))
    assert await scene.standing() == (5_000, 4_000, 1)


async def test_holds_of_different_customers_never_wait_for_one_another(scene):
    """One transaction holds on `a` and does not commit; `b`, on a connection of its own, is not kept."""
    if scene.database.is_sqlite:
        return  # one writer at a time
    placed, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection):
        await place_holds(connection, "main", [Hold(id="slow", account_id="a", amount=pounds(10))], NOW)
        placed.set()
        await go_on.wait()

    first = asyncio.create_task(scene.database.write(slow))
    await placed.wait()
    await scene.hold("quick", 10, "b")
    assert await scene.state_of("quick") == "open"
    go_on.set()
    await first


async def test_only_a_hold_with_an_end_expires(scene):
    await scene.hold("order", 1_000)
    await scene.hold("card", 2_000, expires_at=NOW + timedelta(days=7))

    async def expire(at):
        return await scene.database.write(lambda connection: expire_holds(connection, "main", at, 10))

    assert await expire(NOW) == 0
    assert await expire(NOW + timedelta(days=3650)) == 1
    assert await scene.standing() == (5_000, 1_000, 1)
    assert [await scene.state_of(each) for each in ("order", "card")] == ["open", "expired"]


async def test_a_fee_is_booked_in_the_entry_of_its_payment(scene):
    await scene.hold("o", 1_025)
    accounts = {
        "payer": "a",
        "clearing": "internal:rail:faster_payments:clearing:GBP",
        "fees": internal_account_id(FEES_INCOME, "GBP"),
    }
    lines = {"payer": line("paid"), "payer.fee": line("fee")}
    captures = (Capture("o", pounds(1_025)),)
    await scene.post(
        compose("instant_out", "o", accounts, {"amount": pounds(1_000), "fee": pounds(25)}, lines, captures=captures)
    )
    assert await scene.standing() == (3_975, 0, 3)
    assert (await scene.standing(accounts["fees"]))[0] == 25
    await scene.check_whole()


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_pattern_balances_for_any_amounts(kind):
    accounts = {side.role: f"account of {side.role}" for side in PATTERNS[kind]}
    bought = {"bought", "remainder"}
    amounts = {side.amount: Money("EUR" if side.amount in bought else "GBP", 7 * len(side.amount)) for side in PATTERNS[kind]}
    entry = compose(kind, "e", accounts, amounts, {})
    for currency in ("GBP", "EUR"):
        assert sum(each.amount.minor for each in entry.legs if each.amount.currency == currency) == 0
    with pytest.raises(EntryMismatched):
        compose(kind, "e", accounts, {**amounts, "tip": pounds(1)}, {})
    with pytest.raises(EntryMismatched):
        compose(kind, "e", {}, amounts, {})


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "release", "capture", "pay", "receive"]),
        st.sampled_from("ab"),
        st.integers(0, 4),
        st.integers(1, 4_000),
    ),
    min_size=5,
    max_size=25,
)
_runs = itertools.count()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
async def test_money_is_conserved_under_any_holds_captures_and_postings_at_one_time(scene, acts):
    """Each example is a brand of its own; what is refused is refused, and no account is ever below its floor."""
    books = Scene(scene.database, scene.poster, scene.clock, f"brand{next(_runs)}")
    await books.open(opening("a"), opening("b", credit_line=1_000), funds=5_000)

    async def act(number, verb, account, which, minor):
        match verb:
            case "hold":
                await books.hold(f"h{which}", minor, account)
            case "release":
                await books.release(f"h{which}")
            case "capture":
                await books.post(
                    LedgerEntry(
                        f"c{number}",
                        paying_out(f"c{number}", minor, account=account).legs,
                        captures=(Capture(f"h{which}", pounds(minor)),),
                    )
                )
            case "pay":
                await books.post(transfer(f"p{number}", minor, account, "b" if account == "a" else "a"))
            case "receive":
                await books.post(LedgerEntry(f"r{number}", (leg(account, minor, f"r{number}"), leg(WORLD, -minor, ""))))

    found = await asyncio.gather(*(act(number, *each) for number, each in enumerate(acts)), return_exceptions=True)
    assert {type(each) for each in found if each is not None} <= {
        FundsInsufficient,
        HoldUnknown,
        HoldEnded,
        HoldMismatched,
    }
    for account, floor in (("a", 0), ("b", -1_000)):
        booked, held, _ = await books.standing(account)
        assert booked - held >= floor
        assert held >= 0
    await books.check_whole()

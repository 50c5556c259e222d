"""Statements against the bank's own books: what agrees is matched once, what does not is a break until it agrees or people resolve it."""

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from kernel.errors import FieldInvalid
from orders.operators.operator import Operator
from orders.reconciliation.broken import OPEN_BREAKS, Break, BreakClass, BreakState
from orders.reconciliation.chain import Verdict, imported
from orders.reconciliation.decisions import Approve, Assign, Discard, Propose
from orders.reconciliation.lines import lines_of
from orders.reconciliation.reconciliation import Reconciliation
from orders.reconciliation.report import Report
from orders.reconciliation.statement import Booked, Part, Statement
from orders.reconciliation.tables import break_events, breaks, matches, resolved_alone
from orders.settlement.ports import Against
from orders.staff import Ruling, Staff
from orders.staff import Verdict as Decision
from tests.world.brands import BRAND, START
from tests.world.operators import ANN, BEA, CEM, operator
from tests.world.settled_money import REJECTED, SettledMoney

TODAY = START.date()


def gbp(minor: int) -> Money:
    return Money("GBP", minor)


async def reconcile(money: SettledMoney, *statements: Statement) -> Report:
    await money.reconciliation.import_statements(BRAND, statements)
    return await money.reconciliation.run(BRAND)


def of(report: Report) -> list[tuple[str, int]]:
    return [(each.broken.kind.value, each.broken.effect.minor) for each in report.breaks]


def with_parts(statement: Statement, change) -> Statement:
    """A statement whose payments are changed by `change`, and whose sums follow."""
    assert statement.opening is not None
    entries = []
    for entry in statement.entries:
        parts = tuple(change(list(entry.parts)))
        entries.append(replace(entry, parts=parts, amount=gbp(sum(part.amount.minor for part in parts))))
    closing = statement.opening.amount.minor + sum(entry.amount.minor for entry in entries)
    return replace(statement, entries=tuple(entries), closing=replace(statement.closing, amount=gbp(closing)))


async def state(money: SettledMoney) -> list[list[tuple]]:
    """All that reconciliation has written, less when and sealed how."""
    kept = [sorted(row[:4] for row in await money.world.rows(table)) for table in (matches, breaks, break_events)]
    return [*kept, await money.world.records()]


async def test_a_day_that_agrees_is_clean_and_a_second_run_changes_nothing(both_money: SettledMoney) -> None:
    money = both_money
    await money.pay(700)
    order = await money.pay(250)
    await money.pay(900, REJECTED)
    money.pass_cycle()
    await money.settlement.take_return(BRAND, await money.give_back(order))
    money.pass_cycle()
    report = await reconcile(money, *await money.statements(TODAY))
    assert report.is_clean, report
    assert (report.matched, report.items, report.proof.closing) == (3, 3, gbp(-700))
    assert report.proof.difference == gbp(0)
    before = await state(money)
    again = await reconcile(money, *await money.statements(TODAY))
    assert again == report
    assert await state(money) == before


async def test_the_books_are_read_to_their_end_a_page_at_a_time(money: SettledMoney) -> None:
    """More cycles than one question reads."""
    for minor in (700, 250, 40):
        await money.pay(minor)
        money.pass_cycle()
        await money.settlement.run(BRAND)
    statements = await money.statements(money.world.clock.wall().date())
    paged = dataclasses.replace(money.settlement, page=2, books=Paged(money.settlement.books))
    account = Reconciliation(settlement=paged)
    await account.import_statements(BRAND, statements)
    report = await account.run(BRAND)
    assert (report.matched, report.in_flight, report.proof.difference, of(report)) == (3, gbp(0), gbp(0), [])


class Paged:
    """The ledger as it is, which answers no question with more than two movements."""

    def __init__(self, books: Any) -> None:
        self._books = books

    def __getattr__(self, name: str) -> Any:
        return getattr(self._books, name)

    async def mirrored(self, brand: Any, account: Any, *, after: int = 0, most: int = 2) -> Any:
        return await self._books.mirrored(brand, account, after=after, most=min(most, 2))


async def test_what_the_rail_alone_has_and_what_it_lacks_are_breaks_with_the_difference_that_they_explain(
    money: SettledMoney,
) -> None:
    kept, missing, wrong = await money.pay(700), await money.pay(250), await money.pay(40)
    money.pass_cycle()
    (statement,) = await money.statements(TODAY)

    def change(parts: list[Part]) -> list[Part]:
        first, _, third = parts
        stranger = replace(first, references=replace(first.references, uetr="0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"))
        return [first, first, replace(third, amount=gbp(-44)), stranger]

    report = await reconcile(money, with_parts(statement, change))
    assert sorted(of(report)) == [
        ("amount", -4),
        ("duplicate_at_rail", -700),
        ("ledger_only", 250),
        ("unidentified", -700),
    ]
    assert report.proof.unexplained == gbp(0)
    assert report.proof.difference == gbp(-1_154)
    orders = {each.broken.kind: each.broken.order_id for each in report.breaks}
    assert (orders[BreakClass.LEDGER_ONLY], orders[BreakClass.AMOUNT]) == (missing.id, wrong.id)
    assert report.matched == 1
    assert kept.state is OrderState.SETTLED


async def test_statements_come_in_any_order_with_duplicates_and_gaps(money: SettledMoney) -> None:
    for _ in range(3):
        await money.pay(100)
        money.at(money.world.clock.wall() + timedelta(days=1))
    three = await money.statements(TODAY + timedelta(days=2))
    assert len(three) == 3
    last, middle, first = reversed(three)
    for each in (last, middle, last, first, middle):
        await money.reconciliation.import_statements(BRAND, [each])
    report = await money.reconciliation.run(BRAND)
    assert (report.is_clean, report.statement, report.matched) == (True, last.id, 3)
    again = await money.reconciliation.import_statements(BRAND, three)
    assert [(each.verdict, each.is_new) for each in again] == [(Verdict.ADMITTED, False)] * 3


async def test_a_statement_that_does_not_chain_is_quarantined_whole_until_the_missing_one_comes(money: SettledMoney) -> None:
    for _ in range(3):
        await money.pay(100)
        money.at(money.world.clock.wall() + timedelta(days=1))
    first, second, third = await money.statements(TODAY + timedelta(days=2))
    report = await reconcile(money, first, third)
    assert (report.quarantined, report.matched) == ((third.id,), 1)
    assert ("statement_gap", 0) in of(report)
    assert report.proof.unexplained == gbp(0)
    assert (await reconcile(money, second)).is_clean
    assert {each.state for each in (await money.reconciliation.breaks(BRAND)).values()} == {BreakState.CLEARED}


@pytest.mark.parametrize("wrong", ["sums", "name"])
async def test_a_statement_that_contradicts_itself_or_another_moves_nothing(money: SettledMoney, wrong: str) -> None:
    await money.pay(100)
    money.at(START + timedelta(days=1))
    (good,) = await money.statements(TODAY)
    assert good.closing is not None
    bad = replace(good, closing=replace(good.closing, amount=gbp(-99)))
    report = await reconcile(money, *((bad,) if wrong == "sums" else (good, bad)))
    assert report.matched == 0
    assert "statement_wrong" in [kind for kind, _ in of(report)]
    assert await money.booked("internal:suspense:breaks:GBP") == 0


async def test_an_unknown_order_leaves_by_evidence_alone(money: SettledMoney) -> None:
    money.rail.silent, money.rail.mute = 1, True
    lost = await money.pay(200)
    for _ in range(12):
        money.world.pass_time(timedelta(minutes=30))
        await money.work()
    assert (await money.world.tracked(lost.id)).order.state is OrderState.UNKNOWN
    money.at(START + timedelta(days=1))
    report = await reconcile(money, *await money.statements(TODAY))
    assert sorted(of(report)) == [("rail_only", -200), ("unknown_order", 0)]
    actions = {each.broken.kind: each.broken.action for each in report.breaks}
    assert actions[BreakClass.RAIL_ONLY].startswith(f"orders decide {lost.id} settled --evidence")
    (unknown,) = [each.broken for each in report.breaks if each.broken.kind is BreakClass.UNKNOWN_ORDER]
    with pytest.raises(FieldInvalid, match="break"):
        await money.reconciliation.act(BRAND, unknown.id, Propose(by=ANN, reason="old", against=None))
    ruling = Ruling(verdict=Decision.SETTLED, by=ANN, evidence=actions[BreakClass.RAIL_ONLY])
    desk = Staff(room=money.world.room, upstream=money.payments)
    proposed = await desk.decide(BRAND, lost.id, ruling)
    await desk.approve(BRAND, lost.id, proposed.version, BEA)
    await money.work()
    report = await money.reconciliation.run(BRAND)
    assert report.is_clean, report
    await money.check_books()


async def test_a_rejected_order_that_the_rail_made_is_a_conflict(money: SettledMoney) -> None:
    await money.pay(700)
    refused = await money.pay(50, REJECTED)
    money.pass_cycle()
    (statement,) = await money.statements(TODAY)

    def change(parts: list[Part]) -> list[Part]:
        (first,) = parts
        made = replace(first, amount=gbp(-50), references=replace(first.references, uetr=refused.uetr, end_to_end=None))
        return [first, made]

    report = await reconcile(money, with_parts(statement, change))
    assert of(report) == [("status_conflict", -50)]
    assert report.breaks[0].broken.order_id == refused.id


async def test_a_break_is_resolved_by_an_entry_that_two_people_decide(money: SettledMoney) -> None:
    await money.pay(70_000)
    lost = await money.pay(25_000)
    money.pass_cycle()
    (statement,) = await money.statements(TODAY)
    (made,) = (await reconcile(money, with_parts(statement, lambda parts: parts[:1]))).breaks
    act = lambda act: money.reconciliation.act(BRAND, made.broken.id, act)  # noqa: E731
    await act(Assign(by=ANN, owner="Cem"))
    with pytest.raises(FieldInvalid):
        await act(Propose(by=ANN, reason="the rail lost it", against=None))
    with pytest.raises(FieldInvalid):
        await act(Approve(by=BEA, proposal=""))
    proposed = await act(Propose(by=ANN, reason="the rail lost it", against=Against.SUSPENSE))
    assert (proposed.state, proposed.owner, proposed.order_id) == (BreakState.PROPOSED, "Cem", lost.id)
    for same in (ANN, operator(" A n n"), operator("bea", ANN.key)):
        with pytest.raises(FieldInvalid):
            await act(Approve(by=same, proposal=proposed.proposed))
    resolved = await act(Approve(by=BEA, proposal=proposed.proposed))
    assert (resolved.state, resolved.entry_id) == (BreakState.RESOLVED, f"break:{made.broken.id}")
    assert await money.booked("internal:suspense:breaks:GBP") == 25_000
    with pytest.raises(FieldInvalid):
        await act(Approve(by=CEM, proposal=proposed.proposed))
    report = await money.reconciliation.run(BRAND)
    assert report.is_clean, report
    assert report.proof.ledger == gbp(-70_000)
    kinds = [kind for kind, of in (await money.world.records()).journal if of == made.broken.id]
    assert kinds == ["break.opened", "break.assigned", "break.proposed", "break.approved", "break.resolved"]
    await money.check_books()


async def test_a_small_difference_is_resolved_by_one_person(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    (statement,) = await money.statements(TODAY)
    charge = Booked(
        amount=gbp(-5),
        booked_on=TODAY,
        value_on=TODAY,
        references=replace(statement.entries[0].references, servicer="CHARGE1", batch=None),
    )
    assert statement.closing is not None
    charged = replace(
        statement, entries=(*statement.entries, charge, charge), closing=replace(statement.closing, amount=gbp(-710))
    )
    report = await reconcile(money, charged)
    assert of(report) == [("charges", -5), ("charges", -5)]  # two lines that say the same are two
    for each in report.breaks:
        done = await money.reconciliation.act(BRAND, each.broken.id, Propose(by=ANN, reason="ok", against=Against.CHARGES))
        assert done is not None
        assert done.state is BreakState.RESOLVED
    assert (await money.reconciliation.run(BRAND)).is_clean
    assert await money.booked("internal:charges:expense:GBP") == -10


async def with_charges(money: SettledMoney, *amounts: int) -> list[str]:
    """A day on which the keeper took charges: the ids of their breaks, in the order of their amounts."""
    await money.pay(700)
    money.pass_cycle()
    (statement,) = await money.statements(TODAY)
    assert statement.closing is not None
    references = replace(statement.entries[0].references, batch=None)
    charges = tuple(
        Booked(
            amount=gbp(-amount),
            booked_on=TODAY,
            value_on=TODAY,
            references=replace(references, servicer=f"CHARGE{number}"),
        )
        for number, amount in enumerate(amounts)
    )
    closing = replace(statement.closing, amount=gbp(-700 - sum(amounts)))
    report = await reconcile(money, replace(statement, entries=(*statement.entries, *charges), closing=closing))
    found = {each.broken.detail.split(" on statement")[0].split(" of ")[1]: each.broken.id for each in report.breaks}
    return [found[f"CHARGE{number}"] for number in range(len(amounts))]


async def approve(money: SettledMoney, name: str, by: Operator) -> Break | None:
    """The proposal of now."""
    proposed = (await money.reconciliation.breaks(BRAND))[name].proposed
    return await money.reconciliation.act(BRAND, name, Approve(by=by, proposal=proposed))


async def test_what_one_operator_resolves_alone_on_a_day_is_bounded_in_sum(both_money: SettledMoney) -> None:
    """Also under another name with the same key; what another approves does not count, and the next day begins at nothing."""
    money = both_money
    names = await with_charges(money, 600, 300, 200, 400, 100, 1_000)

    async def propose(name: str, by: Operator) -> BreakState:
        done = await money.reconciliation.act(BRAND, name, Propose(by=by, reason="ok", against=Against.CHARGES))
        assert done is not None
        return done.state

    assert [await propose(name, ANN) for name in names[:2]] == [BreakState.RESOLVED, BreakState.RESOLVED]
    assert await propose(names[2], operator("anna", ANN.key)) is BreakState.PROPOSED
    assert await propose(names[2], BEA) is BreakState.RESOLVED
    assert await propose(names[3], ANN) is BreakState.PROPOSED
    approved = await approve(money, names[3], BEA)
    assert approved is not None
    assert approved.state is BreakState.RESOLVED
    assert await propose(names[4], ANN) is BreakState.RESOLVED  # exactly the bound
    money.at(money.world.clock.wall() + timedelta(days=1))
    assert await propose(names[5], ANN) is BreakState.RESOLVED
    (counted,) = [row for row in await money.world.rows(resolved_alone) if row.operator == "ann"]
    assert counted.minor == 1_000
    assert await money.booked("internal:charges:expense:GBP") == -2_600


async def test_of_two_resolutions_at_once_only_one_is_within_the_sum(both_money: SettledMoney) -> None:
    money = both_money
    names = await with_charges(money, 600, 600)
    propose = Propose(by=ANN, reason="ok", against=Against.CHARGES)
    done = await asyncio.gather(*(money.reconciliation.act(BRAND, name, propose) for name in names))
    assert sorted(each.state for each in done if each is not None) == [BreakState.PROPOSED, BreakState.RESOLVED]


async def decide_discard(money: SettledMoney, statement: Statement) -> None:
    """One proposes and another approves, by the break of the statement."""
    (name,) = [
        each.id
        for each in (await money.reconciliation.breaks(BRAND, OPEN_BREAKS)).values()
        if each.subjects[:2] == (imported(statement).key, imported(statement).digest)
    ]
    discard = Discard(by=ANN, reason="the keeper sent another")
    proposed = await money.reconciliation.act(BRAND, name, discard)
    assert proposed is not None
    assert proposed.state is BreakState.PROPOSED
    with pytest.raises(FieldInvalid):
        await approve(money, name, ANN)
    approved = await approve(money, name, BEA)
    assert approved is not None
    assert approved.state is BreakState.RESOLVED


@pytest.mark.parametrize("first", ["wrong", "right"])
async def test_a_wrong_statement_is_discarded_by_two_and_the_right_one_of_its_name_admitted(
    both_money: SettledMoney, first: str
) -> None:
    """In either order of import, and although payments were matched with lines that the wrong one alone had."""
    money = both_money
    await money.pay(700)
    await money.pay(250)
    money.pass_cycle()
    (right,) = await money.statements(TODAY)
    wrong = with_parts(right, lambda parts: [replace(parts[0], remittance="garbled"), replace(parts[1], amount=gbp(-205))])
    order = (wrong, right) if first == "wrong" else (right, wrong)
    await reconcile(money, order[0])
    report = await reconcile(money, order[1])
    assert report.quarantined == (right.id, right.id)
    await decide_discard(money, wrong)
    report = await money.reconciliation.run(BRAND)
    assert report.is_clean, report
    assert (report.matched, report.items) == (2, 2)
    lines = {line.id for line in lines_of([imported(right)])}
    assert {row.line_id for row in await money.world.rows(matches)} == lines
    (kept,) = await money.reconciliation.import_statements(BRAND, [wrong])
    assert (kept.verdict, kept.is_new) == (Verdict.DISCARDED, False)
    assert (await money.reconciliation.run(BRAND)).is_clean
    assert "statement.discarded" in [kind for kind, _ in (await money.world.records()).journal]


async def test_a_statement_whose_sums_are_wrong_makes_room_for_the_corrected_one(money: SettledMoney) -> None:
    await money.pay(100)
    money.at(START + timedelta(days=1))
    (good,) = await money.statements(TODAY)
    assert good.closing is not None
    bad = replace(good, closing=replace(good.closing, amount=gbp(-99)))
    await reconcile(money, bad)
    await decide_discard(money, bad)
    report = await reconcile(money, good)
    assert report.is_clean, report


async def test_a_proposal_that_was_changed_after_it_was_read_is_not_approved(money: SettledMoney) -> None:
    (name,) = await with_charges(money, 5_000)
    read = await money.reconciliation.act(BRAND, name, Propose(by=ANN, reason="the tariff", against=Against.CHARGES))
    changed = await money.reconciliation.act(BRAND, name, Propose(by=ANN, reason="the tariff", against=Against.SUSPENSE))
    assert read is not None
    assert changed is not None
    with pytest.raises(FieldInvalid):
        await money.reconciliation.act(BRAND, name, Approve(by=BEA, proposal=read.proposed))
    assert await money.booked("internal:suspense:breaks:GBP") == 0
    approved = await money.reconciliation.act(BRAND, name, Approve(by=BEA, proposal=changed.proposed))
    assert approved is not None
    assert approved.state is BreakState.RESOLVED


@pytest.mark.parametrize("against", [None, Against.SUSPENSE])
async def test_no_one_accepts_a_statement_in_quarantine(money: SettledMoney, against: Against | None) -> None:
    """Its break would end, and the wrong statement block the right one for good."""
    await money.pay(100)
    money.at(START + timedelta(days=1))
    (good,) = await money.statements(TODAY)
    bad = with_parts(good, lambda parts: [replace(parts[0], amount=gbp(-99))])
    report = await reconcile(money, good, bad)
    for each in report.breaks:
        with pytest.raises(FieldInvalid):
            await money.reconciliation.act(BRAND, each.broken.id, Propose(by=ANN, reason="fine", against=against))
    await decide_discard(money, bad)
    assert (await money.reconciliation.run(BRAND)).is_clean


async def test_a_late_statement_is_accepted_by_two_and_of_its_account_alone(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    await money.reconciliation.run(BRAND)
    money.at(START + timedelta(days=2))
    (late,) = (await money.reconciliation.run(BRAND)).breaks
    assert late.broken.subjects == (money.settlement.account.number, TODAY.isoformat())
    accept = Propose(by=ANN, reason="the keeper is on strike", against=None)
    proposed = await money.reconciliation.act(BRAND, late.broken.id, accept)
    assert proposed is not None
    assert proposed.state is BreakState.PROPOSED
    assert of(await money.reconciliation.run(BRAND)) == [("timing", 0)]
    resolved = await approve(money, late.broken.id, BEA)
    assert resolved is not None
    assert resolved.state is BreakState.RESOLVED


async def test_what_is_no_wrong_statement_is_not_discarded(money: SettledMoney) -> None:
    """A break about a payment; and a statement that came right before the second operator approved."""
    (name,) = await with_charges(money, 600)
    with pytest.raises(FieldInvalid):
        await money.reconciliation.act(BRAND, name, Discard(by=ANN, reason="no"))
    await money.reconciliation.act(BRAND, name, Propose(by=ANN, reason="ok", against=Against.CHARGES))
    for _ in range(2):
        money.at(money.world.clock.wall() + timedelta(days=1))
        await money.pay(100)
    money.at(money.world.clock.wall() + timedelta(days=1))
    _, middle, last = (
        replace(
            each,
            opening=replace(each.opening, amount=gbp(each.opening.amount.minor - 600)),
            closing=replace(each.closing, amount=gbp(each.closing.amount.minor - 600)),
        )
        for each in await money.statements(TODAY + timedelta(days=2))
    )
    await reconcile(money, last)
    (gap,) = [
        each.id
        for each in (await money.reconciliation.breaks(BRAND, OPEN_BREAKS)).values()
        if each.kind is BreakClass.STATEMENT_GAP
    ]
    await money.reconciliation.act(BRAND, gap, Discard(by=ANN, reason="too early"))
    await money.reconciliation.import_statements(BRAND, [middle])
    with pytest.raises(FieldInvalid):
        await approve(money, gap, BEA)
    assert (await money.reconciliation.run(BRAND)).is_clean


async def test_a_report_shows_what_a_run_found_and_writes_nothing(money: SettledMoney) -> None:
    names = await with_charges(money, 600, 2_000)
    await money.reconciliation.act(BRAND, names[0], Propose(by=ANN, reason="ok", against=Against.CHARGES))
    ran = await money.reconciliation.run(BRAND)
    before = await state(money)
    report = await money.reconciliation.report(BRAND)
    assert report == ran
    assert ([each.broken.id for each in report.breaks], [each.id for each in report.resolved]) == ([names[1]], [names[0]])
    assert await state(money) == before
    money.at(money.world.clock.wall() + timedelta(days=1))
    assert (await money.reconciliation.report(BRAND)).resolved == ()


async def test_a_statement_that_does_not_come_is_missed_after_a_business_day(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    assert (await money.reconciliation.run(BRAND)).is_clean
    money.at(START + timedelta(days=2))
    assert of(await money.reconciliation.run(BRAND)) == [("timing", 0)]
    assert (await reconcile(money, *await money.statements(TODAY))).is_clean


async def test_a_difference_that_nothing_explains_is_a_break_of_its_own(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    await money.settlement.run(BRAND)
    await money.settlement.books.settle(BRAND, money.settlement.account, "by hand", gbp(-5), "nothing")
    report = await reconcile(money, *await money.statements(TODAY))
    assert of(report) == [("balance", 5)]


async def test_the_same_difference_once_more_is_another_break(money: SettledMoney) -> None:
    """Else the second would be hidden behind the resolution of the first, and so would all after it."""
    await money.pay(700)
    money.pass_cycle()
    await money.settlement.run(BRAND)
    settle, account = money.settlement.books.settle, money.settlement.account
    await settle(BRAND, account, "by hand", gbp(-5), "nothing")
    (first,) = (await reconcile(money, *await money.statements(TODAY))).breaks
    propose = Propose(by=ANN, reason="x", against=Against.SUSPENSE)
    await money.reconciliation.act(BRAND, first.broken.id, propose)
    assert (await money.reconciliation.run(BRAND)).breaks == ()
    await settle(BRAND, account, "by hand once more", gbp(-5), "nothing")
    (second,) = (await money.reconciliation.run(BRAND)).breaks
    assert (second.broken.kind, second.broken.state) == (BreakClass.BALANCE, BreakState.OPEN)
    assert second.broken.id != first.broken.id
    await money.reconciliation.act(BRAND, second.broken.id, propose)
    report = await money.reconciliation.run(BRAND)
    assert (report.breaks, report.proof.unexplained) == ((), gbp(0))


async def test_breaks_age_by_business_days(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    (statement,) = await money.statements(TODAY)
    await reconcile(money, with_parts(statement, lambda parts: [parts[0], parts[0]]))
    ages = []
    for days in (0, 1, 2, 12, 31):  # from a Wednesday on
        money.at(START + timedelta(days=days, hours=9))
        (aged,) = (await money.reconciliation.run(BRAND)).breaks
        ages.append((aged.age, aged.band, aged.severity))
    assert ages == [(0, "0", "high"), (1, "1", "high"), (2, "2-5", "high"), (8, "6-30", "high"), (22, "6-30", "high")]

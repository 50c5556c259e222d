"""Cycles that have closed are settled by their net, each payment once, and returns are given to their payers once."""

import asyncio
from dataclasses import replace as replaced
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from kernel.banking.money import Money
from kernel.banking.orders import OrderState, PaymentOrder
from kernel.errors import FieldInvalid
from kernel.storage.sealed import SealBroken
from orders.operators.operator import Operator
from orders.reconciliation.reconciliation import Reconciliation
from orders.settlement.returned import Returned
from orders.settlement.settled import Settlement, SettlementState
from orders.tables import orders
from plugins.ledger.postings.stored import load_entries
from plugins.rails.iso20022.returns import write_returns
from portcullis.serving.ops.given import Given
from portcullis.serving.ops.reconciliation_commands import import_document
from tests.world.brands import BRAND, START
from tests.world.settled_money import ACCOUNT, CREDITED, FUNDS, REJECTED, SettledMoney

CLEARING, NOSTRO, SUSPENSE = "internal:rail:faster_payments:clearing:GBP", "internal:nostro:boe:GBP", "internal:suspense:in:GBP"


async def settled(money: SettledMoney) -> list[tuple[str, int, int, int, int]]:
    return [
        (each.cycle, each.number, each.position.count_out, each.position.count_in, each.position.net.minor)
        for each in await money.settlement.run(BRAND)
    ]


async def test_a_cycle_is_settled_once_it_has_closed_and_its_clearing_is_zero(money: SettledMoney) -> None:
    first, second = await money.pay(700), await money.pay(300)
    assert {first.state, second.state} == {OrderState.SETTLED}
    await money.pay(900, REJECTED)
    assert await settled(money) == []
    cycle = money.pass_cycle()
    await money.pay(50)  # of the next one
    (made,) = await money.settlement.run(BRAND)
    assert (made.cycle, made.cause) == (cycle, f"cycle {cycle}: 2 out of 10.00, 0 in of 0.00")
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (50, 1_000)
    async with money.world.database.read() as connection:
        (entry,) = (await load_entries(connection, BRAND.name, [made.entry_id])).values()
    assert entry.kind == "cycle_paid"
    assert await settled(money) == []
    assert await money.settlement.books.mirror_balance(BRAND, ACCOUNT) == Money("GBP", -1_000)
    assert (await money.world.records()).journal[-2:] == [
        ("settlement.fixed", made.entry_id),
        ("settlement.booked", made.entry_id),
    ]
    await money.check_books()


async def test_a_payment_that_becomes_known_late_is_settled_in_its_own_cycle(money: SettledMoney) -> None:
    await money.pay(700)
    money.rail.silent, money.rail.mute = 1, True
    lost = await money.pay(200)
    assert lost.state is not OrderState.SETTLED
    cycle = money.pass_cycle()
    assert await settled(money) == [(cycle, 1, 1, 0, -700)]
    money.rail.mute = False
    assert (await money.payments.status(BRAND, lost.id)) is not None
    assert await settled(money) == [(cycle, 2, 1, 0, -200)]
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, 900)


async def test_what_is_fixed_and_not_booked_is_booked_by_the_next_run(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    books = money.settlement.books
    object.__setattr__(money.settlement, "books", Dying(books))
    with pytest.raises(RuntimeError):
        await money.settlement.run(BRAND)
    object.__setattr__(money.settlement, "books", books)
    (made,) = await money.settlement.run(BRAND)
    assert isinstance(made, Settlement)
    assert made.state is SettlementState.FIXED
    assert await settled(money) == []
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, 700)


class Dying:
    """The ledger as it is, whose process dies after it has booked a settlement."""

    def __init__(self, books) -> None:
        self._books = books

    def __getattr__(self, name: str):
        return getattr(self._books, name)

    async def settle(self, *arguments) -> None:
        await self._books.settle(*arguments)
        raise RuntimeError("died")


async def test_runs_at_once_settle_once(money: SettledMoney) -> None:
    for minor in (100, 200, 300):
        await money.pay(minor)
    money.pass_cycle()
    await asyncio.gather(*(money.settlement.run(BRAND) for _ in range(4)))
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, 600)


async def test_a_return_is_given_to_its_payer_once_and_settled(money: SettledMoney) -> None:
    order = await money.pay(700)
    money.pass_cycle()
    await money.settlement.run(BRAND)
    returned = await money.give_back(order)
    assert returned == await money.give_back(order)
    for _ in range(2):
        await money.settlement.take_return(BRAND, returned)
    assert await money.booked("up-1") == FUNDS
    cycle = money.pass_cycle()
    assert await settled(money) == [(cycle, 1, 0, 1, 700)]
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, 0)
    with pytest.raises(FieldInvalid):
        await money.settlement.take_return(
            BRAND, Returned(id=returned.id, uetr=returned.uetr, amount=Money("GBP", 1), reason="AC04")
        )
    await money.check_books()


async def test_no_more_comes_back_to_a_payer_than_was_paid(money: SettledMoney) -> None:
    """A second return of one payment, one that is larger, and one of a payment that was refused wait for people."""
    order, refused, partly = await money.pay(700), await money.pay(900, REJECTED), await money.pay(250)
    sent = [
        ("R1", order, 701),
        ("R2", order, 700),
        ("R3", order, 700),
        ("R4", refused, 900),
        ("R5", partly, 200),
        ("R6", partly, 51),
    ]
    for name, of, minor in sent:
        back = Returned(id=name, uetr=of.uetr, amount=Money("GBP", minor), reason="AC04")
        await money.settlement.take_return(BRAND, back)
    assert await money.booked("up-1") == FUNDS - 250 + 200
    assert await money.booked(SUSPENSE) == 701 + 700 + 900 + 51
    await money.check_books()


async def test_columns_in_clear_let_no_more_come_back(money: SettledMoney) -> None:
    """An insider raises the amount of an order, or calls one paid that the rail refused."""
    order, refused = await money.pay(700), await money.pay(900, REJECTED)
    await change(money, order.id, amount_minor=90_000)
    with pytest.raises(SealBroken):
        await money.settlement.take_return(BRAND, back_of(order, 90_000))
    await change(money, refused.id, state=OrderState.SETTLED.value)
    await money.settlement.take_return(BRAND, back_of(refused, 900))
    assert (await money.booked("up-1"), await money.booked(SUSPENSE)) == (FUNDS - 700, 900)


async def change(money: SettledMoney, order_id: str, **columns: Any) -> None:
    changed = orders.update().where(orders.c.id == order_id).values(**columns)
    await money.world.database.write(lambda connection: connection.execute(changed))


def back_of(order: PaymentOrder, minor: int, **facts: Any) -> Returned:
    return Returned(id=f"R-{order.id}"[:35], uetr=order.uetr, amount=Money("GBP", minor), reason="AC04", **facts)


async def test_a_forged_return_is_a_break_by_the_statement_of_its_day(money: SettledMoney) -> None:
    """It names a cycle of years ahead, of which no statement would come before."""
    order = await money.pay(700)
    await money.settlement.take_return(BRAND, back_of(order, 700, cycle="2030-06-03.1"))
    money.pass_cycle()
    await money.reconciliation.import_statements(BRAND, await money.statements(START.date()))
    report = await money.reconciliation.run(BRAND)
    assert [(each.broken.kind, each.broken.effect.minor) for each in report.breaks] == [("ledger_only", -700)]
    assert await money.booked(CLEARING) == 0


async def test_a_return_without_a_statement_is_late_by_the_second_day(money: SettledMoney) -> None:
    order = await money.pay(700)
    await money.settlement.take_return(BRAND, back_of(order, 700))
    money.pass_cycle()
    money.world.pass_time(timedelta(days=2))
    assert {each.broken.kind for each in (await money.reconciliation.run(BRAND)).breaks} == {"timing"}


def given(name: str, *returns: Returned) -> Given:
    """A document of returns, as an operator imports it."""
    return Given(operator=Operator(name="ann"), asked={}, document=write_returns(name, START, returns))


async def test_a_document_of_returns_goes_to_the_rail_of_its_payment(money: SettledMoney) -> None:
    """Of two rails in one currency; a payment that neither carried is in no document that is taken."""
    order = await money.pay(700)
    other = replaced(money.settlement, account=replace(ACCOUNT, rail="file", number="OTHER1"))
    accounts = (Reconciliation(settlement=other), money.reconciliation)
    composition: Any = SimpleNamespace(reconciliations=accounts, brands={BRAND.name: BRAND})
    stranger = replace(back_of(order, 5), id="R2", uetr="0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d")
    with pytest.raises(FieldInvalid):
        await import_document(composition, BRAND.name, given("M1", back_of(order, 700), stranger))
    await import_document(composition, BRAND.name, given("M2", back_of(order, 700)))
    assert (await money.booked("up-1"), await money.booked(CLEARING)) == (FUNDS, 0)


async def test_a_return_to_a_closed_account_is_payable_and_one_of_no_order_waits_for_people(money: SettledMoney) -> None:
    order = await money.pay(700)
    await money.ledger.close(BRAND, "up-1", START)
    await money.settlement.take_return(BRAND, await money.give_back(order))
    assert await money.booked("internal:returns:payable:GBP") == 700
    stranger = Returned(id="R2", uetr="0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d", amount=Money("GBP", 5), reason="AC01")
    await money.settlement.take_return(BRAND, stranger)
    assert await money.booked(SUSPENSE) == 5
    assert await money.booked("up-1") == FUNDS - 700


async def test_a_document_of_returns_in_another_currency_is_refused_whole(money: SettledMoney) -> None:
    order = await money.pay(700)
    composition: Any = SimpleNamespace(reconciliations=(money.reconciliation,), brands={BRAND.name: BRAND})
    ours = await money.give_back(order)
    with pytest.raises(FieldInvalid):
        await import_document(composition, BRAND.name, given("M1", ours, replace(ours, id="R2", amount=Money("EUR", 700))))
    assert await money.booked("up-1") == FUNDS - 700
    await import_document(composition, BRAND.name, given("M2", ours))
    assert await money.booked("up-1") == FUNDS


async def test_the_scheme_states_of_its_own_books_what_ours_come_to(money: SettledMoney) -> None:
    await money.pay(700, CREDITED)
    await money.pay(900, REJECTED)
    back = await money.pay(250)
    returned = await money.give_back(back, minor=240)  # the payee's bank keeps a charge
    await money.settlement.take_return(BRAND, returned)
    money.pass_cycle()
    await money.settlement.run(BRAND)
    (statement,) = await money.statements(START.date())
    (entry,) = statement.entries
    assert [part.amount.minor for part in entry.parts] == [-700, -250, 240]
    assert statement.closing is not None
    assert statement.closing.amount == await money.settlement.books.mirror_balance(BRAND, ACCOUNT) == Money("GBP", -710)

"""Recalls in both directions: asked once and in time, answered by a return or a refusal, and paid back only as people and the scheme let it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from kernel.banking.money import Money
from kernel.errors import FieldInvalid
from orders.operators.operator import Operator
from orders.recalls.credits import check_credit
from orders.recalls.desk import RecallDesk
from orders.recalls.recall import Recall, RecallReason, RecallRequest, RecallState
from orders.recalls.rows import load_history
from orders.recalls.tables import recalls
from orders.reconciliation.reconciliation import Reconciliation
from orders.settlement.ports import Credit
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.rails.iso20022.recalls import read_recalls, read_refused_recalls, write_recall, write_refusal
from plugins.rails.iso20022.returns import read_returns, write_returns
from plugins.rails.recall_terms import SEPA_TERMS
from portcullis.serving.ops.given import Given
from portcullis.serving.ops.recall_commands import (
    agree_to_recall,
    approve_recall,
    ask_recall,
    give_up_recall,
    list_recalls,
    refuse_recall,
    show_recall,
    write_message,
)
from portcullis.serving.ops.reconciliation_commands import import_document
from tests.harness.upstream_books import NUMBER, WORLD
from tests.unit.orders.settlement.test_cycle_settlement import CLEARING, NOSTRO
from tests.world.brands import BRAND, START
from tests.world.settled_money import ACCOUNT, FUNDS, REJECTED, SettledMoney

ANN, BEA = (Operator(name=name, key=f"key of {name}", credential="command 1") for name in ("ann", "bea"))
UETR = "0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"
ASKED = RecallRequest(
    case="CASE-1", uetr=UETR, amount=Money("GBP", 700), reason="CUST", asked_by="COBADEFF", asked_of="main", payee=NUMBER
)


def desk_of(money: SettledMoney) -> RecallDesk:
    return RecallDesk(settlement=money.settlement, terms=SEPA_TERMS)


def composition_of(money: SettledMoney) -> Any:
    services = SimpleNamespace(database=money.world.database)
    return SimpleNamespace(reconciliations=(money.reconciliation,), brands={BRAND.name: BRAND}, services=services)


def given(by: Operator = ANN, /, **asked: str) -> Given:
    return Given(operator=by, asked=asked)


async def proposed(desk: RecallDesk, name: str, entry: str, by: Operator = ANN, ground: str = "g") -> int:
    """The version to approve."""
    made = await desk.propose(BRAND, name, entry=entry, ground=ground, payee_agreed=True, person=by)
    assert made is not None
    assert made.state is RecallState.ARRIVED
    return made.version


async def agreed(desk: RecallDesk, name: str, entry: str) -> Recall:
    """By two."""
    made = await desk.approve(BRAND, name, await proposed(desk, name, entry), BEA)
    assert made is not None
    return made


async def test_a_payment_that_is_asked_back_returns_to_its_payer(money: SettledMoney) -> None:
    order, composition = await money.pay(700), composition_of(money)
    asked = given(order=order.id, reason="DUPL")
    made = await ask_recall(composition, BRAND.name, asked)
    assert made is not None
    assert (made["state"], made["answer_by"].isoformat()) == ("asked", "2026-07-29")
    assert await ask_recall(composition, BRAND.name, asked) == made
    with pytest.raises(FieldInvalid):  # once
        await ask_recall(composition, BRAND.name, given(order=order.id, reason="FRAD"))
    message = await write_message(composition, BRAND.name, {"recall": made["id"]})
    assert message is not None
    (question,) = await read_recalls(message["document"].encode())
    assert (question.uetr, question.amount, question.reason) == (order.uetr, Money("GBP", 700), "DUPL")
    back = await money.give_back(order, "FOCR")
    for _ in range(2):
        await import_document(
            composition, BRAND.name, Given(operator=ANN, asked={}, document=write_returns("M1", START, (back,)))
        )
    shown = await show_recall(composition, BRAND.name, {"recall": made["id"]})
    assert shown is not None
    assert (shown["state"], [each["event"] for each in shown["history"]]) == ("returned", ["asked", "returned"])
    assert await list_recalls(composition, BRAND.name, {}) == []
    assert await money.booked("up-1") == FUNDS
    assert [kind for kind, _ in (await money.world.records()).journal if kind.startswith("recall.")] == [
        "recall.asked",
        "recall.returned",
    ]


async def test_the_other_bank_refuses(money: SettledMoney) -> None:
    order, composition = await money.pay(700), composition_of(money)
    recall = await desk_of(money).ask(BRAND, order.id, RecallReason.CUSTOMER, ANN)
    assert recall is not None
    document = write_refusal("M1", START, recall.request, "NOAS")
    for _ in range(2):
        await import_document(composition, BRAND.name, Given(operator=ANN, asked={}, document=document))
    ended = await desk_of(money).find(BRAND, recall.id)
    assert ended is not None
    assert (ended.state, ended.refusal, ended.version) == (RecallState.REFUSED, "NOAS", 2)
    with pytest.raises(FieldInvalid):  # a stranger's
        await import_document(
            composition, BRAND.name, Given(operator=ANN, asked={}, document=write_refusal("M2", START, ASKED, "NOAS"))
        )
    assert await money.booked("up-1") == FUNDS - 700


async def test_a_refusal_of_a_recall_that_has_ended_holds_up_no_other(money: SettledMoney) -> None:
    """Given up by people, and named first in the document."""
    orders, composition, desk = [await money.pay(minor) for minor in (700, 50)], composition_of(money), desk_of(money)
    ended, other = [await desk.ask(BRAND, order.id, RecallReason.FRAUD, ANN) for order in orders]
    assert ended is not None
    assert other is not None
    await desk.give_up(BRAND, ended.id, "no answer", ANN)
    one, second = [write_refusal("M1", START, each.request, "NOAS") for each in (ended, other)]
    details = second[second.index(b"<CxlDtls>") : second.index(b"</RsltnOfInvstgtn>")]
    both = one.replace(b"</CxlDtls>", b"</CxlDtls>" + details, 1)
    for _ in range(2):
        taken = await import_document(composition, BRAND.name, Given(operator=ANN, asked={}, document=both))
        assert [each["verdict"] for each in taken] == ["given_up", "refused"]


async def test_what_is_not_made_or_too_old_or_back_is_not_asked_for(money: SettledMoney) -> None:
    desk = desk_of(money)
    refused, returned, old = await money.pay(900, REJECTED), await money.pay(5), await money.pay(700)
    await money.settlement.take_return(BRAND, await money.give_back(returned))
    for order in (refused, returned):
        with pytest.raises(FieldInvalid):
            await desk.ask(BRAND, order.id, RecallReason.DUPLICATE, ANN)
    assert await desk.ask(BRAND, "stranger", RecallReason.DUPLICATE, ANN) is None
    money.world.pass_time(timedelta(days=14))  # ten business days
    assert money.world.clock.wall().date().isoformat() == "2026-07-15"
    money.world.pass_time(timedelta(days=1))
    with pytest.raises(FieldInvalid):
        await desk.ask(BRAND, old.id, RecallReason.DUPLICATE, ANN)
    assert await desk.ask(BRAND, old.id, RecallReason.FRAUD, ANN) is not None


async def test_people_give_a_recall_up(money: SettledMoney) -> None:
    order, composition = await money.pay(700), composition_of(money)
    recall = await desk_of(money).ask(BRAND, order.id, RecallReason.FRAUD, ANN)
    assert recall is not None
    made = await give_up_recall(composition, BRAND.name, given(recall=recall.id, ground="no answer"))
    assert made is not None
    assert made["state"] == "given_up"
    await money.settlement.take_return(BRAND, await money.give_back(order))  # late, and booked all the same
    await desk_of(money).complete(BRAND)
    assert await money.booked("up-1") == FUNDS


async def received(money: SettledMoney, minor: int = 700) -> str:
    """A customer of ours received a payment: the id of its entry."""
    await money.ledger.book(BRAND, "up-2", "salary", minor, START)
    return "entry-of-salary"


async def arrived(money: SettledMoney, request: RecallRequest = ASKED) -> str:
    for _ in range(2):
        await import_document(
            composition_of(money), BRAND.name, Given(operator=ANN, asked={}, document=write_recall("M1", START, request))
        )
    return next(each.id for each in await desk_of(money).list(BRAND) if each.request.case == request.case)


async def test_a_recall_names_its_rail_where_several_have_accounts_in_its_currency(money: SettledMoney) -> None:
    other = replace(money.settlement, account=changed(ACCOUNT, rail="file", number="OTHER1"))
    composition, document = composition_of(money), write_recall("M1", START, ASKED)
    composition.reconciliations = (Reconciliation(settlement=other), money.reconciliation)
    for asked in ({}, {"account": "NONE"}):
        with pytest.raises(FieldInvalid):
            await import_document(composition, BRAND.name, Given(operator=ANN, asked=asked, document=document))
    asked = {"account": ACCOUNT.number}
    await import_document(composition, BRAND.name, Given(operator=ANN, asked=asked, document=document))
    assert [each.rail for each in await desk_of(money).list(BRAND)] == [ACCOUNT.rail]


async def test_a_document_with_a_reason_that_the_scheme_does_not_know_is_refused_whole(money: SettledMoney) -> None:
    one, other = [
        write_recall("M1", START, changed(ASKED, case=case, reason=why)) for case, why in (("A", "CUST"), ("B", "AC03"))
    ]
    both = one.replace(b"</Undrlyg>", b"</Undrlyg>" + other[other.index(b"<Undrlyg>") : other.index(b"</FIToFIPmtCxlReq>")], 1)
    assert len(await read_recalls(both)) == 2
    with pytest.raises(FieldInvalid):
        await import_document(composition_of(money), BRAND.name, Given(operator=ANN, asked={}, document=both))
    assert await desk_of(money).list(BRAND) == ()


async def test_a_payment_goes_back_with_the_payees_agreement(money: SettledMoney) -> None:
    entry, composition, name = await received(money), composition_of(money), await arrived(money)
    asked = {"recall": name, "entry": entry, "ground": "letter of the payee, archive 12"}
    with pytest.raises(FieldInvalid):
        await agree_to_recall(composition, BRAND.name, given(**asked))
    with pytest.raises(FieldInvalid):
        await write_message(composition, BRAND.name, {"recall": name})
    for _ in range(2):
        made = await agree_to_recall(composition, BRAND.name, given(**asked, payee_agreed="yes"))
        assert made is not None
        assert (made["state"], made["proposal"]["version"], await money.booked("up-2")) == ("arrived", 2, FUNDS + 700)
    for version in ("", "two", "1"):
        with pytest.raises(FieldInvalid):
            await approve_recall(composition, BRAND.name, given(BEA, recall=name, version=version))
    for _ in range(2):
        made = await approve_recall(composition, BRAND.name, given(BEA, recall=name, version="2"))
        assert made is not None
        assert (made["state"], made["approved_by"], made["proposal"]) == ("returned", "bea", None)
    assert (await agree_to_recall(composition, BRAND.name, given(**asked, payee_agreed="yes")) or {})["state"] == "returned"
    assert (await money.booked("up-2"), await money.booked(CLEARING)) == (FUNDS, 700)
    message = await write_message(composition, BRAND.name, {"recall": name})
    assert message is not None
    (back,) = await read_returns(message["document"].encode())
    assert (back.uetr, back.amount, back.reason) == (UETR, Money("GBP", 700), "FOCR")
    money.pass_cycle()
    await money.settlement.run(BRAND)
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, 700)
    (item,) = await money.settlement.items(BRAND)
    assert (item.uetr, item.amount.minor) == (UETR, -700)
    await money.check_books()


async def test_the_operator_who_proposed_an_agreement_does_not_approve_it(money: SettledMoney) -> None:
    """Neither under another name, nor with another key."""
    desk, name = desk_of(money), await arrived(money)
    version = await proposed(desk, name, await received(money))
    for same in (ANN, changed(BEA, key=ANN.key), changed(ANN, name="ANN ", key="k-2")):
        with pytest.raises(FieldInvalid):
            await desk.approve(BRAND, name, version, same)
    assert await money.booked("up-2") == FUNDS + 700


async def test_an_agreement_is_approved_as_it_was_read(money: SettledMoney) -> None:
    """One that was changed since is another, and one of a recall that was refused since is none."""
    entry, desk, name = await received(money), desk_of(money), await arrived(money)
    read = await proposed(desk, name, entry)
    assert await proposed(desk, name, entry) == read  # the same again changes nothing
    assert await proposed(desk, name, entry, ground="another") == read + 1
    with pytest.raises(FieldInvalid):
        await desk.approve(BRAND, name, read, BEA)
    await desk.refuse(BRAND, name, "CUST", "the payee does not agree", ANN)
    with pytest.raises(FieldInvalid):
        await desk.approve(BRAND, name, read + 1, BEA)
    assert await money.booked("up-2") == FUNDS + 700


async def test_a_credit_pays_for_one_recall(money: SettledMoney) -> None:
    """By several recalls of one payment, or without an entry that gave one customer money; by its own duty the bank needs no agreement."""
    entry, desk = await received(money), desk_of(money)
    first, second = [await arrived(money, changed(ASKED, case=case, reason="DUPL", amount=Money("GBP", 300))) for case in "AB"]
    late = await proposed(desk, second, entry)
    made = await desk.propose(BRAND, first, entry=entry, ground="g", payee_agreed=False, person=ANN)
    assert made is not None
    assert (await desk.approve(BRAND, first, made.version, BEA)).state == "returned"  # type: ignore[union-attr]
    with pytest.raises(FieldInvalid):
        await desk.approve(BRAND, second, late, BEA)
    for wrong in (entry, "stranger"):
        with pytest.raises(FieldInvalid):
            await proposed(desk, second, wrong, ground="once more")
    assert await money.booked("up-2") == FUNDS + 400


OTHER_PAYEE = {"payee": "00997187654321"}


@pytest.mark.parametrize("wrong", [{"amount": Money("GBP", 701)}, OTHER_PAYEE])
async def test_a_made_up_recall_takes_no_other_credit(money: SettledMoney, wrong: Any) -> None:
    desk, name = desk_of(money), await arrived(money, changed(ASKED, **wrong))
    with pytest.raises(FieldInvalid):
        await proposed(desk, name, await received(money))


@pytest.mark.parametrize(
    ("asked", "uetr", "minor", "numbers"),
    [
        (ASKED, None, 700, (NUMBER,)),
        (ASKED, UETR, 800, ("x", NUMBER)),
        (changed(ASKED, payee=None), None, 700, ()),
        (changed(ASKED, payee=NUMBER[-8:]), None, 700, (NUMBER,)),  # without its sort code
        (changed(ASKED, payee=f"GB29 NWBK {NUMBER}"), None, 700, (NUMBER,)),
    ],
)
def test_a_credit_is_that_of_the_question(asked: RecallRequest, uetr: str | None, minor: int, numbers: tuple[str, ...]) -> None:
    check_credit(asked, Credit(amount=Money("GBP", minor), numbers=numbers, uetr=uetr))


@pytest.mark.parametrize(
    "credit",
    [
        Credit(amount=Money("GBP", 699), numbers=(NUMBER,)),
        Credit(amount=Money("EUR", 700), numbers=(NUMBER,)),
        Credit(amount=Money("GBP", 700), numbers=()),
        Credit(amount=Money("GBP", 700), numbers=(NUMBER[-4:],)),
        Credit(amount=Money("GBP", 700), numbers=(NUMBER,), uetr=UETR.replace("0", "1")),
    ],
)
def test_another_credit_is_refused(credit: Credit) -> None:
    with pytest.raises(FieldInvalid):
        check_credit(ASKED, credit)


async def booked_in(money: SettledMoney, name: str, kind: str = "credit_in", **facts: Any) -> str:
    """An entry that gave a customer 7.00."""
    legs = (Leg("up-2", Money("GBP", 700), Line(id=name, narrative=Narrative("In"))), Leg(WORLD, Money("GBP", -700)))
    await money.payments.poster.post(BRAND.name, LedgerEntry(id=name, kind=kind, legs=legs, **facts))
    return name


async def test_the_ledger_says_by_which_payment_a_customer_was_credited(money: SettledMoney) -> None:
    books = money.settlement.books
    credit = Credit(amount=Money("GBP", 700), numbers=(NUMBER,), uetr=UETR)
    assert await books.credited(BRAND, await booked_in(money, "in-1", cause=UETR.upper())) == credit
    assert await books.credited(BRAND, await booked_in(money, UETR)) == changed(credit, uetr=None)  # the id of an entry
    for kind in ("return_received", "book_transfer", "dispute_credited"):
        assert await books.credited(BRAND, await booked_in(money, f"own-{kind}", kind=kind)) is None


async def test_people_decide_again_where_the_account_cannot_pay(money: SettledMoney) -> None:
    entry, desk, name = await received(money), desk_of(money), await arrived(money)
    await money.ledger.book(BRAND, "up-2", "spent", -(FUNDS + 700), START)
    version = await proposed(desk, name, entry)
    again = await desk.approve(BRAND, name, version, BEA)
    assert again is not None
    assert (again.state, again.entry) == (RecallState.ARRIVED, None)
    await money.ledger.book(BRAND, "up-2", "came", 700, START)
    with pytest.raises(FieldInvalid):
        await desk.approve(BRAND, name, version, BEA)  # that decision was made, and void
    made = await refuse_recall(composition_of(money), BRAND.name, given(recall=name, ground="no funds", code="AM04"))
    assert made is not None
    message = await write_message(composition_of(money), BRAND.name, {"recall": name})
    assert message is not None
    (answer,) = await read_refused_recalls(message["document"].encode())
    assert (answer.uetr, answer.reason) == (UETR, "AM04")
    async with money.world.database.read() as connection:
        history = [event for event, _, _ in await load_history(connection, BRAND.name, name)]
    assert history == ["arrived", "proposed", "agreed", "not_booked", "refused"]


@dataclass
class Dying:
    """The ledger as it is, whose process dies before or after it has sent a payment back."""

    books: Any
    after: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)

    async def send_back(self, *arguments: Any, **named: Any) -> bool:
        if self.after:
            await self.books.send_back(*arguments, **named)
        raise RuntimeError("died")


@pytest.mark.parametrize("after", [False, True])
async def test_an_agreement_is_booked_once_though_a_process_dies(money: SettledMoney, after: bool) -> None:
    entry, name, desk = await received(money), await arrived(money), desk_of(money)
    dying = replace(desk, settlement=replace(money.settlement, books=Dying(money.settlement.books, after)))
    with pytest.raises(RuntimeError):
        await agreed(dying, name, entry)
    for _ in range(2):
        await desk.complete(BRAND)
    ended = await desk.find(BRAND, name)
    assert ended is not None
    assert (ended.state, ended.version) == (RecallState.RETURNED, 4)
    assert await money.booked("up-2") == FUNDS


@dataclass
class Racing:
    """The ledger as it is: it finds no funds, and another server books the entry at once, with what came meanwhile."""

    books: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)

    async def send_back(self, *arguments: Any, **named: Any) -> bool:
        assert await self.books.send_back(*arguments, **named)
        return False


async def test_a_payment_that_another_server_sent_back_is_returned(money: SettledMoney) -> None:
    entry, name, desk = await received(money), await arrived(money), desk_of(money)
    racing = replace(desk, settlement=replace(money.settlement, books=Racing(money.settlement.books)))
    ended = await agreed(racing, name, entry)
    assert (ended.state, ended.entry, ended.returned_by) == (RecallState.RETURNED, entry, f"recall:{name}")


async def test_people_refuse_no_payment_that_was_sent_back(money: SettledMoney) -> None:
    """One server wrote that there are no funds, and the other died once it had booked the entry."""
    entry, other, name = await received(money), await booked_in(money, "in-2"), await arrived(money)
    desk, amount = desk_of(money), ASKED.amount
    await money.ledger.book(BRAND, "up-2", "spent", -(FUNDS + 1_400), START)
    assert (await agreed(desk, name, entry)).state is RecallState.ARRIVED
    await money.ledger.book(BRAND, "up-2", "came", 1_400, START)
    books = money.settlement.books
    assert await books.send_back(BRAND, ACCOUNT, f"recall:{name}", received=entry, amount=amount, uetr=UETR)
    for _ in range(2):
        made = await desk.propose(BRAND, name, entry=other, ground="g", payee_agreed=True, person=ANN)
        assert made is not None
        assert (made.state, made.entry) == (RecallState.RETURNED, entry)
    with pytest.raises(FieldInvalid):
        await desk.refuse(BRAND, name, "AM04", "no funds", ANN)
    assert await money.booked("up-2") == 700


async def test_a_recall_that_cannot_be_completed_holds_up_no_other(money: SettledMoney, monkeypatch: pytest.MonkeyPatch) -> None:
    """For any number of those that one look reads."""
    monkeypatch.setattr("orders.recalls.rows.LISTED_MAX", 1)
    orders, desk = [await money.pay(minor) for minor in (700, 50, 5)], desk_of(money)
    asked = [await desk.ask(BRAND, order.id, RecallReason.FRAUD, ANN) for order in orders]
    for order in orders:
        await money.settlement.take_return(BRAND, await money.give_back(order))
    spoilt = min(each.id for each in asked if each is not None)
    damage = recalls.update().where(recalls.c.id == spoilt).values(document=b"spoilt")
    await money.world.database.write(lambda connection: connection.execute(damage))
    await desk.complete(BRAND)
    states = {row.id: row.state for row in await money.world.rows(recalls)}
    assert [state for _, state in sorted(states.items())] == ["asked", "returned", "returned"]


async def test_a_recall_that_was_changed_in_clear_is_not_believed(money: SettledMoney) -> None:
    name = await arrived(money)
    spoilt = recalls.update().values(state=RecallState.AGREED.value)
    await money.world.database.write(lambda connection: connection.execute(spoilt))
    with pytest.raises(Exception, match="not as it was written"):
        await desk_of(money).find(BRAND, name)

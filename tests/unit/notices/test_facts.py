"""The facts that become notices, read of the real events of orders and instructions."""

from collections.abc import AsyncIterator

import pytest

from kernel import json
from kernel.banking.consents import ConsentKind
from kernel.banking.notices import NoticeKind, SubjectKind
from kernel.banking.orders import Reason
from kernel.cut_offs import start_of
from kernel.outbox.envelopes import render_envelope
from kernel.outbox.ports import Envelope
from notices.facts import Fact, read_fact
from tests.world.brands import BRAND, START
from tests.world.orders import ACME, LODGED_AS, OrdersWorld, orders_world, use_of
from tests.world.planned import FIRST_ON, STANDING_ORDER, instruction_request


@pytest.fixture
async def bank(migrated_sqlite_url: str) -> AsyncIterator[OrdersWorld]:
    async with orders_world(migrated_sqlite_url) as made:
        yield made


async def facts_of(bank: OrdersWorld) -> list[tuple[str, Fact | None]]:
    """Of every event of an order or an instruction, by kind, those of each oldest first."""
    events = [event for event in await bank.events() if not event.kind.startswith("consent.")]
    return [(event.kind, read_fact(render_envelope(event, BRAND.issuer))) for event in events]


async def test_a_payment_is_a_resource_of_its_own(bank):
    order = await bank.place()
    await bank.work_out(order.id)
    facts = {kind: fact for kind, fact in await facts_of(bank) if fact is not None}
    assert {"order.accepted", "order.settled"} <= set(facts)
    assert "order.received" not in facts
    for fact in facts.values():
        assert (fact.kind, fact.subject, fact.product) == (NoticeKind.RESOURCE_UPDATED, SubjectKind.ORDER, ConsentKind.PAYMENT)
        assert (fact.subject_id, fact.client_id, fact.lodged_as) == (order.id, ACME.client_id, LODGED_AS)


async def test_a_refused_payment_of_a_standing_order_is_notified_of_as_its_standing_order(bank):
    consent = await bank.consent(**STANDING_ORDER)
    instructions = bank.orders.instructions
    placed = await instructions.place(
        BRAND, ACME, instruction_request(consent.id), use_of("key", ACME), check_agreed=lambda _consent: None
    )
    bank.bank.refuses = Reason.FUNDS_INSUFFICIENT
    bank.pass_time(start_of(FIRST_ON, BRAND.zone) - bank.clock.now())
    await bank.look()
    (execution,) = (await instructions.read_details(BRAND, ACME, placed.id)).executions
    await bank.work_out(execution.id)
    found = {kind: fact for kind, fact in await facts_of(bank) if fact is not None}
    assert set(found) == {"instruction.executed", "order.rejected"}
    refused = found["order.rejected"]
    assert (refused.kind, refused.subject, refused.subject_id) == (NoticeKind.RESOURCE_UPDATED, SubjectKind.ORDER, placed.id)
    assert refused.product == ConsentKind.STANDING_ORDER


async def test_a_standing_order_is_one_resource_and_its_payments_are_none(bank):
    consent = await bank.consent(**STANDING_ORDER)
    instructions = bank.orders.instructions
    placed = await instructions.place(
        BRAND, ACME, instruction_request(consent.id), use_of("key", ACME), check_agreed=lambda _consent: None
    )
    bank.pass_time(start_of(FIRST_ON, BRAND.zone) - bank.clock.now())
    await bank.look()
    (execution,) = (await instructions.read_details(BRAND, ACME, placed.id)).executions
    await bank.work_out(execution.id)
    facts = await facts_of(bank)
    assert "order.settled" in [kind for kind, _ in facts]
    ((kind, fact),) = [(kind, fact) for kind, fact in facts if fact is not None]
    assert kind == "instruction.executed"
    assert fact == Fact(
        id=fact.id,
        kind=NoticeKind.RESOURCE_UPDATED,
        subject=SubjectKind.ORDER,
        subject_id=placed.id,
        subject_version=2,
        product=ConsentKind.STANDING_ORDER,
        client_id="acme",
        lodged_as=LODGED_AS,
        occurred_at=fact.occurred_at,
    )


@pytest.mark.parametrize(
    ("product", "kinds"),
    [
        (ConsentKind.STANDING_ORDER, {"instruction.executed", "instruction.completed", "order.rejected"}),
        (ConsentKind.FILE, {"instruction.completed"}),
        (ConsentKind.PAYMENT, {"order.submitted", "order.rejected"}),
    ],
)
def test_the_payments_of_a_file_are_no_notices(product, kinds):
    happened = ("instruction.executed", "instruction.completed", "order.submitted", "order.rejected")
    assert {kind for kind in happened if read_fact(envelope_of(kind, product)) is not None} == kinds


def envelope_of(kind: str, product: str) -> Envelope:
    data = {"kind": product, "client_id": "acme", "lodged_as": LODGED_AS, "instruction_id": "instruction"}
    content = json.encode({"time": START, "data": data})
    return Envelope(id="event", brand=BRAND.name, kind=kind, aggregate_id="aggregate", aggregate_version=2, content=content)

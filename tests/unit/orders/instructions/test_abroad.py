"""A standing order abroad: each payment is made at the rate of its day, and one without a rate stops none after it."""

from datetime import timedelta

import msgspec
import pytest

from kernel.banking.abroad.exchange import ChargeBearer, Unquoted
from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, Reason
from kernel.banking.planned.instructions import InstructionRequest, InstructionState
from kernel.errors import ConsentMismatch
from orders.tables import instructions, orders
from tests.unit.orders.instructions.test_instructions import DAYS, go_to, read, work_off
from tests.world.abroad import monthly_abroad
from tests.world.brands import BRAND
from tests.world.orders import ACME, LODGED_AS, use_of
from tests.world.planned import FIRST_ON

KIND = ConsentKind.INTERNATIONAL_STANDING_ORDER


async def place(world, **other):
    """As its TPP asks for it, with what is `other` in its cross-border part."""
    terms = monthly_abroad(FIRST_ON, world.clock.now())
    consent = await world.consent(kind=KIND, terms=terms)
    asked = msgspec.structs.replace(terms, cross_border=msgspec.structs.replace(terms.cross_border.asked, **other))
    request = InstructionRequest(consent_id=consent.id, kind=KIND, terms=asked, lodged_as=LODGED_AS, document=b'{"Data": {}}')
    placing = world.orders.instructions.place
    return await placing(BRAND, ACME, request, use_of(consent.id), check_agreed=lambda _consent: None)


async def test_each_payment_is_made_at_the_rate_of_its_day(both_world):
    world = both_world
    instruction = await place(world)
    for day in DAYS:
        await go_to(world, day)
        await work_off(world, instruction)
    details = await read(world, instruction)
    assert details.instruction.state is InstructionState.COMPLETED
    assert [each.state for each in details.executions] == [OrderState.SETTLED] * 3
    quotes = [each.cross_border.quote for each in details.executions]
    assert len({quote.id for quote in quotes}) == 3
    for each, quote in zip(details.executions, quotes, strict=True):
        assert each.execute_at <= quote.expires_at - timedelta(minutes=30) < each.execute_at + timedelta(days=1)
        assert (quote.bought, each.debit) == (Money("EUR", 10_000), quote.debit)


async def test_a_payment_that_finds_no_rate_all_day_stops_none_after_it(world):
    instruction = await place(world)
    world.bank.faults = {"quote": [lambda: Unquoted.CURRENCY] * 500}
    await go_to(world, DAYS[0])
    await work_off(world, instruction)
    world.bank.faults = {}
    await go_to(world, DAYS[1])
    await work_off(world, instruction)
    found = [(each.state, each.reason) for each in (await read(world, instruction)).executions]
    assert found == [(OrderState.REJECTED, Reason.CURRENCY_NOT_ALLOWED), (OrderState.SETTLED, None)]


@pytest.mark.parametrize("other", [{"currency": "USD"}, {"country": "FR"}, {"bearer": ChargeBearer.PAYER}])
async def test_a_standing_order_of_other_payments_abroad_is_refused(world, other):
    with pytest.raises(ConsentMismatch):
        await place(world, **other)
    assert (await world.rows(instructions), await world.rows(orders)) == ([], [])

"""Quotes that bind the bank: each is used by one order, as it was given, before it expires; unused ones go in time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kernel.banking.money import Money
from plugins.ledger import tables
from plugins.ledger.transfers.quotes import KEPT_UNUSED, Quotes
from tests.unit.plugins.ledger.scene import NOW, SEALER
from tests.world.abroad import quoted

QUOTE = quoted(NOW)
QUOTES = Quotes(SEALER)


async def keep(scene, quote=QUOTE, at=NOW):
    await scene.database.write(lambda connection: QUOTES.keep(connection, "main", quote, at))


async def use(scene, order_id="order-1", quote=QUOTE, at=NOW):
    return await scene.database.write(lambda connection: QUOTES.use(connection, "main", quote, order_id, at))


async def test_a_quote_is_used_by_one_order_however_often_it_asks(scene):
    await keep(scene)
    assert [await use(scene), await use(scene, "order-2"), await use(scene)] == [True, False, True]


@pytest.mark.parametrize(("seconds", "is_good"), [(-1, True), (0, False), (1, False)])
async def test_a_quote_ends_at_the_moment_that_it_names(scene, seconds, is_good):
    await keep(scene)
    assert await use(scene, at=QUOTE.expires_at + timedelta(seconds=seconds)) is is_good


async def test_an_order_that_used_its_quote_in_time_keeps_it(scene):
    await keep(scene)
    assert await use(scene)
    assert await use(scene, at=QUOTE.expires_at + timedelta(days=1))


@pytest.mark.parametrize("change", [{"sold": Money("GBP", 1)}, {"charges": ()}, {"id": "quote-2"}])
async def test_another_quote_than_was_given_is_used_by_no_order(scene, change):
    await keep(scene)
    assert not await use(scene, quote=replace(QUOTE, **change))


async def test_unused_quotes_go_once_they_ended_long_ago_and_used_ones_stay(scene):
    await keep(scene)
    await keep(scene, replace(QUOTE, id="quote-2"))
    await use(scene)
    await keep(scene, replace(QUOTE, id="quote-3", expires_at=NOW + timedelta(days=9)), QUOTE.expires_at + KEPT_UNUSED * 2)
    assert {row.id for row in await scene.rows(tables.quotes)} == {"quote-1", "quote-3"}


async def test_amounts_and_rates_are_sealed(scene):
    await keep(scene)
    assert b"1.1601" not in (await scene.rows(tables.quotes))[0].document

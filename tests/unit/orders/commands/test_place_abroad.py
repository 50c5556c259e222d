"""An order of a payment abroad: at the quote that its payer agreed to, or at that of the moment where they agreed to an estimate."""

import msgspec
import pytest

from kernel.banking.consents import ConsentKind
from kernel.errors import ConsentMismatch
from tests.world.abroad import abroad, quoted


def agreed(world, **quote):
    """Terms, with another quote."""
    terms = abroad(world.clock.now())
    changed = msgspec.structs.replace(quoted(world.clock.now()), **quote)
    return msgspec.structs.replace(terms, cross_border=msgspec.structs.replace(terms.cross_border, quote=changed))


def asked(terms, **facts):
    """The order as its TPP writes it."""
    return {"kind": ConsentKind.INTERNATIONAL, "terms": terms.payment, "cross_border": terms.cross_border.asked} | facts


async def test_an_order_is_made_at_the_quote_that_was_agreed_to(both_world):
    world = both_world
    terms = agreed(world)
    consent = await world.consent(kind=ConsentKind.INTERNATIONAL, terms=terms)
    order = await world.place(consent, **asked(terms))
    read = (await world.tracked(order.id)).order
    assert (read.cross_border, read.debit, read.transfer.amount) == (terms.cross_border, *[terms.cross_border.quote.debit] * 2)
    assert read.terms.amount == terms.payment.amount


async def test_an_estimate_is_replaced_by_the_rate_of_the_moment(world):
    terms = agreed(world, expires_at=None)
    moment = msgspec.structs.replace(quoted(world.clock.now()), id="quote-2")
    consent = await world.consent(kind=ConsentKind.INTERNATIONAL, terms=terms)
    order = await world.place(consent, **asked(terms, quote=moment))
    assert order.cross_border.quote == moment


async def test_no_order_is_made_at_a_rate_that_binds_no_one(world):
    terms = agreed(world, expires_at=None)
    consent = await world.consent(kind=ConsentKind.INTERNATIONAL, terms=terms)
    with pytest.raises(ConsentMismatch):
        await world.place(consent, **asked(terms))


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"country": "FR"}, {"purpose": "rent"}])
async def test_an_order_of_another_payment_abroad_is_refused(world, change):
    terms = agreed(world)
    consent = await world.consent(kind=ConsentKind.INTERNATIONAL, terms=terms)
    with pytest.raises(ConsentMismatch):
        await world.place(consent, **asked(terms, cross_border=msgspec.structs.replace(terms.cross_border.asked, **change)))

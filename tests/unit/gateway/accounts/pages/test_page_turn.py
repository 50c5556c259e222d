"""A page's link goes on for the caller, consent, operation, account, size and filters that it was made for, and for no other."""

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from gateway.accounts.pages.page_turn import Turning
from gateway.pipeline.exchange import Exchange, present
from kernel.errors import CursorInvalid
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer
from kernel.storage.sealed import Sealer
from tests.unit.gateway import world

CURSORS = CursorSealer(Sealer({1: b"k" * 32}))
FILTERS = ("2026-01-01", None)
READ_TRANSACTIONS = world.ROW_OF[Operation.READ_TRANSACTIONS]


@dataclass(frozen=True)
class Page:
    account_id: str | None = "a1"
    cursor: str | None = None
    page_size: int | None = 50


def exchange(**facts: Any) -> Exchange:
    made = Exchange(
        brand=world.BRAND,
        dialect=world.DIALECT,
        service=world.DIALECT.services[0],
        row=READ_TRANSACTIONS,
        request=world.request(),
        path={},
        received_at=world.START,
        interaction_id=world.INTERACTION,
    )
    made.caller, made.consent = world.CALLER, world.CONSENT
    for name, fact in facts.items():
        setattr(made, name, fact)
    return made


def turn(asked: Exchange, page: Page, *filters: object) -> Turning:
    return Turning.open(CURSORS, world.World().clock, asked, page, *filters)


LINK = turn(exchange(), Page(), *FILTERS).following(world.START, "up1", "t1")


def test_the_same_listing_goes_on_where_its_link_says():
    begun = present(turn(exchange(), Page(cursor=LINK), *FILTERS).begun)
    assert (begun.at, begun.account_id, begun.row_id) == (world.START, "up1", "t1")


@pytest.mark.parametrize(
    ("facts", "page", "filters"),
    [
        ({"caller": msgspec.structs.replace(world.CALLER, client_id="client-2")}, {}, FILTERS),
        ({"consent": msgspec.structs.replace(world.CONSENT, id="consent-2")}, {}, FILTERS),
        ({"brand": replace(world.BRAND, name="other")}, {}, FILTERS),
        ({"dialect": replace(world.DIALECT, name="other")}, {}, FILTERS),
        ({"row": world.ROW_OF[Operation.LIST_TRANSACTIONS]}, {}, FILTERS),
        ({}, {"account_id": "a2"}, FILTERS),
        ({}, {"page_size": 51}, FILTERS),
        ({}, {}, ("2026-01-02", None)),
        ({}, {}, FILTERS[:1]),
    ],
    ids=["client", "consent", "brand", "dialect", "operation", "account", "size", "filter", "fewer filters"],
)
def test_a_link_of_another_listing_does_not_open(facts: dict[str, Any], page: dict[str, Any], filters: tuple[object, ...]):
    """The attack is a link that one client gives to another, or that is edited to reach further."""
    with pytest.raises(CursorInvalid):
        turn(exchange(**facts), Page(**{"cursor": LINK, **page}), *filters)

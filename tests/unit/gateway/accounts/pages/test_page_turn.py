"""A page's link goes on for the caller, consent, operation, account, size and filters that it was made for, and for no other."""

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from gateway.accounts.pages.page_turn import PageTurn
from gateway.pipeline.exchange import Exchange, present
from kernel.banking.results import Numbered
from kernel.errors import CursorInvalid
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer
from kernel.storage.sealed import Sealer
from openapi.pages import PageUnknown
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND, DIALECT, ROW_OF
from tests.world.gateway.snapshots import CALLER, CONSENT
from tests.world.gateway.world import INTERACTION, GatewayWorld, request

CURSORS = CursorSealer(Sealer({1: b"k" * 32}))
FILTERS = ("2026-01-01", None)
READ_TRANSACTIONS = ROW_OF[Operation.READ_TRANSACTIONS]


@dataclass(frozen=True)
class Page:
    account_id: str | None = "a1"
    cursor: str | None = None
    page_size: int | None = 50
    number: int | None = None


def exchange(**facts: Any) -> Exchange:
    made = Exchange(
        brand=BRAND,
        dialect=DIALECT,
        service=DIALECT.services[0],
        row=READ_TRANSACTIONS,
        request=request(),
        path={},
        received_at=START,
        interaction_id=INTERACTION,
    )
    made.caller, made.consent = CALLER, CONSENT
    for name, fact in facts.items():
        setattr(made, name, fact)
    return made


def turn(asked: Exchange, page: Page, *filters: object) -> PageTurn:
    return PageTurn.open(CURSORS, GatewayWorld().clock, asked, page, *filters)


LINK = turn(exchange(), Page(), *FILTERS).cursor_after(START, "up1", "t1")


def test_the_same_listing_goes_on_where_its_link_says():
    begun = present(turn(exchange(), Page(cursor=LINK), *FILTERS).begun)
    assert (begun.at, begun.account_id, begun.row_id) == (START, "up1", "t1")


@pytest.mark.parametrize(
    ("facts", "page", "filters"),
    [
        ({"caller": msgspec.structs.replace(CALLER, client_id="client-2")}, {}, FILTERS),
        ({"consent": msgspec.structs.replace(CONSENT, id="consent-2")}, {}, FILTERS),
        ({"brand": replace(BRAND, name="other")}, {}, FILTERS),
        ({"dialect": replace(DIALECT, name="other")}, {}, FILTERS),
        ({"row": ROW_OF[Operation.LIST_TRANSACTIONS]}, {}, FILTERS),
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


@pytest.mark.parametrize(("number", "size", "skip"), [(1, 25, 0), (3, 25, 50), (2, 1000, 1000)])
def test_a_page_by_its_number_comes_after_all_before_it_at_any_size(number: int, size: int, skip: int):
    turning = turn(exchange(), Page(page_size=size, number=number))
    assert (turning.skip, turning.limit, turning.begun) == (skip, size, None)
    assert turning.numbered(skip + 1) == Numbered(number, size, skip + 1)


def test_a_page_by_its_cursor_is_not_counted():
    turning = turn(exchange(), Page(cursor=LINK), *FILTERS)
    assert (turning.skip, turning.numbered(None)) == (None, None)


@pytest.mark.parametrize(("number", "total"), [(2, 0), (2, 25), (3, 50), (1000, 51)])
def test_a_page_after_the_last_one_is_unknown(number: int, total: int):
    with pytest.raises(PageUnknown) as refused:
        turn(exchange(), Page(page_size=25, number=number)).numbered(total)
    assert refused.value.path == "page"


def test_the_first_page_of_nothing_is_empty():
    page = present(turn(exchange(), Page(page_size=25, number=1)).numbered(0))
    assert page.pages == 0

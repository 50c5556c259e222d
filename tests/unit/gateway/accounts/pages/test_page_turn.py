"""A page's link goes on for the caller, consent, operation, account, size and filters that it was made for, and for no other."""

import base64
from dataclasses import dataclass, replace
from datetime import timedelta
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
READ_TRANSACTIONS = ROW_OF[Operation.READ_TRANSACTIONS]


@dataclass(frozen=True)
class Page:
    account_id: str | None = "a1"
    cursor: str | None = None
    page_size: int | None = 50
    number: int | None = None
    since: str = "2026-01-01"
    until: str | None = None


@dataclass(frozen=True)
class Unfiltered:
    """A listing that knows fewer filters."""

    account_id: str | None = "a1"
    cursor: str | None = None
    page_size: int | None = 50
    number: int | None = None
    since: str = "2026-01-01"


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


def turn(asked: Exchange, page: Page | Unfiltered) -> PageTurn:
    asked.command = page
    return PageTurn.open(CURSORS, GatewayWorld().clock, asked)


LINK = turn(exchange(), Page()).cursor_after(START, "up1", "t1")


def test_the_same_listing_goes_on_where_its_link_says():
    begun = present(turn(exchange(), Page(cursor=LINK)).begun)
    assert (begun.at, begun.account_id, begun.row_id) == (START, "up1", "t1")


@pytest.mark.parametrize(
    ("facts", "page"),
    [
        ({"caller": msgspec.structs.replace(CALLER, client_id="client-2")}, {}),
        ({"consent": msgspec.structs.replace(CONSENT, id="consent-2")}, {}),
        ({"brand": replace(BRAND, name="other")}, {}),
        ({"dialect": replace(DIALECT, name="other")}, {}),
        ({"row": ROW_OF[Operation.LIST_TRANSACTIONS]}, {}),
        ({}, {"account_id": "a2"}),
        ({}, {"page_size": 51}),
        ({}, {"since": "2026-01-02"}),
    ],
    ids=["client", "consent", "brand", "dialect", "operation", "account", "size", "filter"],
)
def test_a_link_of_another_listing_does_not_open(facts: dict[str, Any], page: dict[str, Any]):
    """The attack is a link that one client gives to another, or that is edited to reach further."""
    with pytest.raises(CursorInvalid):
        turn(exchange(**facts), Page(**{"cursor": LINK, **page}))


def test_a_link_of_a_listing_with_more_filters_does_not_open():
    with pytest.raises(CursorInvalid):
        turn(exchange(), Unfiltered(cursor=LINK))


def test_a_link_that_an_earlier_release_issued_goes_on():
    """It was bound to these facts, in this order, and did not say whether its listing was counted."""
    unsaid = CURSORS._encoder.encode((7, START, "up1", "t1", START + timedelta(hours=1)))
    facts = ("main", "client-1", "consent-1", DIALECT.name, "read_transactions", "a1", "50", "2026-01-01", "")
    sealed = CURSORS._sealer.seal(unsaid, "cursor", *facts)
    begun = present(turn(exchange(), Page(cursor=base64.urlsafe_b64encode(sealed).rstrip(b"=").decode())).begun)
    assert (begun.as_of, begun.row_id, begun.is_counted) == (7, "t1", True)


@pytest.mark.parametrize(("number", "size", "skip"), [(1, 25, 0), (3, 25, 50), (2, 1000, 1000)])
def test_a_page_by_its_number_comes_after_all_before_it_at_any_size(number: int, size: int, skip: int):
    turning = turn(exchange(), Page(page_size=size, number=number))
    assert (turning.skip, turning.limit, turning.begun) == (skip, size, None)
    assert turning.numbered(skip + 1) == Numbered(number, size, skip + 1)


def test_a_page_by_its_cursor_is_not_counted():
    turning = turn(exchange(), Page(cursor=LINK))
    assert (turning.skip, turning.numbered(None)) == (None, None)


@pytest.mark.parametrize(("number", "total"), [(2, 0), (2, 25), (3, 50), (1000, 51)])
def test_a_page_after_the_last_one_is_unknown(number: int, total: int):
    with pytest.raises(PageUnknown) as refused:
        turn(exchange(), Page(page_size=25, number=number)).numbered(total)
    assert refused.value.path == "page"


def test_the_first_page_of_nothing_is_empty():
    page = present(turn(exchange(), Page(page_size=25, number=1)).numbered(0))
    assert page.pages == 0

"""The listing that a page's link goes on with: the read that began it, to which the link is bound, and the access that it is part of.

A link opens only for the caller, the consent, the operation, the account and every filter of that read. A listing that was counted as an
access is one access for as long as its links last. One that the PSU asked for was not counted: it is part of what they asked for while
they wait for it, and later its next page without them is an access of its own, which then counts for the rest of the listing.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from gateway.pipeline.exchange import Exchange, present
from kernel.errors import CursorInvalid
from kernel.storage.cursor import Cursor, CursorSealer

LINK_LIFETIME = timedelta(hours=24)  # the link to a next page is accepted, from the first page
ATTENDED_LISTING = timedelta(minutes=20)  # a listing that the PSU asked for goes on without them, from the first page
_OF_THE_PAGE = frozenset({"cursor", "number"})  # what differs between pages of one listing


def facts_of(exchange: Exchange) -> tuple[str, ...]:
    """The facts that all pages of one listing share."""
    command = exchange.command
    facts = (
        exchange.brand.name,
        present(exchange.caller).id,
        present(exchange.consent).id,
        exchange.dialect.name,
        exchange.row.operation.value,
        *(getattr(command, name) for name in _members_of(command)),
    )
    return tuple("" if fact is None else str(fact) for fact in facts)


def open_link(cursors: CursorSealer, exchange: Exchange, now: datetime) -> Cursor | None:
    """The cursor of the page that is asked for; None: it begins a listing. `now` is protocol time. Raises CursorInvalid."""
    cursor = getattr(exchange.command, "cursor", None)
    return None if cursor is None else cursors.open(cursor, now, *facts_of(exchange))


def is_part_of_an_access(cursors: CursorSealer, exchange: Exchange) -> bool:
    """True for a later page of an access that was counted, or that the PSU asked for a short while ago. Also for a link that does not open:
    its use case refuses it."""
    try:
        begun = open_link(cursors, exchange, exchange.received_at)
    except CursorInvalid:
        return True
    return begun is not None and goes_on(begun, exchange.received_at)


def goes_on(begun: Cursor, now: datetime) -> bool:
    """True if a page that is asked for at `now` without the PSU is still part of the access that began the listing."""
    return begun.is_counted or now < begun.expires_at - LINK_LIFETIME + ATTENDED_LISTING


def is_counted(begun: Cursor | None, exchange: Exchange) -> bool:
    """True if this page, or one before it, was counted as an access."""
    if begun is None:
        return not exchange.psu_present
    return begun.is_counted or not (exchange.psu_present or goes_on(begun, exchange.received_at))


def _members_of(command: Any) -> tuple[str, ...]:
    """The account and the size of a page first, then the filters: links of earlier releases are bound in this order."""
    named = ("account_id", "page_size")
    return (*named, *(each.name for each in fields(command) if each.name not in {*named, *_OF_THE_PAGE}))

"""Turn the pages of one listing: where this page begins, how long it is, and the link to the next, or how many there are.

A cursor is bound to the read that began the listing (gateway/accounts/pages/listing.py); it expires with that listing, however many pages
follow.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from gateway.accounts.pages.listing import LINK_LIFETIME, facts_of, is_counted, open_link
from gateway.pipeline.exchange import Exchange
from kernel.banking.results import Numbered
from kernel.clock import Clock
from kernel.storage.cursor import Cursor, CursorSealer
from openapi.pages import PageUnknown

PAGE_SIZE = 100  # rows of a page where the caller names no size
PAGE_SIZE_MAX = 500  # rows of a page, however many a dialect lets its caller ask for


class Paged(Protocol):
    """A command whose answer has pages."""

    @property
    def account_id(self) -> str | None: ...

    @property
    def cursor(self) -> str | None: ...

    @property
    def page_size(self) -> int | None: ...

    @property
    def number(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class PageTurn:
    """`begun` is the cursor of this page; None: it is the first one, or has a `number`. `limit` is a number of rows."""

    begun: Cursor | None
    limit: int
    number: int | None
    parameter: str  # of the query, that names the page
    expires_at: datetime
    is_counted: bool  # this page, or one before it, as an access
    _cursors: CursorSealer
    _bound_to: tuple[str, ...]

    @classmethod
    def open(cls, cursors: CursorSealer, clock: Clock, exchange: Exchange) -> Self:
        """Of the page that the exchange's command asks for. Raises CursorInvalid."""
        command: Paged = exchange.command
        now = clock.wall()
        begun = open_link(cursors, exchange, now)
        return cls(
            begun=begun,
            limit=_size_of(command),
            number=command.number,
            parameter=exchange.dialect.paging.parameter,
            expires_at=begun.expires_at if begun is not None else now + LINK_LIFETIME,
            is_counted=is_counted(begun, exchange),
            _cursors=cursors,
            _bound_to=facts_of(exchange),
        )

    @property
    def skip(self) -> int | None:
        """The rows before this page, where it has a number."""
        return None if self.number is None else (self.number - 1) * self.limit

    def numbered(self, total: int | None) -> Numbered | None:
        """This page among all of them; None where pages have no numbers. Raises PageUnknown: it comes after the last one."""
        if self.number is None:
            return None
        page = Numbered(self.number, self.limit, total or 0)
        if page.number > max(page.pages, 1):
            raise PageUnknown(f"page {page.number} of {page.pages}", path=self.parameter)
        return page

    def cursor_after(self, at: datetime, account_id: str, row_id: str, as_of: int = 0) -> str:
        """The cursor of the page after the given row, which is this page's last."""
        cursor = Cursor(as_of, at, account_id, row_id, self.expires_at, self.is_counted)
        return self._cursors.seal(cursor, *self._bound_to)


def _size_of(command: Paged) -> int:
    """A dialect whose pages have numbers bounds their size itself: another size would be another page."""
    if command.number is not None and command.page_size is not None:
        return command.page_size
    return min(command.page_size or PAGE_SIZE, PAGE_SIZE_MAX)

"""Turn the pages of one listing: where this page begins, how long it is, and the link to the next, or how many there are.

A cursor is bound to the caller, the consent, the operation, the account and every filter; it expires with the listing that it
began, however many pages follow.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from gateway.pipeline.exchange import Exchange, present
from kernel.banking.results import Numbered
from kernel.clock import Clock
from kernel.storage.cursor import Cursor, CursorSealer
from openapi.pages import PageUnknown

PAGE_SIZE = 100  # rows of a page where the caller names no size
PAGE_SIZE_MAX = 500  # rows of a page, however many a dialect lets its caller ask for
CURSOR_LIFETIME = timedelta(hours=24)  # the link to a next page is accepted


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
    _cursors: CursorSealer
    _bound_to: tuple[str, ...]

    @classmethod
    def open(cls, cursors: CursorSealer, clock: Clock, exchange: Exchange, command: Paged, *filters: object) -> Self:
        """Raises CursorInvalid."""
        bound_to = _facts_of(exchange, command, filters)
        now = clock.wall()
        begun = cursors.open(command.cursor, now, *bound_to) if command.cursor is not None else None
        expires_at = begun.expires_at if begun is not None else now + CURSOR_LIFETIME
        return cls(begun, _size_of(command), command.number, exchange.dialect.paging.parameter, expires_at, cursors, bound_to)

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
        return self._cursors.seal(Cursor(as_of, at, account_id, row_id, self.expires_at), *self._bound_to)


def _size_of(command: Paged) -> int:
    """A dialect whose pages have numbers bounds their size itself: another size would be another page."""
    if command.number is not None and command.page_size is not None:
        return command.page_size
    return min(command.page_size or PAGE_SIZE, PAGE_SIZE_MAX)


def _facts_of(exchange: Exchange, command: Paged, filters: tuple[object, ...]) -> tuple[str, ...]:
    """The facts that all pages of one listing share: a cursor is bound to them."""
    facts = (
        exchange.brand.name,
        present(exchange.caller).id,
        present(exchange.consent).id,
        exchange.dialect.name,
        exchange.row.operation.value,
        command.account_id,
        command.page_size,
        *filters,
    )
    return tuple("" if fact is None else str(fact) for fact in facts)

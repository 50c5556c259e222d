"""One page of what belongs to accounts (payees, mandates, orders, statements), newest first, in the caller's own account ids."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from gateway.accounts.consented_accounts import consented
from gateway.accounts.pages.page_turn import PageTurn
from gateway.pipeline.exchange import Exchange
from gateway.ports import Page, RecordPosition
from gateway.upstream_guard.answer_checks import Record
from kernel.banking import commands
from kernel.banking.consents import AccountReference
from kernel.banking.records.listing import RecordPage
from kernel.banking.results import RecordsView, RecordView
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.storage.cursor import CursorSealer


class Owned(Protocol):
    """A record of an account, which it names by the upstream's own id."""

    @property
    def account_id(self) -> str: ...


R = TypeVar("R", bound=Record)
Belonging = TypeVar("Belonging", bound=Owned)
Ask = Callable[[Brand, tuple[str, ...], Page], Awaitable[RecordPage[R]]]


async def list_records(cursors: CursorSealer, clock: Clock, exchange: Exchange, ask: Ask[R]) -> RecordsView[R]:
    """The page that the exchange's ReadRecords asks for, from the bank by `ask`. Raises CursorInvalid."""
    command: commands.ReadRecords = exchange.command
    references = consented(exchange, command.account_id)
    turn = PageTurn.open(cursors, clock, exchange)
    if not references:
        return RecordsView((), numbered=turn.numbered(0))
    page = await ask(exchange.brand, upstream_ids(references), Page(position_of(turn), turn.limit, turn.skip))
    following, numbered = next_cursor(turn, page.rows, page.more), turn.numbered(page.total)
    return RecordsView(views_of(references, page.rows), following, numbered=numbered)


def upstream_ids(references: tuple[AccountReference, ...]) -> tuple[str, ...]:
    return tuple(reference.upstream_id for reference in references)


def views_of(references: tuple[AccountReference, ...], rows: Iterable[Belonging]) -> tuple[RecordView[Belonging], ...]:
    ours = {reference.upstream_id: reference.id for reference in references}
    return tuple(RecordView(ours[row.account_id], row) for row in rows)


def position_of(turn: PageTurn) -> RecordPosition | None:
    begun = turn.begun
    return RecordPosition(begun.at, begun.account_id, begun.row_id) if begun else None


def next_cursor(turn: PageTurn, rows: tuple[R, ...], more: bool) -> str | None:
    if not more or turn.number is not None:
        return None
    return turn.cursor_after(rows[-1].created_at, rows[-1].account_id, rows[-1].id)

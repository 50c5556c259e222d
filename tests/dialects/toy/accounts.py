"""Read accounts, in two versions, and what was booked on them, by the number of the page."""

from msgspec import UNSET

from kernel.banking import commands
from kernel.banking.results import AccountView, TransactionsView
from openapi.codec import Rendering, WireRequest
from openapi.pages import NumberedPages, links_of
from tests.dialects.toy.wire import Account, Accounts, Entries, Entry, Links, NamedAccount, NamedAccounts, Totals

PAGES = NumberedPages("page", "page-size", size=25, size_max=1000)


def decode_list(request: WireRequest) -> commands.ListAccounts:
    return commands.ListAccounts()


def encode_list(views: tuple[AccountView, ...], rendering: Rendering) -> Accounts:
    return Accounts([Account(view.reference.id, view.account.name) for view in views])


def encode_named(views: tuple[AccountView, ...], rendering: Rendering) -> NamedAccounts:
    """Version 2."""
    return NamedAccounts(
        [NamedAccount(view.reference.id, view.account.name, view.account.nickname or UNSET) for view in views],
    )


def decode_entries(request: WireRequest) -> commands.ReadTransactions:
    number, size = PAGES.asked(request.query)
    return commands.ReadTransactions(request.path["accountId"], number=number, page_size=size)


def encode_entries(view: TransactionsView, rendering: Rendering) -> Entries:
    """The use case counts, because the command asks for a page by its number."""
    assert view.numbered is not None
    links = links_of(rendering, view.numbered)
    return Entries(
        [Entry(row.transaction.id, row.transaction.amount.decimal()) for row in view.rows],
        Links(links.here, *(each or UNSET for each in (links.first, links.previous, links.following, links.last))),
        Totals(view.numbered.records, view.numbered.pages),
    )

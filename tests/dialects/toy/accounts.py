"""Read accounts, in two versions, and what was booked on them."""

from msgspec import UNSET

from kernel.banking import commands
from kernel.banking.results import AccountView, TransactionsView
from openapi.codec import Rendering, WireRequest
from tests.dialects.toy.wire import Account, Accounts, Entries, Entry, NamedAccount, NamedAccounts

CURSOR = "page"


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
    return commands.ReadTransactions(request.path["accountId"], cursor=dict(request.query).get(CURSOR))


def encode_entries(view: TransactionsView, rendering: Rendering) -> Entries:
    return Entries(
        [Entry(row.transaction.id, row.transaction.amount.decimal()) for row in view.rows],
        UNSET if view.next_cursor is None else rendering.page(view.next_cursor),
    )

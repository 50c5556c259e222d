"""The wire types of the toy dialect."""

from msgspec import UNSET, Struct, UnsetType


class Wish(Struct, forbid_unknown_fields=True):
    """The body that a TPP lodges. `until`: an instant, in UTC."""

    until: str | UnsetType = UNSET


class Agreement(Struct):
    agreement: str
    state: str


class Account(Struct):
    id: str
    name: str


class Accounts(Struct):
    accounts: list[Account]


class NamedAccount(Struct):
    """Version 2: the name became two members."""

    id: str
    name: str
    nickname: str | UnsetType = UNSET


class NamedAccounts(Struct):
    accounts: list[NamedAccount]


class Entry(Struct):
    id: str
    amount: str


class Links(Struct, rename={"here": "self", "previous": "prev", "following": "next"}):
    here: str
    first: str | UnsetType = UNSET
    previous: str | UnsetType = UNSET
    following: str | UnsetType = UNSET
    last: str | UnsetType = UNSET


class Totals(Struct, rename="camel"):
    total_records: int
    total_pages: int


class Entries(Struct):
    entries: list[Entry]
    links: Links
    meta: Totals


class Refusal(Struct):
    """`operation`: the one that was refused, where one was found."""

    code: str
    at: str | UnsetType = UNSET
    operation: str | UnsetType = UNSET

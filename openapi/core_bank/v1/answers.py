"""The answers of a core bank: the canonical records themselves, in envelopes that can grow.

Members have the canonical names; absent and null both mean unknown. Unknown members are ignored, so that a later version may
add some.
"""

import msgspec

from kernel.banking.accounts import Account, Balance
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty
from kernel.banking.records.products import Product


class Accounts(msgspec.Struct, frozen=True):
    accounts: tuple[Account, ...]


class Balances(msgspec.Struct, frozen=True):
    balances: tuple[Balance, ...]


class Products(msgspec.Struct, frozen=True):
    products: tuple[Product, ...]


class Offers(msgspec.Struct, frozen=True):
    offers: tuple[Offer, ...]


class Parties(msgspec.Struct, frozen=True):
    parties: tuple[AccountParty, ...]


class Health(msgspec.Struct, frozen=True):
    """`specimens`: brand -> customers that a conformance check may read. A bank names test customers only, or none."""

    status: str
    specimens: dict[str, tuple[str, ...]] = {}


class Refusal(msgspec.Struct, frozen=True):
    """`code`: `unknown` (404: there is no such customer, statement or form of it), `brand_unknown` (404), `operation_unknown` (404),
    `question_invalid` (400), `credentials_invalid` (401), `overloaded` (503), `failed` (500 or 502), `timed_out` (504)."""

    code: str


UNKNOWN = "unknown"
OPERATION_UNKNOWN = "operation_unknown"

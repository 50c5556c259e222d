"""The ports of settlement and reconciliation: a rail's calendar, and the bank's own accounts in its ledger.

Amounts have the sign that a statement of the account has: positive for what came in, negative for what went out.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from kernel.banking.money import Money
from kernel.brand import Brand
from orders.settlement.returned import Returned

MOVEMENTS_MAX = 1_000  # of an account that one question reads


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """Payments that are settled together, by their net. It takes none any more from `closes_at` on, by the rail's own clock."""

    id: str
    closes_at: datetime
    settles_on: date


class Calendar(Protocol):
    """When a rail settles. `version` names the days that it knows."""

    @property
    def version(self) -> str: ...

    def is_business_day(self, day: date) -> bool: ...

    def cycle_of(self, at: datetime) -> Cycle:
        """The cycle of a payment that is made at that instant."""
        ...

    def cycles_of(self, day: date) -> tuple[Cycle, ...]:
        """Those that are settled on a day, in their order."""
        ...

    def find(self, cycle_id: str) -> Cycle | None: ...


class SettlementAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The account over which a rail settles in one currency. `agent` is its keeper, by which the ledger names its mirror; `number` is the
    one that the keeper's statements bear."""

    rail: str
    currency: str
    agent: str
    number: str


class OwnItem(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of a clearing account or of a mirror, with what is known of the payment that made it. `number` counts the movements of
    the account: 1, 2, 3 ...; `sequence` is its booking number, and both rise together, as the movements become visible. `cycle` is the rail's word, and `at` the instant by its clock, as far as it gave any."""

    entry_id: str
    kind: str
    number: int
    sequence: int
    amount: Money
    cause: str
    at: datetime
    cycle: str | None = None
    order_id: str | None = None
    uetr: str | None = None
    end_to_end: str | None = None
    account: str | None = None
    reference: str | None = None


class Against(StrEnum):
    """The account that takes the other side of an entry that people decide."""

    SUSPENSE = "suspense"
    CHARGES = "charges"
    INCOME = "income"
    RETURNS = "returns"


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """The money that a customer received by one entry. `numbers` are those of their account; `uetr` is that of the payment, in lower case, where the
    ledger knows it."""

    amount: Money
    numbers: tuple[str, ...]
    uetr: str | None = None


class HouseBooks(Protocol):
    """The bank's own accounts. An entry is keyed by its id: the same one again is the same fact."""

    async def cleared(self, brand: Brand, account: SettlementAccount, *, after: int, most: int) -> tuple[OwnItem, ...]:
        """The first `most` movements after number `after` that payments made of the clearing account, in the order of their booking; no
        settlements. Fewer than `most`: there are no more."""
        ...

    async def mirrored(self, brand: Brand, account: SettlementAccount, *, after: int, most: int) -> tuple[OwnItem, ...]:
        """Likewise, all movements of the mirror of a settlement account."""
        ...

    async def clearing_balance(self, brand: Brand, account: SettlementAccount) -> Money: ...

    async def mirror_balance(self, brand: Brand, account: SettlementAccount) -> Money: ...

    async def settle(self, brand: Brand, account: SettlementAccount, entry_id: str, net: Money, cause: str) -> None:
        """Move the net of a cycle from clearing to the mirror."""
        ...

    async def rail_of(self, brand: Brand, order_id: str) -> str | None:
        """The rail to which the payment of an order was given; None if it was given to none."""
        ...

    async def take_return(
        self, brand: Brand, account: SettlementAccount, entry_id: str, returned: Returned, order_id: str | None
    ) -> None:
        """Give a payment that came back to its payer. A return without an order, to a closed account or one in another currency, or of more
        than the books say was paid, waits for people."""
        ...

    async def credited(self, brand: Brand, entry_id: str) -> Credit | None:
        """The credit of one customer by an entry; None if it gave none, gave several, or is known to be no payment of another bank."""
        ...

    async def is_booked(self, brand: Brand, entry_id: str) -> bool: ...

    async def send_back(
        self, brand: Brand, account: SettlementAccount, entry_id: str, *, received: str, amount: Money, uetr: str
    ) -> bool:
        """Take a payment from the customer to whom entry `received` gave it, and send it back by the rail; a repeat changes nothing. False: the
        account cannot pay it."""
        ...

    async def revalue(self, brand: Brand) -> tuple[str, ...]:
        """Bring what payments in other currencies left with the bank to what it was worth at the end of yesterday; a repeat changes nothing. Returns the
        currencies without a rate, of which nothing is revalued."""
        ...

    async def correct(
        self, brand: Brand, account: SettlementAccount, entry_id: str, *, amount: Money, against: Against, cause: str
    ) -> None:
        """Change the mirror by an amount that people decided."""
        ...

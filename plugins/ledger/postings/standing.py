"""Accounts as a batch finds them, under its locks, and as each of its postings leaves them."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountStatus
from kernel.banking.money import WHOLE_DIGITS_MAX, Money
from plugins.ledger import tables
from plugins.ledger.postings.bulk import among
from plugins.ledger.postings.entries import check_sayable
from plugins.ledger.refusals import EntryMismatched, FundsInsufficient

_SAYABLE_ALWAYS = 10**WHOLE_DIGITS_MAX  # minor units: below it no currency needs a further look


@dataclass(slots=True)
class Standing:
    """The facts of one account that posting needs. `booked`, `held` and `version` move with the batch."""

    id: str
    internal: bool
    currency: str
    status: str
    floor: int | None
    booked: int
    held: int
    version: int

    def check_fits(self, amount: Money, *, has_line: bool) -> None:
        """Raises EntryMismatched or EntryTooLarge."""
        if self.currency != amount.currency:
            raise EntryMismatched(f"account {self.id} is in {self.currency}, the leg in {amount.currency}")
        if self.status == AccountStatus.DELETED:
            raise EntryMismatched(f"account {self.id} is closed")
        if has_line == self.internal:
            raise EntryMismatched(f"account {self.id}: a customer's account needs a line, the bank's own takes none")
        if not -_SAYABLE_ALWAYS < amount.minor < _SAYABLE_ALWAYS:
            check_sayable(self.id, amount)

    def post(self, amount: Money, *, forced: bool) -> None:
        """Raises EntryTooLarge, or FundsInsufficient for a debit beyond the floor that is not forced."""
        after = self.booked + amount.minor
        if amount.minor < 0 and not forced and self.floor is not None and after - self.held < self.floor:
            raise FundsInsufficient(f"account {self.id}")
        if not -_SAYABLE_ALWAYS < after < _SAYABLE_ALWAYS:
            check_sayable(self.id, Money(amount.currency, after))
        self.booked = after
        self.version += 1


async def lock_accounts(connection: AsyncConnection, brand: str, account_ids: Collection[str]) -> dict[str, Standing]:
    """Those that there are, locked in the order of their ids: every transaction that locks several keeps it."""
    accounts = tables.accounts.c
    columns = (accounts.id, accounts.internal, accounts.currency, accounts.status)
    money = (accounts.floor, accounts.booked, accounts.held, accounts.version)
    statement = (
        sa.select(*columns, *money)
        .where(accounts.brand == brand, among(connection, accounts.id, account_ids))
        .order_by(accounts.id)
        .with_for_update(key_share=True)
    )
    return {row.id: Standing(*row) for row in await connection.execute(statement)}

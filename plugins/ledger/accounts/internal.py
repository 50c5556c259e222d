"""The bank's own accounts: one of each name in each currency, opened when an entry first names it. They have no floor.

Names are paths with colons: `world`, `fees:income`, `rail:faster_payments:clearing`. Customers' money is the bank's debt and stored
positive; what the bank owns, such as its account at another bank, is negative; so all accounts of one currency sum to zero.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountStatus
from kernel.storage.database import insert_into
from plugins.ledger import tables

PREFIX = "internal:"

FEES_INCOME = "fees:income"
CHARGES_EXPENSE = "charges:expense"
FX_POSITION, FX_ROUNDING, FX_RESULT = "fx:position", "fx:rounding", "fx:result"
SUSPENSE_IN = "suspense:in"
SUSPENSE_BREAKS = "suspense:breaks"
RETURNS_PAYABLE = "returns:payable"
CARD_RECEIVABLE = "card:scheme:receivable"
CARD_DISPUTES = "card:disputes"


def internal_account_id(name: str, currency: str) -> str:
    """The id of the bank's own account of that name and currency."""
    return f"{PREFIX}{name}:{currency}"


def rail_clearing(rail: str) -> str:
    """The name of the account of what is in flight on a rail."""
    return f"rail:{rail}:clearing"


def nostro(agent: str) -> str:
    """The name of the account that mirrors the bank's own at another."""
    return f"nostro:{agent}"


async def open_internal(connection: AsyncConnection, brand: str, account_ids: Iterable[str], now: datetime) -> None:
    """Open those of these ids that there are not. In the order of ids, as all locks on accounts are taken; ids of customers' accounts
    are passed over."""
    rows = []
    for account_id in sorted(set(account_ids)):
        name, _, currency = account_id.removeprefix(PREFIX).rpartition(":")
        if account_id.startswith(PREFIX) and name and currency:
            rows.append(_row(brand, account_id, name, currency, now))
    if rows:
        await connection.execute(insert_into(connection, tables.accounts).on_conflict_do_nothing(), rows)


def _row(brand: str, account_id: str, name: str, currency: str, now: datetime) -> dict[str, object]:
    return {
        "brand": brand,
        "id": account_id,
        "internal": True,
        "currency": currency,
        "status": AccountStatus.ENABLED,
        "status_changed_at": now,
        "opened_at": now,
        "product": name,
        "eligible": False,
    }

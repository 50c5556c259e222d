"""Place and release holds on the connection of the caller's transaction, which commits them.

Placing is one conditional statement: it locks the payer's own row, finds the funds and inserts the hold, whose trigger raises what is
held. No row that other customers need is locked. Every transaction locks an account before the holds on it. The hold's row is the record
of what happened: the command that asked for it writes the journal.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from kernel.banking.accounts import AccountStatus
from kernel.banking.money import Money
from kernel.storage.database import insert_into
from plugins.ledger import tables
from plugins.ledger.holds.hold import Hold, HoldState, StoredHold
from plugins.ledger.postings.entries import check_sayable
from plugins.ledger.refusals import EntryMismatched, FundsInsufficient, HoldEnded, HoldMismatched, HoldUnknown

_COLUMNS = ("brand", "id", "account_id", "currency", "amount_minor", "state", "placed_at", "expires_at")


async def place_hold(connection: AsyncConnection, brand: str, hold: Hold, now: datetime) -> None:
    """Hold the amount, if the account has it; again, with the same id, changes nothing.

    Raises FundsInsufficient; EntryMismatched for an account that is unknown, not enabled or in another currency; HoldMismatched if the
    id is another hold's; HoldEnded if it was placed and has ended; EntryTooLarge."""
    if hold.amount.minor <= 0:
        raise HoldMismatched(f"hold {hold.id} of {hold.amount.minor}")
    check_sayable(hold.account_id, hold.amount)
    placed = await connection.execute(_place(connection, brand, hold, now))
    if placed.first() is None:
        await _check_placed(connection, brand, hold)


async def place_holds(connection: AsyncConnection, brand: str, holds: Sequence[Hold], now: datetime) -> None:
    """All of them or, when one is refused and the caller's transaction ends, none. In the order of accounts: two such transactions
    never wait for each other in a circle. Raises as place_hold."""
    for hold in sorted(holds, key=lambda each: (each.account_id, each.id)):
        await place_hold(connection, brand, hold, now)


async def release_hold(connection: AsyncConnection, brand: str, hold_id: str, now: datetime) -> bool:
    """Let the money go; False if it was released, or has expired, before. Raises HoldUnknown, or HoldEnded for a captured one."""
    holds = tables.holds.c
    account_id = await connection.scalar(sa.select(holds.account_id).where(holds.brand == brand, holds.id == hold_id))
    if account_id is None:
        raise HoldUnknown(f"hold {hold_id}")
    await connection.execute(_lock(brand, account_id))
    ended = await connection.execute(
        tables.holds.update()
        .where(holds.brand == brand, holds.id == hold_id, holds.state == HoldState.OPEN)
        .values(state=HoldState.RELEASED, ended_at=now)
    )
    if ended.rowcount == 1:
        return True
    if await connection.scalar(sa.select(holds.state).where(holds.brand == brand, holds.id == hold_id)) == HoldState.CAPTURED:
        raise HoldEnded(f"hold {hold_id} is captured")
    return False


async def let_go(connection: AsyncConnection, brand: str, order_id: str, now: datetime) -> bool:
    """Nothing is held from now on. True: because it was spent."""
    try:
        await release_hold(connection, brand, order_id, now)
    except HoldEnded:
        return True
    return False


async def expire_holds(connection: AsyncConnection, brand: str, now: datetime, limit: int) -> int:
    """End open holds whose time is over, at most `limit`, and return how many ended. Holds without `expires_at` stay."""
    holds, accounts = tables.holds.c, tables.accounts.c
    is_over = (holds.brand == brand, holds.state == HoldState.OPEN, holds.expires_at <= now)
    due = (
        await connection.execute(sa.select(holds.id, holds.account_id).where(*is_over).order_by(holds.expires_at).limit(limit))
    ).all()
    if not due:
        return 0
    locked = accounts.id.in_(sorted({row.account_id for row in due}))
    lock = sa.select(accounts.id).where(accounts.brand == brand, locked).order_by(accounts.id)
    await connection.execute(lock.with_for_update(key_share=True))
    ended = await connection.execute(
        tables.holds.update()
        .where(*is_over, holds.id.in_(sorted(row.id for row in due)))
        .values(state=HoldState.EXPIRED, ended_at=now)
    )
    return ended.rowcount


async def load_hold(connection: AsyncConnection, brand: str, hold_id: str) -> StoredHold | None:
    holds = tables.holds.c
    row = (await connection.execute(sa.select(tables.holds).where(holds.brand == brand, holds.id == hold_id))).one_or_none()
    if row is None:
        return None
    return StoredHold(
        id=row.id,
        account_id=row.account_id,
        amount=Money(row.currency, row.amount_minor),
        state=HoldState(row.state),
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        captured=None if row.captured_minor is None else Money(row.currency, row.captured_minor),
        entry_id=row.entry_id,
    )


def _lock(brand: str, account_id: str) -> sa.Select[tuple[str]]:
    accounts = tables.accounts.c
    return sa.select(accounts.id).where(accounts.brand == brand, accounts.id == account_id).with_for_update(key_share=True)


def _place(connection: AsyncConnection, brand: str, hold: Hold, now: datetime) -> ReturningInsert[tuple[str]]:
    """The lock makes PostgreSQL read the newest version of the row, so that the funds are those that are there now."""
    accounts = tables.accounts.c
    payer = (
        sa.select(accounts.brand, accounts.id, accounts.status, accounts.currency, accounts.booked, accounts.held, accounts.floor)
        .where(accounts.brand == brand, accounts.id == hold.account_id)
        .with_for_update(key_share=True)
        .cte("payer")
    )
    columns = tables.holds.c
    values = (
        payer.c.brand,
        sa.literal(hold.id, columns.id.type),
        payer.c.id,
        payer.c.currency,
        sa.literal(hold.amount.minor, columns.amount_minor.type),
        sa.literal(HoldState.OPEN.value, columns.state.type),
        sa.literal(now, columns.placed_at.type),
        sa.literal(hold.expires_at, columns.expires_at.type),
    )
    left = payer.c.booked - payer.c.held - hold.amount.minor
    placed = tables.holds.alias("placed")  # SQLite's rules refuse a row whose key is taken before the conflict is looked at
    affordable = sa.select(*values).where(
        ~sa.exists().where(placed.c.brand == payer.c.brand, placed.c.id == hold.id),
        payer.c.status == AccountStatus.ENABLED,
        payer.c.currency == hold.amount.currency,
        sa.or_(payer.c.floor.is_(None), left >= payer.c.floor),
    )
    insert = insert_into(connection, tables.holds).from_select(list(_COLUMNS), affordable, include_defaults=False)
    return insert.on_conflict_do_nothing(index_elements=["brand", "id"]).returning(columns.id)


async def _check_placed(connection: AsyncConnection, brand: str, hold: Hold) -> None:
    """The hold was not inserted: it is there already, or the account says why not. Raises as place_hold."""
    stored = await load_hold(connection, brand, hold.id)
    if stored is not None:
        if stored.asked() != hold:
            raise HoldMismatched(f"hold {hold.id} was placed as another")
        if stored.state is not HoldState.OPEN:
            raise HoldEnded(f"hold {hold.id} is {stored.state}")
        return
    accounts = tables.accounts.c
    facts = sa.select(accounts.status, accounts.currency).where(accounts.brand == brand, accounts.id == hold.account_id)
    account = (await connection.execute(facts)).one_or_none()
    if account is None or account.status != AccountStatus.ENABLED or account.currency != hold.amount.currency:
        raise EntryMismatched(f"hold {hold.id} does not fit account {hold.account_id}")
    raise FundsInsufficient(f"hold {hold.id} on account {hold.account_id}")

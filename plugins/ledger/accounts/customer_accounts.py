"""Accounts and their balances, as customers see them. The bank's own accounts are never returned."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import Account, AccountCategory, AccountStatus, AccountType, Balance, BalanceType, CreditLine
from kernel.banking.money import Money
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.openings import Right
from plugins.ledger.documents import Identity, open_identity


async def load_accounts(
    connection: AsyncConnection, sealer: Sealer, brand: str, account_ids: Sequence[str]
) -> tuple[Account, ...]:
    """In the order asked for; unknown ones are left out."""
    found = {row.id: row for row in await connection.execute(_select_accounts(brand, account_ids))}
    return tuple(
        _read_account(sealer, brand, found[account_id]) for account_id in dict.fromkeys(account_ids) if account_id in found
    )


async def load_accounts_of(connection: AsyncConnection, sealer: Sealer, brand: str, customer_id: str) -> tuple[Account, ...]:
    """The customer's accounts that may be shared, in the customer's own order. Where the customer may not approve payments, one
    signature more is needed: that of somebody who may."""
    accounts, holders = tables.accounts, tables.holders
    lacking = sa.case((holders.c.right == Right.APPROVE.value, 0), else_=1)
    statement = (
        sa.select(accounts, (accounts.c.signatures + lacking).label("needed"))
        .join(holders, sa.and_(holders.c.brand == accounts.c.brand, holders.c.account_id == accounts.c.id))
        .where(
            holders.c.brand == brand,
            holders.c.customer_id == customer_id,
            accounts.c.eligible,
            accounts.c.status != AccountStatus.DELETED,
        )
        .order_by(holders.c.position, accounts.c.id)
    )
    rows = (await connection.execute(statement)).all()
    signers = await _load_signers(connection, brand, [row.id for row in rows if row.needed > 1])
    return tuple(
        msgspec.structs.replace(_read_account(sealer, brand, row), signatures=row.needed, signers=signers.get(row.id, ()))
        for row in rows
    )


async def _load_signers(connection: AsyncConnection, brand: str, account_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The customers who may approve payments from each account, in a stable order."""
    if not account_ids:
        return {}
    holders = tables.holders.c
    approving = (holders.brand == brand, holders.account_id.in_(account_ids), holders.right == Right.APPROVE.value)
    found: dict[str, tuple[str, ...]] = {}
    statement = sa.select(holders.account_id, holders.customer_id).where(*approving)
    for row in await connection.execute(statement.order_by(holders.account_id, holders.customer_id)):
        found[row.account_id] = (*found.get(row.account_id, ()), row.customer_id)
    return found


async def load_balances(
    connection: AsyncConnection, brand: str, account_ids: Sequence[str], now: datetime
) -> tuple[Balance, ...]:
    """Of each account: what is booked, and what is available: booked, less holds, plus the credit line."""
    found = {row.id: row for row in await connection.execute(_select_accounts(brand, account_ids))}
    ordered = (found[account_id] for account_id in dict.fromkeys(account_ids) if account_id in found)
    return tuple(balance for row in ordered for balance in _read_balances(row, now))


def _select_accounts(brand: str, account_ids: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    accounts = tables.accounts
    return sa.select(accounts).where(accounts.c.brand == brand, accounts.c.id.in_(account_ids), accounts.c.internal.is_(False))


def _read_account(sealer: Sealer, brand: str, row: sa.Row[tuple[object, ...]]) -> Account:
    identity = open_identity(sealer, row.identity, brand, row.id) if row.identity else Identity()
    return Account(
        id=row.id,
        currency=row.currency,
        category=AccountCategory(row.category),
        type=AccountType(row.type),
        status=AccountStatus(row.status),
        status_changed_at=row.status_changed_at,
        name=row.product,
        nickname=identity.nickname,
        identifiers=identity.identifiers,
        servicer_bic=row.servicer_bic,
        opened_at=row.opened_at,
        eligible=row.eligible,
        switched=row.switched,
        signatures=row.signatures,
    )


def _read_balances(row: sa.Row[tuple[object, ...]], now: datetime) -> tuple[Balance, Balance]:
    line = row.credit_line_minor
    available = row.booked - row.held + (line or 0)
    lines = () if line is None else (CreditLine(included=True, amount=Money(row.currency, line)),)
    return (
        Balance(account_id=row.id, type=BalanceType.INTERIM_BOOKED, amount=Money(row.currency, row.booked), at=now),
        Balance(
            account_id=row.id,
            type=BalanceType.INTERIM_AVAILABLE,
            amount=Money(row.currency, available),
            at=now,
            credit_lines=lines,
        ),
    )

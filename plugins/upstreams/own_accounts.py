"""Accounts of the built-in bank as the two sides of a payment see them: who is debited, and in whose name a payee's account is."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountStatus, Counterparty, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, Reason
from kernel.brand import Brand
from kernel.errors import Overloaded, UpstreamFailed
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.numbers import find_by_number
from plugins.ledger.documents import open_identity
from plugins.payee_checks.matching import Holder

_ACCOUNTS = tables.accounts.c


BRANCH_OF_IBAN = slice(8, 14)  # the sort code in a British IBAN: after country, check digits and bank


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    """The numbers that only accounts of this bank have, open or not: those under its sort codes."""

    sort_codes: frozenset[str] = frozenset()

    def has(self, number: AccountIdentifier) -> bool:
        if number.scheme is Scheme.SORT_CODE:
            return number.identification[:6] in self.sort_codes
        is_british = number.scheme is Scheme.IBAN and number.identification.startswith("GB")
        return is_british and number.identification[BRANCH_OF_IBAN] in self.sort_codes


@dataclass(frozen=True, slots=True)
class OwnAccounts:
    """Implements plugins/payee_checks/confirmation.py OwnAccounts."""

    database: Database
    sealer: Sealer

    async def holder_of(self, brand: Brand, account: AccountIdentifier) -> Holder | None:
        """By the name that the number was given with."""
        try:
            async with self.database.read() as connection:
                account_id = await find_by_number(connection, self.sealer, brand.name, account)
                if account_id is None:
                    return None
                query = sa.select(_ACCOUNTS.identity, _ACCOUNTS.category).where(*_is(brand.name, account_id))
                row = (await connection.execute(query)).one()
        except (SQLAlchemyError, Overloaded) as error:
            raise UpstreamFailed(type(error).__name__) from None
        identity = open_identity(self.sealer, row.identity, brand.name, account_id)
        name = next((each.name for each in identity.identifiers if _number(each) == _number(account) and each.name), "")
        return Holder(name, AccountCategory(row.category))


async def load_counterparty(connection: AsyncConnection, sealer: Sealer, brand: str, account_id: str) -> Counterparty:
    """A payer as the other side sees them."""
    query = sa.select(_ACCOUNTS.identity, _ACCOUNTS.servicer_bic, _ACCOUNTS.product).where(*_is(brand, account_id))
    row = (await connection.execute(query)).one()
    identity = open_identity(sealer, row.identity, brand, account_id)
    number = next(iter(identity.identifiers), None)
    return Counterparty((number.name if number else None) or row.product, number, row.servicer_bic)


async def load_sides(
    connection: AsyncConnection, sealer: Sealer, brand: str, transfer: CreditTransfer
) -> tuple[str, Counterparty] | None:
    """The payee's account, and the payer as the payee sees them; None unless both accounts are this bank's."""
    payee = await find_by_number(connection, sealer, brand, transfer.creditor_account)
    if payee is None:
        return None
    try:
        return payee, await load_counterparty(connection, sealer, brand, transfer.payer_account)
    except NoResultFound:
        return None


async def can_pay(connection: AsyncConnection, brand: str, account_id: str, amount: Money) -> bool:
    left = _ACCOUNTS.booked - _ACCOUNTS.held - amount.minor
    query = sa.select(_ACCOUNTS.id).where(
        *_is(brand, account_id),
        _ACCOUNTS.status == AccountStatus.ENABLED,
        _ACCOUNTS.currency == amount.currency,
        sa.or_(_ACCOUNTS.floor.is_(None), left >= _ACCOUNTS.floor),
    )
    return await connection.scalar(query) is not None


async def why_not_payer(connection: AsyncConnection, brand: str, account_id: str) -> Reason:
    """Why an account that has the funds does not pay an amount."""
    status = await connection.scalar(sa.select(_ACCOUNTS.status).where(*_is(brand, account_id)))
    if status is None:
        return Reason.DEBTOR_ACCOUNT_WRONG
    by_status = {AccountStatus.DELETED: Reason.ACCOUNT_CLOSED, AccountStatus.ENABLED: Reason.CURRENCY_NOT_ALLOWED}
    return by_status.get(AccountStatus(status), Reason.ACCOUNT_BLOCKED)


async def why_not_between(connection: AsyncConnection, brand: str, amount: Money, payer: str, payee: str) -> Reason:
    """Why the ledger books no such amount from one account to another, though the payer's has it."""
    query = sa.select(_ACCOUNTS.id, _ACCOUNTS.status, _ACCOUNTS.currency).where(
        _ACCOUNTS.brand == brand, _ACCOUNTS.id.in_([payer, payee])
    )
    found = {row.id: row for row in await connection.execute(query)}
    if found[payee].status == AccountStatus.DELETED:
        return Reason.CREDITOR_ACCOUNT_CLOSED
    if found[payee].currency != amount.currency:
        return Reason.CURRENCY_NOT_ALLOWED
    return Reason.ACCOUNT_CLOSED if found[payer].status == AccountStatus.DELETED else Reason.UNSPECIFIED_BY_AGENT


def _is(brand: str, account_id: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return _ACCOUNTS.brand == brand, _ACCOUNTS.id == account_id


def _number(identifier: AccountIdentifier) -> tuple[str, str]:
    return identifier.scheme.value, identifier.identification

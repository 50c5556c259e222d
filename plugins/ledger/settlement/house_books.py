"""The bank's own accounts in the built-in ledger. Implements orders/settlement/ports.py HouseBooks.

What the bank owns is stored negative (accounts/internal.py), and what it owes to a rail positive: a statement's sign is the other one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
import structlog

from kernel.banking.accounts import AccountStatus, Counterparty
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.settlement.ports import Against, Credit, OwnItem, SettlementAccount
from orders.settlement.returned import Returned
from plugins.ledger import tables
from plugins.ledger.accounts.internal import (
    CHARGES_EXPENSE,
    FEES_INCOME,
    PREFIX,
    RETURNS_PAYABLE,
    SUSPENSE_BREAKS,
    SUSPENSE_IN,
    internal_account_id,
    nostro,
    rail_clearing,
)
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.postings.patterns import AMOUNT, CLEARING, NOSTRO, PAYABLE, PAYEE, PAYER, SUSPENSE, compose
from plugins.ledger.postings.poster import Poster
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.refusals import EntryMismatched, FundsInsufficient
from plugins.ledger.settlement.credits import load_credit
from plugins.ledger.settlement.revaluation import Revaluation
from plugins.ledger.transfers.transfers import BOOK, Transfer, Transfers

PAID, RECEIVED, CORRECTED = "cycle_paid", "cycle_received", "break_corrected"  # the kinds of entries that are no payments
CAME_BACK, CAME_BACK_PAYABLE, CAME_BACK_UNKNOWN = "return_received", "return_payable", "credit_in_unidentified"
SENT_BACK = "recall_accepted"
SENT_BACK_CODE = "PMNT.ICDT.RRTN"  # ISO 20022 bank transaction code: an issued credit transfer that is a return
RETURN_CODE = "PMNT.RCDT.RRTN"  # ISO 20022 bank transaction code: a received credit transfer that is a return
TAKING: Mapping[Against, str] = MappingProxyType(
    {
        Against.SUSPENSE: SUSPENSE_BREAKS,
        Against.CHARGES: CHARGES_EXPENSE,
        Against.INCOME: FEES_INCOME,
        Against.RETURNS: RETURNS_PAYABLE,
    }
)
log = structlog.get_logger(__name__)
_ENTRIES, _POSTINGS, _TRANSFERS = tables.entries.c, tables.postings.c, tables.transfers.c
_MOVEMENTS = tables.postings.join(tables.entries, sa.and_(_ENTRIES.brand == _POSTINGS.brand, _ENTRIES.id == _POSTINGS.entry_id))
_COLUMNS = (
    _POSTINGS.entry_id,
    _POSTINGS.version,
    _POSTINGS.sequence,
    _POSTINGS.amount_minor,
    _ENTRIES.kind,
    _ENTRIES.cause,
    _ENTRIES.recorded_at,
)


@dataclass(frozen=True, slots=True)
class LedgerHouseBooks:
    """`poster` is that of the payments: the bank's own accounts are the hottest that it has. `revaluation` None: of a bank that exchanges nothing."""

    database: Database
    sealer: Sealer
    clock: Clock
    poster: Poster
    revaluation: Revaluation | None = None

    async def cleared(self, brand: Brand, account: SettlementAccount, *, after: int, most: int) -> tuple[OwnItem, ...]:
        joined = _MOVEMENTS.outerjoin(
            tables.transfers, sa.and_(_TRANSFERS.brand == _POSTINGS.brand, _TRANSFERS.order_id == _POSTINGS.entry_id)
        )
        wanted = sa.select(*_COLUMNS, *tables.transfers.c).select_from(joined).where(_ENTRIES.kind.not_in((PAID, RECEIVED)))
        async with self.database.read() as connection:
            rows = await connection.execute(_page(wanted, brand.name, _clearing(account), after, most))
        transfers = Transfers(self.sealer)
        return tuple(_item(row, account, transfers.open(row) if row.order_id is not None else None) for row in rows)

    async def mirrored(self, brand: Brand, account: SettlementAccount, *, after: int, most: int) -> tuple[OwnItem, ...]:
        wanted = sa.select(*_COLUMNS).select_from(_MOVEMENTS)
        async with self.database.read() as connection:
            rows = await connection.execute(_page(wanted, brand.name, _mirror(account), after, most))
        return tuple(_item(row, account, None) for row in rows)

    async def clearing_balance(self, brand: Brand, account: SettlementAccount) -> Money:
        return await self._balance(brand, _clearing(account), account.currency)

    async def mirror_balance(self, brand: Brand, account: SettlementAccount) -> Money:
        return await self._balance(brand, _mirror(account), account.currency)

    async def settle(self, brand: Brand, account: SettlementAccount, entry_id: str, net: Money, cause: str) -> None:
        accounts = {CLEARING: _clearing(account), NOSTRO: _mirror(account)}
        amounts = {AMOUNT: Money(net.currency, abs(net.minor))}
        kind = RECEIVED if net.minor > 0 else PAID
        await self.poster.post(brand.name, compose(kind, entry_id, accounts, amounts, {}, cause=cause))

    async def take_return(
        self, brand: Brand, account: SettlementAccount, entry_id: str, returned: Returned, order_id: str | None
    ) -> None:
        asked = None if order_id is None else await self._paid(brand, account, order_id, returned.amount)
        amounts, accounts = {AMOUNT: returned.amount}, {CLEARING: _clearing(account)}
        cause = order_id or f"return {returned.id}"
        if asked is None:
            accounts[SUSPENSE] = internal_account_id(SUSPENSE_IN, account.currency)
            entry = compose(CAME_BACK_UNKNOWN, entry_id, accounts, amounts, {}, cause=cause)
        elif asked.amount.currency != account.currency or not await self._is_open(brand, asked.payer_account):
            accounts[PAYABLE] = internal_account_id(RETURNS_PAYABLE, account.currency)
            entry = compose(CAME_BACK_PAYABLE, entry_id, accounts, amounts, {}, cause=cause)
        else:
            accounts[PAYER] = asked.payer_account
            line = _return_line(entry_id, asked, returned, self.clock.now())
            entry = compose(CAME_BACK, entry_id, accounts, amounts, {PAYER: line}, cause=cause)
        await self._post_once(brand, entry)

    async def credited(self, brand: Brand, entry_id: str) -> Credit | None:
        found = await self._credit(brand, entry_id)
        if found is None:
            return None
        async with self.database.read() as connection:
            return await load_credit(connection, self.sealer, brand.name, entry_id, found)

    async def is_booked(self, brand: Brand, entry_id: str) -> bool:
        mine = sa.select(_ENTRIES.id).where(_ENTRIES.brand == brand.name, _ENTRIES.id == entry_id)
        async with self.database.read() as connection:
            return (await connection.execute(mine)).first() is not None

    async def send_back(
        self, brand: Brand, account: SettlementAccount, entry_id: str, *, received: str, amount: Money, uetr: str
    ) -> bool:
        credit = await self._credit(brand, received)
        if credit is None or credit[1].currency != amount.currency or credit[1].minor < amount.minor:
            return False
        now = self.clock.now()
        line = Line(
            id=f"{entry_id}:out",
            booked_at=now,
            value_at=now,
            narrative=Narrative(information="Sent back to the bank of its payer"),
            code=SENT_BACK_CODE,
        )
        accounts, amounts = {PAYEE: credit[0], CLEARING: _clearing(account)}, {AMOUNT: amount}
        try:
            await self._post_once(brand, compose(SENT_BACK, entry_id, accounts, amounts, {PAYEE: line}, cause=uetr))
        except (EntryMismatched, FundsInsufficient):
            return False
        return True

    async def _credit(self, brand: Brand, entry_id: str) -> tuple[str, Money] | None:
        async with self.database.read() as connection:
            entry = (await load_entries(connection, brand.name, [entry_id])).get(entry_id)
        legs = () if entry is None else entry.legs
        given = [(name, amount) for name, amount in legs if amount.minor > 0 and not name.startswith(PREFIX)]
        return given[0] if len(given) == 1 else None

    async def revalue(self, brand: Brand) -> tuple[str, ...]:
        if self.revaluation is None:
            return ()
        await self.revaluation.book(brand, self.clock.now())
        return await self.revaluation.find_unrated(brand, self.clock.now())

    async def correct(
        self, brand: Brand, account: SettlementAccount, entry_id: str, *, amount: Money, against: Against, cause: str
    ) -> None:
        other = internal_account_id(TAKING[against], account.currency)
        legs = (Leg(_mirror(account), Money(amount.currency, -amount.minor)), Leg(other, amount))
        await self.poster.post(brand.name, LedgerEntry(id=entry_id, kind=CORRECTED, legs=legs, cause=cause))

    async def _post_once(self, brand: Brand, entry: LedgerEntry) -> None:
        """An account that is closed meanwhile changes no return that is booked."""
        if not await self.is_booked(brand, entry.id):
            await self.poster.post(brand.name, entry)

    async def rail_of(self, brand: Brand, order_id: str) -> str | None:
        async with self.database.read() as connection:
            transfer = await Transfers(self.sealer).load(connection, brand.name, order_id)
        return None if transfer is None or transfer.route in ("", BOOK) else transfer.route

    async def _paid(self, brand: Brand, account: SettlementAccount, order_id: str, amount: Money) -> CreditTransfer | None:
        """The payment of an order as it was asked for, if at least `amount` of it went out by this account."""
        async with self.database.read() as connection:
            transfer = await Transfers(self.sealer).load(connection, brand.name, order_id)
            entry = (await load_entries(connection, brand.name, [order_id])).get(order_id)
        out = 0 if entry is None else sum(each.minor for account_id, each in entry.legs if account_id == _clearing(account))
        if transfer is None or out < amount.minor:
            log.critical("return_of_more_than_paid", order_id=order_id, paid_minor=out, returned_minor=amount.minor)
            return None
        return transfer.asked

    async def _is_open(self, brand: Brand, account_id: str) -> bool:
        accounts = tables.accounts.c
        mine = sa.select(accounts.status).where(accounts.brand == brand.name, accounts.id == account_id)
        async with self.database.read() as connection:
            return await connection.scalar(mine) not in (None, AccountStatus.DELETED)

    async def _balance(self, brand: Brand, account_id: str, currency: str) -> Money:
        accounts = tables.accounts.c
        mine = sa.select(accounts.booked).where(accounts.brand == brand.name, accounts.id == account_id)
        async with self.database.read() as connection:
            return Money(currency, -int(await connection.scalar(mine) or 0))


def _page(wanted: sa.Select[Any], brand: str, account_id: str, after: int, most: int) -> sa.Select[Any]:
    mine = (_POSTINGS.brand == brand, _POSTINGS.account_id == account_id, _POSTINGS.version > after)
    return wanted.where(*mine).order_by(_POSTINGS.version).limit(most)


def _item(row: sa.Row[Any], account: SettlementAccount, transfer: Transfer | None) -> OwnItem:
    asked = None if transfer is None else transfer.asked
    return OwnItem(
        entry_id=row.entry_id,
        kind=row.kind,
        number=row.version,
        sequence=row.sequence,
        amount=Money(account.currency, -row.amount_minor),
        cause=row.cause,
        at=row.recorded_at if transfer is None else transfer.at,
        cycle=None if transfer is None else transfer.cycle,
        order_id=None if asked is None else asked.order_id,
        uetr=(row.cause if row.kind == SENT_BACK else None) if asked is None else asked.uetr,
        end_to_end=None if asked is None else asked.end_to_end_id,
        account=None if asked is None else asked.creditor_account.identification,
        reference=None if asked is None else asked.reference,
    )


def _return_line(entry_id: str, asked: CreditTransfer, returned: Returned, now: datetime) -> Line:
    narrative = Narrative(
        information=f"Returned ({returned.reason}): {asked.creditor_name}",
        reference=asked.reference or asked.end_to_end_id,
        counterparty=Counterparty(asked.creditor_name, asked.creditor_account, asked.creditor_bic),
    )
    return Line(id=f"{entry_id}:in", booked_at=now, value_at=now, narrative=narrative, code=RETURN_CODE)


def _clearing(account: SettlementAccount) -> str:
    return internal_account_id(rail_clearing(account.rail), account.currency)


def _mirror(account: SettlementAccount) -> str:
    return internal_account_id(nostro(account.agent), account.currency)

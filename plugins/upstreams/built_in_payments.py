"""The built-in bank as it carries out payments: holds and entries in its ledger, other banks by a rail. Implements orders/ports.py
PaymentsUpstream and SharedReserve, and gateway/ports.py Funds.

Nothing is kept between two calls but what the ledger and the rail keep themselves. A payment to an account of this bank is one entry;
any other is handed to the rail, and the entry that spends the hold is booked once the rail says that it is paid. An entry has the order's
id: however often the end is found out, the money moves once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountIdentifier, AccountStatus, Counterparty
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus, Reason
from kernel.banking.payee_checks import PayeeCheck, PayeeMatch
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded, Problem, UpstreamFailed, UpstreamTimedOut
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.ports import Progress, Refused, Reserved
from plugins.ledger import tables
from plugins.ledger.accounts.internal import internal_account_id, rail_clearing
from plugins.ledger.accounts.numbers import find_by_number
from plugins.ledger.documents import Narrative, open_identity
from plugins.ledger.holds.hold import Hold
from plugins.ledger.holds.placement import place_hold, release_hold
from plugins.ledger.postings.entries import Capture, LedgerEntry, Leg, Line
from plugins.ledger.postings.poster import Poster
from plugins.ledger.refusals import EntryMismatched, FundsInsufficient, HoldEnded, HoldUnknown
from plugins.ledger.transfers.transfers import ENDED, Transfer, Transfers, TransferState
from plugins.rails.ports import Rail, RailPayment, RailSilent

T = TypeVar("T")

BOOK = "book"  # the route of a payment to an account of this bank
SECONDS_MAX = 8.0  # for one question: longer than a rail may take to answer one
OUT_CODE, IN_CODE = "PMNT.ICDT.FICT", "PMNT.RCDT.FICT"  # ISO 20022 bank transaction codes: credit transfers, issued and received


@dataclass(frozen=True, slots=True)
class BuiltInPayments:
    database: Database
    sealer: Sealer
    clock: Clock
    poster: Poster
    rail: Rail
    name: str = "built_in"

    @property
    def transfers(self) -> Transfers:
        return Transfers(self.sealer)

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return await self._write(lambda connection: self._reserve(connection, brand, transfer))

    async def reserve_within(self, unit: UnitOfWork, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return await self._reserve(unit.connection, brand, transfer)

    async def submit(self, brand: Brand, transfer: CreditTransfer) -> Progress:
        taken = await self._write(lambda connection: self._take_submission(connection, brand, transfer))
        if taken.state in ENDED:
            return _progress(taken)
        async with _bounded():
            return await self._carry_on(brand, taken)

    async def status(self, brand: Brand, order_id: str) -> Progress | None:
        found = await self._read(lambda connection: self.transfers.load(connection, brand.name, order_id))
        if found is None or found.state is TransferState.RESERVED:
            return None
        if found.state in ENDED:
            return _progress(found)
        async with _bounded():
            return await self._carry_on(brand, found)

    async def cancel(self, brand: Brand, order_id: str) -> Progress:
        ended = await self._write(lambda connection: self._end(connection, brand, order_id, TransferState.CANCELLED))
        if ended.state in ENDED:
            return _progress(ended)
        async with _bounded():
            return await self._carry_on(brand, ended)

    async def release(self, brand: Brand, order_id: str) -> None:
        await self._write(lambda connection: self._end(connection, brand, order_id, TransferState.RELEASED))

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        accounts = tables.accounts.c
        left = accounts.booked - accounts.held - amount.minor
        query = sa.select(accounts.id).where(
            accounts.brand == brand.name,
            accounts.id == account_id,
            accounts.status == AccountStatus.ENABLED,
            accounts.currency == amount.currency,
            sa.or_(accounts.floor.is_(None), left >= accounts.floor),
        )
        return await self._read(lambda connection: connection.scalar(query)) is not None

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        """Of accounts of this bank: the very name, or none. Names of other banks are theirs to tell."""
        return PayeeCheck(match=PayeeMatch.NOT_AVAILABLE)

    async def _reserve(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        now = self.clock.now()
        taken = await self.transfers.take(connection, brand.name, transfer, now)
        if taken.state in ENDED:
            return Refused(taken.reason or Reason.UNSPECIFIED_BY_AGENT)
        if taken.state is TransferState.SUBMITTED:
            return Reserved()
        hold = Hold(id=transfer.order_id, account_id=transfer.payer_account, amount=transfer.amount)
        try:
            await place_hold(connection, brand.name, hold, now)
        except (FundsInsufficient, EntryMismatched) as refusal:
            reason = await self._reason(connection, brand, transfer, refusal)
            refused = {"state": TransferState.REFUSED, "reason": reason.value}
            await self.transfers.change(connection, brand.name, transfer.order_id, now, **refused)
            return Refused(reason)
        return Reserved()

    async def _reason(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer, refusal: Problem) -> Reason:
        if isinstance(refusal, FundsInsufficient):
            return Reason.FUNDS_INSUFFICIENT
        accounts = tables.accounts.c
        query = sa.select(accounts.status).where(accounts.brand == brand.name, accounts.id == transfer.payer_account)
        status = await connection.scalar(query)
        if status is None:
            return Reason.DEBTOR_ACCOUNT_WRONG
        by_status = {AccountStatus.DELETED: Reason.ACCOUNT_CLOSED, AccountStatus.ENABLED: Reason.CURRENCY_NOT_ALLOWED}
        return by_status.get(AccountStatus(status), Reason.ACCOUNT_BLOCKED)

    async def _take_submission(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> Transfer:
        """Reserved if it is not yet, and then submitted: from now on only the rail, or the entry, says what becomes of it."""
        await self._reserve(connection, brand, transfer)
        found = await self.transfers.load(connection, brand.name, transfer.order_id)
        assert found is not None
        if found.state is not TransferState.RESERVED:
            return found
        payee = await find_by_number(connection, self.sealer, brand.name, transfer.creditor_account)
        facts = {
            "state": TransferState.SUBMITTED,
            "route": self.rail.name if payee is None else BOOK,
            "payee_account": payee,
        }
        return await self.transfers.change(connection, brand.name, transfer.order_id, self.clock.now(), **facts)

    async def _end(self, connection: AsyncConnection, brand: Brand, order_id: str, state: TransferState) -> Transfer:
        now = self.clock.now()
        taken = await self.transfers.take_ended(connection, brand.name, order_id, state, now)
        if taken.state is not TransferState.RESERVED:
            return taken
        ended = await self.transfers.change(connection, brand.name, order_id, now, state=state)
        await _let_go(connection, brand.name, order_id, now)
        return ended

    async def _carry_on(self, brand: Brand, transfer: Transfer) -> Progress:
        """Bring a submitted transfer on, from wherever it stands. Raises UpstreamTimedOut or UpstreamFailed."""
        if transfer.status in PAID_STATUSES | REFUSED_STATUSES and transfer.status is not RailStatus.NOT_POSTED:
            return _progress(transfer)
        if transfer.route == BOOK:
            return await self._book(brand, transfer)
        asked = transfer.asked
        assert asked is not None
        try:
            report = await self.rail.status(asked.uetr) or await self.rail.submit(await self._rail_payment(brand, asked))
        except RailSilent as silence:
            raise UpstreamTimedOut(f"{self.rail.name}: {silence}") from None
        if report.status in PAID_STATUSES:
            await self._post(brand, asked, internal_account_id(rail_clearing(self.rail.name), asked.amount.currency), None)
        return await self._record(brand, asked.order_id, report.status, report.reason)

    async def _book(self, brand: Brand, transfer: Transfer) -> Progress:
        asked, payee = transfer.asked, transfer.payee_account
        assert asked is not None
        assert payee is not None
        try:
            await self._post(brand, asked, payee, await self._read(lambda connection: self._payer(connection, brand, asked)))
        except EntryMismatched:  # the payee's account was closed, or is in another currency
            return await self._record(brand, asked.order_id, RailStatus.REJECTED, Reason.CREDITOR_ACCOUNT_CLOSED)
        return await self._record(brand, asked.order_id, RailStatus.CREDITED, None)

    async def _post(self, brand: Brand, asked: CreditTransfer, against: str, payer: Counterparty | None) -> None:
        """The one entry of the order: the payer's debit, which spends the hold, and its other side."""
        now = self.clock.now()
        paid = Narrative(
            information=asked.remittance or f"To {asked.creditor_name}",
            reference=asked.end_to_end_id,
            counterparty=Counterparty(asked.creditor_name, asked.creditor_account, asked.creditor_bic),
        )
        debit = Line(id=f"{asked.order_id}:out", booked_at=now, value_at=now, narrative=paid, code=OUT_CODE)
        credit = None
        if payer is not None:
            received = Narrative(
                information=asked.remittance or f"From {payer.name}", reference=asked.end_to_end_id, counterparty=payer
            )
            credit = Line(id=f"{asked.order_id}:in", booked_at=now, value_at=now, narrative=received, code=IN_CODE)
        minus = Money(asked.amount.currency, -asked.amount.minor)
        entry = LedgerEntry(
            id=asked.order_id,
            kind="payment",
            legs=(Leg(asked.payer_account, minus, debit), Leg(against, asked.amount, credit)),
            captures=(Capture(asked.order_id, asked.amount),),
            cause=asked.order_id,
        )
        try:
            await self.poster.post(brand.name, entry)
        except Overloaded as error:
            raise UpstreamTimedOut(error.detail) from None

    async def _record(self, brand: Brand, order_id: str, status: RailStatus, reason: Reason | None) -> Progress:
        """Write the last word down; a refusal lets go of what is held."""

        async def work(connection: AsyncConnection) -> Transfer:
            now = self.clock.now()
            found = await self.transfers.load(connection, brand.name, order_id, locked=True)
            assert found is not None
            if found.status is status:
                return found
            facts = {"status": status.value, "reason": None if reason is None else reason.value}
            recorded = await self.transfers.change(connection, brand.name, order_id, now, **facts)
            if status in REFUSED_STATUSES:
                await _let_go(connection, brand.name, order_id, now)
            return recorded

        return _progress(await self._write(work))

    async def _rail_payment(self, brand: Brand, asked: CreditTransfer) -> RailPayment:
        payer = await self._read(lambda connection: self._payer(connection, brand, asked))
        return RailPayment(
            uetr=asked.uetr,
            amount=asked.amount,
            debtor_name=payer.name or "",
            debtor_account=payer.identifier,
            creditor_name=asked.creditor_name,
            creditor_account=asked.creditor_account,
            creditor_bic=asked.creditor_bic,
            remittance=asked.remittance,
            end_to_end_id=asked.end_to_end_id,
        )

    async def _payer(self, connection: AsyncConnection, brand: Brand, asked: CreditTransfer) -> Counterparty:
        """The payer as the other side sees them."""
        accounts = tables.accounts.c
        query = sa.select(accounts.identity, accounts.servicer_bic, accounts.product).where(
            accounts.brand == brand.name, accounts.id == asked.payer_account
        )
        row = (await connection.execute(query)).one()
        identity = open_identity(self.sealer, row.identity, brand.name, asked.payer_account)
        number = next(iter(identity.identifiers), None)
        return Counterparty((number.name if number else None) or row.product, number, row.servicer_bic)

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with _bounded():
            return await self.database.write(work)

    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with _bounded(), self.database.read() as connection:
            return await work(connection)


async def _let_go(connection: AsyncConnection, brand: str, order_id: str, now: datetime) -> None:
    try:
        await release_hold(connection, brand, order_id, now)
    except (HoldUnknown, HoldEnded):
        return


def _progress(transfer: Transfer) -> Progress:
    """Of one that was submitted and is not answered yet: it is in process."""
    if transfer.state in ENDED:
        status = RailStatus.CANCELLED if transfer.state is TransferState.CANCELLED else RailStatus.REJECTED
        return Progress(status=status, at=transfer.at, reason=transfer.reason or Reason.UNSPECIFIED_BY_AGENT)
    return Progress(status=transfer.status or RailStatus.IN_PROCESS, at=transfer.at, reason=transfer.reason)


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    """Raises UpstreamTimedOut for what takes too long or finds the database busy, UpstreamFailed for what breaks."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            yield
    except (TimeoutError, Overloaded) as error:
        raise UpstreamTimedOut(type(error).__name__) from None
    except SQLAlchemyError as error:
        raise UpstreamFailed(type(error).__name__) from None

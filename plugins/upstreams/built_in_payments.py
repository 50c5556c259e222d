"""The built-in bank as it carries out payments: holds and entries in its ledger, other banks by a rail. Implements orders/ports.py
PaymentsUpstream and SharedReserve, and gateway/ports.py Funds.

Nothing is kept between two calls but what the ledger and the rail keep themselves. A payment to an account of this bank is one entry;
any other is handed to the rail, and the entry that spends the hold is booked once the rail says that it is paid. An entry has the order's
id: however often the end is found out, the money moves once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus, Reason, follows
from kernel.banking.payee_checks import PayeeCheck
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded, Problem, UpstreamFailed, UpstreamTimedOut
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.ports import Progress, Refused, Reserved
from plugins.ledger.accounts.internal import internal_account_id, rail_clearing
from plugins.ledger.accounts.numbers import find_by_number
from plugins.ledger.holds.hold import Hold
from plugins.ledger.holds.placement import place_hold, release_hold
from plugins.ledger.postings.entries import LedgerEntry
from plugins.ledger.postings.poster import Poster
from plugins.ledger.refusals import EntryMismatched, EntryRepeated, FundsInsufficient, HoldEnded
from plugins.ledger.transfers.transfers import ENDED, Transfer, Transfers, TransferState
from plugins.payee_checks.confirmation import ConfirmationOfPayee, NoOtherBanks, OtherBanks
from plugins.rails.ports import Rail, RailPayment, RailSilent
from plugins.upstreams.own_accounts import OwnAccounts, can_pay, load_counterparty, why_not_between, why_not_payer
from plugins.upstreams.transfer_entries import breaking_entry, paying_entry, rail_payment

T = TypeVar("T")

BOOK = "book"  # the route of a payment to an account of this bank
SECONDS_MAX = 8.0  # for one question: longer than a rail may take to answer one

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BuiltInPayments:
    database: Database
    sealer: Sealer
    clock: Clock
    poster: Poster
    rail: Rail
    other_banks: OtherBanks = field(default_factory=NoOtherBanks)
    name: str = "built_in"

    @property
    def transfers(self) -> Transfers:
        return Transfers(self.sealer)

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return _reservation(await self._write(lambda connection: self._take(connection, brand, transfer)))

    async def reserve_within(self, unit: UnitOfWork, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return _reservation(await self._take(unit.connection, brand, transfer))

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
        return await self._read(lambda connection: can_pay(connection, brand.name, account_id, amount))

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        own_accounts = OwnAccounts(self.database, self.sealer)
        return await ConfirmationOfPayee(own_accounts, self.other_banks).check(brand, creditor_account, name)

    async def _take(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> Transfer:
        """The transfer as it stands from now on: reserved with its amount held, refused, or as it was left before."""
        now = self.clock.now()
        taken = await self.transfers.take(connection, brand.name, transfer, now)
        if taken.state is not TransferState.RESERVED:
            return taken
        hold = Hold(id=transfer.order_id, account_id=transfer.payer_account, amount=transfer.amount)
        try:
            await place_hold(connection, brand.name, hold, now)
        except (FundsInsufficient, EntryMismatched) as refusal:
            reason = Reason.FUNDS_INSUFFICIENT
            if isinstance(refusal, EntryMismatched):
                reason = await why_not_payer(connection, brand.name, transfer.payer_account)
            refused = {"state": TransferState.REFUSED, "reason": reason.value}
            return await self.transfers.change(connection, brand.name, transfer.order_id, now, **refused)
        return taken

    async def _take_submission(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> Transfer:
        """Reserved if it is not yet, and then submitted: from now on only the rail, or the entry, says what becomes of it."""
        taken = await self._take(connection, brand, transfer)
        if taken.state is not TransferState.RESERVED:
            return taken
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
            await self._book_paid(brand, asked)
        return await self._record(brand, asked.order_id, report.status, report.reason)

    async def _book(self, brand: Brand, transfer: Transfer) -> Progress:
        asked, payee = transfer.asked, transfer.payee_account
        assert asked is not None
        assert payee is not None
        payer = await self._read(lambda connection: load_counterparty(connection, self.sealer, brand.name, asked.payer_account))
        try:
            await self._post(brand, paying_entry(asked, payee, payer, self.clock.now()))
        except Problem as refusal:  # an account was closed, or the payee's is in another currency
            if isinstance(refusal, UpstreamTimedOut):
                raise
            accounts = (asked.payer_account, payee)
            reason = await self._read(lambda connection: why_not_between(connection, brand.name, asked.amount, *accounts))
            return await self._record(brand, asked.order_id, RailStatus.REJECTED, reason)
        return await self._record(brand, asked.order_id, RailStatus.CREDITED, None)

    async def _book_paid(self, brand: Brand, asked: CreditTransfer) -> None:
        """Book the payment that the rail has made, also where the payer's account has changed meanwhile."""
        clearing = internal_account_id(rail_clearing(self.rail.name), asked.amount.currency)
        try:
            await self._post(brand, paying_entry(asked, clearing, None, self.clock.now()))
        except HoldEnded:
            log.warning("rail_paid_what_it_refused", rail=self.rail.name, order_id=asked.order_id)
        except (EntryMismatched, FundsInsufficient, EntryRepeated) as refusal:  # repeated: booked so before
            log.warning("rail_paid_what_cannot_be_booked", order_id=asked.order_id, code=refusal.code)
            await self._post(brand, breaking_entry(asked, clearing))

    async def _post(self, brand: Brand, entry: LedgerEntry) -> None:
        try:
            await self.poster.post(brand.name, entry)
        except Overloaded as error:
            raise UpstreamTimedOut(error.detail) from None

    async def _record(self, brand: Brand, order_id: str, status: RailStatus, reason: Reason | None) -> Progress:
        """Write the last word down, unless a later one is known. What is still held is let go of at the end; the state of the hold
        decides between words that contradict each other."""

        async def work(connection: AsyncConnection) -> Transfer:
            now = self.clock.now()
            found = await self.transfers.load(connection, brand.name, order_id, locked=True)
            assert found is not None
            if found.status is not None and not follows(found.status, status):
                return found
            word, why = status, reason
            if status in PAID_STATUSES | REFUSED_STATUSES:
                is_spent = await _let_go(connection, brand.name, order_id, now)
                if is_spent and status in REFUSED_STATUSES:  # it said before that it had paid
                    log.warning("rail_refused_what_it_paid", route=found.route, order_id=order_id)
                    word, why = RailStatus.SETTLED, None
            facts = {"status": word.value, "reason": None if why is None else why.value}
            return await self.transfers.change(connection, brand.name, order_id, now, **facts)

        return _progress(await self._write(work))

    async def _rail_payment(self, brand: Brand, asked: CreditTransfer) -> RailPayment:
        payer = await self._read(lambda connection: load_counterparty(connection, self.sealer, brand.name, asked.payer_account))
        return rail_payment(asked, payer)

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with _bounded():
            return await self.database.write(work)

    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with _bounded(), self.database.read() as connection:
            return await work(connection)


async def _let_go(connection: AsyncConnection, brand: str, order_id: str, now: datetime) -> bool:
    """Nothing is held from now on. True: because it was spent."""
    try:
        await release_hold(connection, brand, order_id, now)
    except HoldEnded:
        return True
    return False


def _reservation(transfer: Transfer) -> Reserved | Refused:
    if transfer.state in ENDED:
        return Refused(transfer.reason or Reason.UNSPECIFIED_BY_AGENT)
    return Reserved()


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

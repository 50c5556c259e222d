"""The built-in bank as it carries out payments: holds and entries in its ledger, other banks by a rail. Implements orders/ports.py
PaymentsUpstream and SharedReserve, and gateway/ports.py Funds.

Nothing is kept between two calls but what the ledger and the rail keep themselves. Only a submission hands a payment over, to the ledger
or to the rail; a repeat of it asks first whether it was, and every other question only asks. A payment to an account of this bank is one entry;
any other is handed to the rail, and the entry that spends the hold is booked once the rail says that it is paid. An entry has the order's
id: however often the end is found out, the money moves once.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus, Reason, follows
from kernel.banking.payee_checks import PayeeCheck
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded, Problem, UpstreamFailed, UpstreamTimedOut
from kernel.ids import Ids, RandomIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.pace import RailPace
from orders.ports import Progress, Refused, Reserved, Resolution
from plugins.exchange.rate_table import RateTable
from plugins.ledger.accounts.internal import internal_account_id, rail_clearing
from plugins.ledger.accounts.numbers import find_by_number
from plugins.ledger.holds.placement import let_go
from plugins.ledger.postings.entries import LedgerEntry
from plugins.ledger.postings.poster import Poster
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.refusals import (
    EntryMismatched,
    EntryRepeated,
    EntryTooLarge,
    FundsInsufficient,
    HoldEnded,
    TransferMoved,
)
from plugins.ledger.transfers.order_books import Booking, load_booking
from plugins.ledger.transfers.own_transfers import OwnTransfer
from plugins.ledger.transfers.quotes import Quotes
from plugins.ledger.transfers.transfers import BOOK, ENDED, Transfer, Transfers, TransferState
from plugins.payee_checks.confirmation import ConfirmationOfPayee, NoOtherBanks, OtherBanks
from plugins.rails.choice import Rails, sent_of
from plugins.rails.ports import Rail, RailPayment, RailReport
from plugins.upstreams.built_in_answers import answered, bounded, own_word, progress_of, reservation_of
from plugins.upstreams.built_in_reservations import Reservations
from plugins.upstreams.own_accounts import (
    OwnAccounts,
    OwnNumbers,
    can_pay,
    load_counterparty,
    load_sides,
    why_not_between,
)
from plugins.upstreams.transfer_entries import breaking_entry, paying_entry, rail_payment

T = TypeVar("T")

REJECTING = (EntryMismatched, EntryTooLarge, FundsInsufficient, HoldEnded)  # what the ledger refuses as it should
BOOK_PACE = RailPace(arrival_max=timedelta(seconds=60), final_within=timedelta(minutes=5))  # of a question to our own database
HAND_OVER_MAX = timedelta(seconds=60)  # after it was written down that it is submitted: afterwards it is under way to no rail

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BuiltInPayments:
    database: Database
    sealer: Sealer
    clock: Clock
    poster: Poster
    rails: Rails
    other_banks: OtherBanks = field(default_factory=NoOtherBanks)
    own_numbers: OwnNumbers = field(default_factory=OwnNumbers)
    rates: RateTable = field(default_factory=RateTable)
    ids: Ids = field(default_factory=RandomIds)
    name: str = "built_in"

    @property
    def transfers(self) -> Transfers:
        return Transfers(self.sealer)

    @property
    def reservations(self) -> Reservations:
        return Reservations(self.sealer, self.clock, self.rails, self.own_numbers, self.rates)

    def pace_of(self, transfer: CreditTransfer) -> RailPace | None:
        """That of the rail; a payment to an account of this bank is one entry."""
        if transfer.rail == BOOK or self.own_numbers.has(transfer.creditor_account):
            return BOOK_PACE
        rail = self.rails.by_name.get(transfer.rail) or self.rails.choose(transfer)
        return None if isinstance(rail, Reason) else rail.pace

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return reservation_of(await self._write(lambda connection: self.reservations.take(connection, brand, transfer)))

    async def reserve_within(self, unit: UnitOfWork, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return reservation_of(await self.reservations.take(unit.connection, brand, transfer))

    async def submit(self, brand: Brand, transfer: CreditTransfer) -> Progress:
        if (booked := await self._book_at_once(brand, transfer)) is not None:
            return booked
        taken, is_repeat = await self._write(lambda connection: self.reservations.submit(connection, brand, transfer))
        if taken.state in ENDED:
            return progress_of(taken)
        async with bounded():
            return (is_repeat and await self._follow(brand, taken)) or await self._hand_over(brand, taken)

    async def status(self, brand: Brand, order_id: str) -> Progress | None:
        found = await self._read(lambda connection: self.transfers.load(connection, brand.name, order_id))
        if found is None or found.state is TransferState.RESERVED:
            return None
        if found.state in ENDED:
            return progress_of(found)
        async with bounded():
            return await self._follow(brand, found)

    async def cancel(self, brand: Brand, order_id: str) -> Progress:
        ended = await self._write(lambda connection: self.reservations.end(connection, brand, order_id, TransferState.CANCELLED))
        if ended.state in ENDED:
            return progress_of(ended)
        async with bounded():
            return await self._follow(brand, ended) or await self._stop(brand, ended)

    async def release(self, brand: Brand, order_id: str) -> None:
        await self._write(lambda connection: self.reservations.end(connection, brand, order_id, TransferState.RELEASED))

    async def resolve(self, brand: Brand, order_id: str, resolution: Resolution) -> Progress:
        """The word of the rail or the entry on the end comes first, if there is one."""
        is_paid = resolution.status in PAID_STATUSES
        found = await self._write(lambda connection: self.reservations.resolve(connection, brand, order_id, is_paid=is_paid))
        asked = found.asked
        if found.state in ENDED or asked is None:
            return progress_of(found)
        async with bounded():
            with suppress(UpstreamTimedOut):
                known = await self._follow(brand, found)
                if known is not None and known.status in PAID_STATUSES | REFUSED_STATUSES:
                    return known
            if not is_paid:
                return await self._record(brand, order_id, own_word(self.clock, RailStatus.REJECTED, resolution.reason))
            if found.route == BOOK:
                return await self._book(brand, found)
            await self._book_paid(brand, asked, self._rail_of(found))
            return await self._record(brand, order_id, own_word(self.clock, RailStatus.SETTLED))

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        return await self._read(lambda connection: can_pay(connection, brand.name, account_id, amount))

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        own_accounts = OwnAccounts(self.database, self.sealer)
        return await ConfirmationOfPayee(own_accounts, self.other_banks).check(brand, creditor_account, name)

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        """One that binds the bank is written down before it is given."""
        now = self.clock.now()
        quote = self.rates.quote(asked, self.ids.uuid(), now)
        if not self.rails.carry(asked.currency):
            return Unquoted.CURRENCY
        if isinstance(quote, Quote) and quote.expires_at is not None:
            kept = quote
            await self._write(lambda connection: Quotes(self.sealer).keep(connection, brand.name, kept, now))
        return quote

    async def booking(self, brand: Brand, order_id: str) -> Booking:
        """The transfer, hold and entry of an order."""
        return await self._read(lambda connection: load_booking(connection, brand.name, order_id))

    async def _follow(self, brand: Brand, transfer: Transfer) -> Progress | None:
        """The progress of a submitted transfer; None: it was handed over never. A question, which sends nothing. Raises
        UpstreamTimedOut or UpstreamFailed."""
        if transfer.status in PAID_STATUSES | REFUSED_STATUSES and transfer.status is not RailStatus.NOT_POSTED:
            return progress_of(transfer)
        asked = transfer.asked
        assert asked is not None
        if transfer.route == BOOK:
            found = await self._read(lambda connection: load_entries(connection, brand.name, (asked.order_id,)))
            return await self._record(brand, asked.order_id, own_word(self.clock, RailStatus.CREDITED)) if found else None
        rail = self._rail_of(transfer)
        report = await answered(rail, rail.status(asked.uetr))
        if report is None:  # what it said before is not unsaid
            return None if transfer.status is None else progress_of(transfer)
        return await self._enter(brand, asked, rail, report)

    async def _hand_over(self, brand: Brand, transfer: Transfer) -> Progress:
        """Book a transfer, or send it to the rail. Raises UpstreamTimedOut or UpstreamFailed."""
        asked = transfer.asked
        assert asked is not None
        if transfer.route == BOOK:
            return await self._book(brand, transfer)
        await self._derive_payee(brand, transfer)
        payment = await self._rail_payment(brand, asked)
        rail = self._rail_of(transfer)
        return await self._enter(brand, asked, rail, await answered(rail, rail.submit(payment)))

    async def _derive_payee(self, brand: Brand, transfer: Transfer) -> str | None:
        """The account of this bank that is paid, by the number that is sealed with the transfer: its row's own word, which is written in
        clear, must be the same. Raises UpstreamFailed."""
        asked = transfer.asked
        assert asked is not None
        payee = None
        if asked.cross_border is None:
            payee = await self._read(
                lambda connection: find_by_number(connection, self.sealer, brand.name, asked.creditor_account)
            )
        if (transfer.route == BOOK) != (payee is not None) or transfer.payee_account != payee:
            log.critical(
                "transfer_redirected", order_id=asked.order_id, route=transfer.route, payee_account=transfer.payee_account
            )
            raise UpstreamFailed(f"transfer {asked.order_id} is written for another payee than it was asked for")
        return payee

    async def _stop(self, brand: Brand, transfer: Transfer) -> Progress:
        """End a transfer that was not handed over. One that may be under way to the rail is in process until it cannot be any more."""
        if transfer.route != BOOK and self.clock.now() - transfer.at < HAND_OVER_MAX:
            return progress_of(transfer)

        async def work(connection: AsyncConnection) -> Transfer:
            now = self.clock.now()
            found = await self.transfers.load(connection, brand.name, transfer.order_id, locked=True)
            assert found is not None
            has_moved = (found.state, found.status, found.at) != (transfer.state, transfer.status, transfer.at)
            if has_moved or await let_go(connection, brand.name, transfer.order_id, now):
                return found
            return await self.transfers.change(connection, brand.name, transfer.order_id, now, state=TransferState.CANCELLED)

        return progress_of(await self._write(work))

    async def _enter(self, brand: Brand, asked: CreditTransfer, rail: Rail, report: RailReport) -> Progress:
        if report.status in PAID_STATUSES:
            await self._book_paid(brand, asked, rail)
        return replace(await self._record(brand, asked.order_id, report), message=json.encode(report))

    async def _book_at_once(self, brand: Brand, transfer: CreditTransfer) -> Progress | None:
        """Book a reserved payment within this bank, by one transaction for many; None for any other. Raises UpstreamTimedOut."""
        if transfer.cross_border is not None:
            return None
        sides = await self._read(lambda connection: load_sides(connection, self.sealer, brand.name, transfer))
        if sides is None:
            return None
        now = self.clock.now()
        try:
            async with bounded():
                await self._post(brand, paying_entry(transfer, *sides), OwnTransfer(sides[0], now))
        except UpstreamTimedOut:
            raise
        except Problem:  # the transfer says why, once it is written down as submitted
            return None
        return Progress(status=RailStatus.CREDITED, at=now)

    async def _book(self, brand: Brand, transfer: Transfer) -> Progress:
        asked, payee = transfer.asked, await self._derive_payee(brand, transfer)
        assert asked is not None
        assert payee is not None
        payer = await self._read(lambda connection: load_counterparty(connection, self.sealer, brand.name, asked.payer_account))
        try:
            await self._post(brand, paying_entry(asked, payee, payer))
        except EntryRepeated as fault:
            raise self._fault(fault, asked.order_id) from None
        except REJECTING as refusal:  # an account was closed, or the payee's is in another currency
            accounts = (asked.payer_account, payee)
            reason = await self._read(lambda connection: why_not_between(connection, brand.name, asked.amount, *accounts))
            log.info("book_transfer_refused", order_id=asked.order_id, code=refusal.code)
            return await self._record(brand, asked.order_id, own_word(self.clock, RailStatus.REJECTED, reason))
        return await self._record(brand, asked.order_id, own_word(self.clock, RailStatus.CREDITED))

    async def _book_paid(self, brand: Brand, asked: CreditTransfer, rail: Rail) -> None:
        """Book the payment that the rail has made, also where the payer's account has changed meanwhile."""
        clearing = internal_account_id(rail_clearing(rail.name), sent_of(asked).currency)
        try:
            await self._post(brand, paying_entry(asked, clearing, None))
        except (HoldEnded, EntryMismatched, FundsInsufficient, EntryRepeated) as refusal:  # repeated: booked so before
            log.warning("rail_paid_what_cannot_be_booked", rail=rail.name, order_id=asked.order_id, code=refusal.code)
            await self._post(brand, breaking_entry(asked, clearing))

    async def _post(self, brand: Brand, entry: LedgerEntry, transfer: OwnTransfer | None = None) -> None:
        try:
            await self.poster.post(brand.name, entry, transfer)
        except Overloaded as error:
            raise UpstreamTimedOut(error.detail) from None
        except (UpstreamFailed, EntryRepeated, TransferMoved, *REJECTING):
            raise
        except Problem as fault:  # a rule, or a fault of ours or of the database: it says nothing of the payment
            raise self._fault(fault, entry.id) from None

    def _rail_of(self, transfer: Transfer) -> Rail:
        """The rail that is sealed with a submitted transfer: its row's own word must be the same. Raises UpstreamFailed."""
        assert transfer.asked is not None
        rail = self.rails.chosen(transfer.asked)
        if rail is None or rail.name != transfer.route:
            log.critical("transfer_redirected", order_id=transfer.order_id, route=transfer.route, rail=transfer.asked.rail)
            raise UpstreamFailed(f"transfer {transfer.order_id} is on another rail than was chosen for it")
        return rail

    def _fault(self, fault: Problem, order_id: str) -> UpstreamFailed:
        log.error("payment_not_booked", order_id=order_id, code=fault.code)
        return UpstreamFailed(fault.code)

    async def _record(self, brand: Brand, order_id: str, said: Progress | RailReport) -> Progress:
        """Write the last word down, with its speaker's instant, unless a later one is known. The end lets go of what is still held; the
        state of the hold decides between words that contradict each other."""
        status, reason = said.status, said.reason

        async def work(connection: AsyncConnection) -> Transfer:
            now = self.clock.now()
            found = await self.transfers.load(connection, brand.name, order_id, locked=True)
            assert found is not None
            if found.state in ENDED or (found.status is not None and not follows(found.status, status)):
                return found
            word, why = status, reason
            if status in PAID_STATUSES | REFUSED_STATUSES:
                is_spent = await let_go(connection, brand.name, order_id, now)
                if is_spent and status in REFUSED_STATUSES:  # it said before that it had paid
                    log.warning("rail_refused_what_it_paid", route=found.route, order_id=order_id)
                    word, why = RailStatus.SETTLED, None
            facts = {"status": word.value, "reason": None if why is None else why.value}
            if isinstance(said, RailReport) and said.cycle is not None:
                facts["cycle"] = said.cycle
            return await self.transfers.change(connection, brand.name, order_id, said.at, **facts)

        return progress_of(await self._write(work))

    async def _rail_payment(self, brand: Brand, asked: CreditTransfer) -> RailPayment:
        payer = await self._read(lambda connection: load_counterparty(connection, self.sealer, brand.name, asked.payer_account))
        return rail_payment(asked, payer)

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with bounded():
            return await self.database.write(work)

    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with bounded(), self.database.read() as connection:
            return await work(connection)

"""The reservation of a payment in the built-in bank's own ledger, and the state that its transfer takes with it: each in the caller's transaction.

A transfer is reserved with its amount held, refused with nothing held, submitted with its route, or ended with the hold released.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import CreditTransfer, Reason
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.storage.sealed import Sealer
from plugins.exchange.rate_table import RateTable
from plugins.ledger.accounts.numbers import find_by_number
from plugins.ledger.accounts.parties import load_account_parties
from plugins.ledger.holds.hold import Hold
from plugins.ledger.holds.placement import let_go, load_hold, place_hold
from plugins.ledger.refusals import EntryMismatched, FundsInsufficient
from plugins.ledger.transfers.quotes import Quotes
from plugins.ledger.transfers.transfers import BOOK, Transfer, Transfers, TransferState
from plugins.rails.choice import Rails
from plugins.upstreams.own_accounts import OwnNumbers, why_not_payer


@dataclass(frozen=True, slots=True)
class Reservations:
    sealer: Sealer
    clock: Clock
    rails: Rails
    own_numbers: OwnNumbers
    rates: RateTable

    @property
    def transfers(self) -> Transfers:
        return Transfers(self.sealer)

    async def take(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> Transfer:
        """The transfer as it stands from now on: reserved with its amount held, refused, or as it was left before."""
        now = self.clock.now()
        rail = await self._choose(connection, brand, transfer)
        why = rail if isinstance(rail, Reason) else None
        chosen = transfer if isinstance(rail, Reason) else msgspec.structs.replace(transfer, rail=rail)
        taken = await self.transfers.take(connection, brand.name, chosen, now)
        if taken.state is not TransferState.RESERVED:
            return taken
        why = why or await self._why_not_at_its_rate(connection, brand, transfer, now)
        if why is not None and await load_hold(connection, brand.name, transfer.order_id) is None:
            return await self._refuse(connection, brand, transfer.order_id, why)
        hold = Hold(id=transfer.order_id, account_id=transfer.payer_account, amount=transfer.amount)
        try:
            await place_hold(connection, brand.name, hold, now)
        except (FundsInsufficient, EntryMismatched) as refusal:
            reason = Reason.FUNDS_INSUFFICIENT
            if isinstance(refusal, EntryMismatched):
                reason = await why_not_payer(connection, brand.name, transfer.payer_account)
            return await self._refuse(connection, brand, transfer.order_id, reason)
        return taken

    async def _choose(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> str | Reason:
        """The name of the rail that carries a payment, BOOK where only this bank can, or why no account pays it."""
        is_ours = self.own_numbers.has(transfer.creditor_account)
        chosen = Reason.CREDITOR_ACCOUNT_WRONG if is_ours else self.rails.choose(transfer)
        if not isinstance(chosen, Reason):
            return chosen.name
        payee = await self._find_payee(connection, brand, transfer)
        return chosen if payee is None else BOOK

    async def _why_not_at_its_rate(
        self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer, now: datetime
    ) -> Reason | None:
        """Why a payment abroad is not made at the rate that it names: the bank gave none such, agreed it with others, it was used, or it
        has expired."""
        cross_border = transfer.cross_border
        if cross_border is None:
            return None
        quote = cross_border.quote
        if quote is None or quote.debit != transfer.amount or quote.bought.currency != cross_border.currency:
            return Reason.AMOUNT_NOT_ALLOWED
        if quote.contract_id is not None and not await self._is_agreed_with(
            connection, brand, transfer.payer_account, quote.contract_id
        ):
            return Reason.FORBIDDEN
        if await Quotes(self.sealer).use(connection, brand.name, quote, transfer.order_id, now):
            return None
        is_late = quote.expires_at is not None and now >= quote.expires_at
        return Reason.AFTER_CUT_OFF if is_late else Reason.AMOUNT_NOT_ALLOWED

    async def _is_agreed_with(self, connection: AsyncConnection, brand: Brand, account_id: str, contract_id: str) -> bool:
        """True if the contract is that of a party to the account that pays."""
        links = await load_account_parties(connection, self.sealer, brand.name, (account_id,))
        return self.rates.is_for(contract_id, {link.party.number for link in links})

    async def _find_payee(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> str | None:
        """The account of this bank that is paid within it. A payment abroad goes by its rail, and never stays here."""
        if transfer.cross_border is not None:
            return None
        return await find_by_number(connection, self.sealer, brand.name, transfer.creditor_account)

    async def _refuse(self, connection: AsyncConnection, brand: Brand, order_id: str, reason: Reason) -> Transfer:
        refused = {"state": TransferState.REFUSED, "reason": reason.value}
        return await self.transfers.change(connection, brand.name, order_id, self.clock.now(), **refused)

    async def submit(self, connection: AsyncConnection, brand: Brand, transfer: CreditTransfer) -> tuple[Transfer, bool]:
        """Reserved if it is not yet, and then submitted: from now on only the rail, or the entry, says what becomes of it. True for one that
        was submitted before, and may have been handed over."""
        taken, now = await self.take(connection, brand, transfer), self.clock.now()
        if taken.state is TransferState.SUBMITTED and taken.status is None:  # it is handed over now, if it was not before
            return await self.transfers.change(connection, brand.name, transfer.order_id, now), True
        if taken.state is not TransferState.RESERVED:
            return taken, True
        assert taken.asked is not None
        payee, rail = await self._find_payee(connection, brand, transfer), self.rails.chosen(taken.asked)
        if payee is None and (
            rail is None or self.own_numbers.has(transfer.creditor_account)
        ):  # there was one when this was reserved
            await let_go(connection, brand.name, transfer.order_id, now)
            return await self._refuse(connection, brand, transfer.order_id, Reason.CREDITOR_ACCOUNT_WRONG), False
        facts = {
            "state": TransferState.SUBMITTED,
            "route": BOOK if payee is not None or rail is None else rail.name,
            "payee_account": payee,
        }
        return await self.transfers.change(connection, brand.name, transfer.order_id, now, **facts), False

    async def resolve(self, connection: AsyncConnection, brand: Brand, order_id: str, *, is_paid: bool) -> Transfer:
        """A transfer that is only reserved is submitted, if it was paid, and ends otherwise."""
        found = await self.transfers.load(connection, brand.name, order_id, locked=True)
        if is_paid and found is not None and found.state is TransferState.RESERVED and found.asked is not None:
            return (await self.submit(connection, brand, found.asked))[0]
        return await self.end(connection, brand, order_id, TransferState.RELEASED)

    async def end(self, connection: AsyncConnection, brand: Brand, order_id: str, state: TransferState) -> Transfer:
        now = self.clock.now()
        taken = await self.transfers.take_ended(connection, brand.name, order_id, state, now)
        if taken.state is not TransferState.RESERVED:
            return taken
        ended = await self.transfers.change(connection, brand.name, order_id, now, state=state)
        await let_go(connection, brand.name, order_id, now)
        return ended

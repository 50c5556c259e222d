"""A core on paper that carries out payments: accounts, what is held on them, and the payments by the ids of our orders.

It keeps the promises of orders/ports.py: PaymentsUpstream, in memory and at once. What a payment comes to is chosen by the last four digits
of the payee's account, as in the simulated scheme.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus, Reason
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.ids import RandomIds
from orders.ports import Progress, Refused, Reserved, Resolution
from plugins.exchange.rate_table import RateTable

REJECTED, PENDING = "9903", "9930"  # the last digits of a payee's account
Key = tuple[str, str]  # brand, account or order


@dataclass
class PaperPayments:
    """`names`: of the holders of accounts, by number. A payment that is pending comes to its end by `settle`."""

    clock: Clock
    name: str = "paper"
    booked: Counter[Key] = field(default_factory=Counter)
    holds: dict[Key, CreditTransfer] = field(default_factory=dict)
    closed: set[Key] = field(default_factory=set)  # orders for which nothing is held any more
    payments: dict[Key, Progress] = field(default_factory=dict)
    pending: dict[Key, CreditTransfer] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    quotes: dict[str, tuple[Quote, str]] = field(default_factory=dict)  # and the order that used it

    def open_account(self, brand: Brand, account_id: str, minor: int) -> None:
        self.booked[brand.name, account_id] = minor

    def held(self, brand: Brand, account_id: str) -> int:
        return sum(
            hold.amount.minor for (name, _), hold in self.holds.items() if (name, hold.payer_account) == (brand.name, account_id)
        )

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        order = (brand.name, transfer.order_id)
        await asyncio.sleep(0)  # others come between, as they do at any await
        if order in self.holds or (order in self.payments and self.payments[order].status not in REFUSED_STATUSES):
            return Reserved()
        if order in self.closed:
            return Refused(Reason.UNSPECIFIED_BY_AGENT)
        if not self._covers(brand, transfer.payer_account, transfer.amount):
            self.closed.add(order)
            return Refused(Reason.FUNDS_INSUFFICIENT)
        if not self._use_quote(transfer):
            self.closed.add(order)
            return Refused(Reason.AMOUNT_NOT_ALLOWED)
        self.holds[order] = transfer
        return Reserved()

    async def submit(self, brand: Brand, transfer: CreditTransfer) -> Progress:
        order = (brand.name, transfer.order_id)
        await asyncio.sleep(0)
        if order not in self.payments:
            if order not in self.holds:
                self._enter(order, RailStatus.CANCELLED)
            else:
                self._carry_out(order, transfer)
        return self.payments[order]

    async def status(self, brand: Brand, order_id: str) -> Progress | None:
        return self.payments.get((brand.name, order_id))

    async def cancel(self, brand: Brand, order_id: str) -> Progress:
        order = (brand.name, order_id)
        await asyncio.sleep(0)
        if order not in self.payments:
            self._enter(order, RailStatus.CANCELLED)
        return self.payments[order]

    async def release(self, brand: Brand, order_id: str) -> None:
        order = (brand.name, order_id)
        await asyncio.sleep(0)
        if order not in self.pending:
            self.closed.add(order)
            self.holds.pop(order, None)

    async def resolve(self, brand: Brand, order_id: str, resolution: Resolution) -> Progress:
        order = (brand.name, order_id)
        await asyncio.sleep(0)
        if order not in self.payments or order in self.pending:
            transfer = self.pending.get(order) or self.holds.get(order)
            if transfer is not None:
                self.pending[order] = transfer
            self._enter(order, RailStatus.CANCELLED if transfer is None else resolution.status, resolution.reason)
        return self.payments[order]

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        return self._covers(brand, account_id, amount)

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        quote = RateTable().quote(asked, RandomIds().uuid(), self.clock.now())
        if isinstance(quote, Quote) and quote.expires_at is not None:
            self.quotes[quote.id] = quote, ""
        return quote

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        holder = self.names.get(creditor_account.identification)
        if holder is None:
            return NOT_AVAILABLE
        if holder == name:
            return PayeeCheck(match=PayeeMatch.MATCH)
        if holder.split()[-1] == name.rsplit(maxsplit=1)[-1]:
            return PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name=holder, code=PayeeCode.NAME_CLOSE)
        return PayeeCheck(match=PayeeMatch.NO_MATCH, code=PayeeCode.NAME_DIFFERS)

    def _use_quote(self, transfer: CreditTransfer) -> bool:
        if transfer.cross_border is None or transfer.cross_border.quote is None:
            return transfer.cross_border is None
        asked = transfer.cross_border.quote
        given, used_by = self.quotes.get(asked.id, (None, ""))
        if given != asked or used_by not in ("", transfer.order_id):
            return False
        if not used_by and (asked.expires_at is None or self.clock.now() >= asked.expires_at):
            return False
        self.quotes[asked.id] = asked, transfer.order_id
        return True

    def settle(self) -> None:
        """Every payment that is pending is credited."""
        for order in [*self.pending]:
            self._enter(order, RailStatus.CREDITED)

    def _covers(self, brand: Brand, account_id: str, amount: Money) -> bool:
        return self.booked[brand.name, account_id] - self.held(brand, account_id) >= amount.minor

    def _carry_out(self, order: Key, transfer: CreditTransfer) -> None:
        ending = transfer.creditor_account.identification[-4:]
        self.pending[order] = transfer
        if ending == PENDING:
            self.payments[order] = Progress(status=RailStatus.IN_PROCESS, at=self.clock.now())
        elif ending == REJECTED:
            self._enter(order, RailStatus.REJECTED, Reason.CREDITOR_ACCOUNT_WRONG)
        else:
            self._enter(order, RailStatus.CREDITED)

    def _enter(self, order: Key, status: RailStatus, reason: Reason | None = None) -> None:
        """The last word on an order: what it held is booked, or let go of."""
        transfer = self.pending.pop(order, None)
        self.holds.pop(order, None)
        self.closed.add(order)
        if transfer is not None and status in PAID_STATUSES:
            self.booked[order[0], transfer.payer_account] -= transfer.amount.minor
        self.payments[order] = Progress(status=status, at=self.clock.now(), reason=reason)

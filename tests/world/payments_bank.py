"""A bank that keeps books of what it reserved, carried out and refused, by the ids of our orders: honest, and as fast as one wishes.

It keeps the promises of orders/ports.py: PaymentsUpstream. What it answers can be scripted, a question at a time.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus, Reason
from kernel.banking.payee_checks import PayeeCheck, PayeeMatch
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import RandomIds
from orders.ports import Progress, Refused, Reserved, Resolution
from plugins.exchange.rate_table import RateTable

Fault = Callable[[], object]  # raises, or returns what the bank answers


@dataclass
class FakeLedger:
    """In the database of the orders: what it reserves goes when the transaction does."""

    answer: Reserved | Refused = field(default_factory=Reserved)

    async def reserve_within(self, unit: UnitOfWork, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        return self.answer


@dataclass
class FakeBank:
    """`accepts` is the status of a payment at first, `ends` that which it has when it is next asked for. `faults` holds, by question,
    what happens to the answers of the next ones: after the bank did as it was asked, unless the question was lost on its way."""

    clock: Clock
    accepts: RailStatus = RailStatus.IN_PROCESS
    ends: RailStatus = RailStatus.SETTLED
    reason: Reason | None = None
    refuses: Reason | None = None  # to reserve
    name: str = "fake"
    books: dict[str, Progress] = field(default_factory=dict)
    held: dict[str, Money] = field(default_factory=dict)
    reserved: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    carried_out: Counter[str] = field(default_factory=Counter)
    resolutions: list[Resolution] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    rail: str = ""  # that it says it will use
    lost: dict[str, list[Exception]] = field(default_factory=dict)

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        self._note("reserve", transfer.order_id)
        if transfer.order_id in self.released:
            return self._answer("reserve", Refused(Reason.UNSPECIFIED_BY_AGENT))
        if self.refuses is not None:
            return self._answer("reserve", Refused(self.refuses))
        if transfer.order_id not in self.reserved:  # once: what was booked or released since is not held again
            self.reserved.add(transfer.order_id)
            self.held[transfer.order_id] = transfer.amount
        return self._answer("reserve", Reserved(self.rail))

    async def submit(self, brand: Brand, transfer: CreditTransfer) -> Progress:
        self._note("submit", transfer.order_id)
        order_id = transfer.order_id
        if order_id not in self.books and order_id in self.stopped | self.released:
            self.books[order_id] = Progress(status=RailStatus.CANCELLED, at=self.clock.now())
        if order_id not in self.books:
            self.carried_out[order_id] += 1
            self._enter(order_id, self.accepts)
        return self._answer("submit", self.books[order_id])

    async def status(self, brand: Brand, order_id: str) -> Progress | None:
        self._note("status", order_id)
        if order_id in self.books and self.books[order_id].status not in PAID_STATUSES | REFUSED_STATUSES:
            self._enter(order_id, self.ends)
        return self._answer("status", self.books.get(order_id))

    async def cancel(self, brand: Brand, order_id: str) -> Progress:
        self._note("cancel", order_id)
        self.stopped.add(order_id)
        progress = self.books.setdefault(order_id, Progress(status=RailStatus.CANCELLED, at=self.clock.now()))
        return self._answer("cancel", progress)

    async def release(self, brand: Brand, order_id: str) -> None:
        self._note("release", order_id)
        self.released.add(order_id)
        self.held.pop(order_id, None)
        return self._answer("release", None)

    async def resolve(self, brand: Brand, order_id: str, resolution: Resolution) -> Progress:
        self._note("resolve", order_id)
        self.resolutions.append(resolution)
        if order_id not in self.books or self.books[order_id].status not in PAID_STATUSES | REFUSED_STATUSES:
            self._enter(order_id, resolution.status)
        return self._answer("resolve", self.books[order_id])

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        return True

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        self._note("quote", "")
        quote: Quote | Unquoted = self._answer("quote", RateTable().quote(asked, RandomIds().uuid(), self.clock.now()))
        return quote

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        return PayeeCheck(match=PayeeMatch.MATCH)

    def questions(self, order_id: str) -> list[str]:
        return [question for question, asked in self.asked if asked == order_id]

    def _enter(self, order_id: str, status: RailStatus) -> None:
        """Book a payment that is made; let go of what is held for one that is refused."""
        if status in PAID_STATUSES | REFUSED_STATUSES:
            self.held.pop(order_id, None)
        reason = self.reason if status in REFUSED_STATUSES else None
        self.books[order_id] = replace(Progress(status=status, at=self.clock.now()), reason=reason)

    def _note(self, question: str, order_id: str) -> None:
        self.asked.append((question, order_id))
        if self.lost.get(question):
            raise self.lost[question].pop(0)

    def _answer(self, question, answer):
        if self.faults.get(question):
            return self.faults[question].pop(0)()
        return answer

"""The counter's changes of the ledger: book, announce, settle, release, close. Each is one transaction.

The ledger's first statement locks the brand's booking sequence, so they run one after another.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import Account, TransactionStatus
from kernel.banking.money import Money
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldInvalid
from kernel.ids import Ids
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.openings import StatusChange
from plugins.ledger.documents import Narrative, open_narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line, PendingPayment
from plugins.ledger.refusals import PendingUnknown

OPPOSITE = "world"  # the bank's own account that takes the other side


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where money is booked: one brand's ledger."""

    brand: str
    sealer: Sealer
    clock: Clock
    ids: Ids
    zone: tzinfo

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.sealer, self.clock, self.zone)

    async def post(self, connection: AsyncConnection, leg: Leg) -> None:
        currency = leg.amount.currency
        opposite = await self.ledger.open_internal(connection, self.brand, OPPOSITE, currency)
        legs = (leg, Leg(opposite, Money(currency, -leg.amount.minor)))
        await self.ledger.post(connection, self.brand, [LedgerEntry(self.ids.uuid(), legs, kind="counter", forced=True)])


@dataclass(frozen=True, slots=True)
class BookMoney:
    name = "book_money"
    locks = ()
    counter: Counter
    leg: Leg
    at: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        """Raises FieldInvalid for an instant within an issued statement: issued statements stay true."""
        await self.counter.post(unit.connection, self.leg)
        rows = tables.statements.c  # under the lock of the posting: no run comes in between
        mine = (rows.brand == self.counter.brand, rows.account_id == self.leg.account_id)
        later_statement = sa.select(sa.literal(1)).where(*mine, rows.ends_at >= self.at).limit(1)
        if (await unit.connection.execute(later_statement)).first() is not None:
            raise FieldInvalid(public="A statement of that time has been issued already.", path="booked_at")


@dataclass(frozen=True, slots=True)
class AnnounceMoney:
    name = "announce_money"
    locks = ()
    counter: Counter
    pending: PendingPayment

    async def handle(self, unit: UnitOfWork) -> None:
        await self.counter.ledger.announce(unit.connection, self.counter.brand, self.pending)


@dataclass(frozen=True, slots=True)
class SettleMoney:
    """Book what was announced, under the id it has. `amount`: None for the one that was announced."""

    name = "settle_money"
    locks = ()
    counter: Counter
    account: Account
    transaction_id: str
    amount: Money | None

    async def handle(self, unit: UnitOfWork) -> None:
        """Raises PendingUnknown."""
        announced, narrative = await self._load_pending(unit.connection)
        now = self.counter.clock.now()
        line = Line(id=self.transaction_id, booked_at=now, value_at=now, narrative=narrative, settles=True)
        await self.counter.post(unit.connection, Leg(self.account.id, announced if self.amount is None else self.amount, line))

    async def _load_pending(self, connection: AsyncConnection) -> tuple[Money, Narrative]:
        rows = tables.transactions.c
        statement = sa.select(rows.amount_minor, rows.narrative).where(
            rows.brand == self.counter.brand,
            rows.id == self.transaction_id,
            rows.account_id == self.account.id,
            rows.status == TransactionStatus.PENDING,
            rows.ended_by.is_(None),
        )
        row = (await connection.execute(statement)).one_or_none()
        if row is None:
            raise PendingUnknown(f"transaction {self.transaction_id} of account {self.account.id}")
        narrative = open_narrative(self.counter.sealer, row.narrative, self.counter.brand, self.transaction_id)
        return Money(self.account.currency, row.amount_minor), narrative


@dataclass(frozen=True, slots=True)
class ReleaseMoney:
    """Take back what was announced. Raises PendingUnknown."""

    name = "release_money"
    locks = ()
    counter: Counter
    account_id: str
    transaction_id: str

    async def handle(self, unit: UnitOfWork) -> None:
        await self.counter.ledger.release(unit.connection, self.counter.brand, self.account_id, self.transaction_id)


@dataclass(frozen=True, slots=True)
class CloseAccount:
    name = "close_account"
    locks = ()
    ledger: Ledger
    brand: str
    account_id: str
    change: StatusChange

    async def handle(self, unit: UnitOfWork) -> None:
        await self.ledger.change_status(unit.connection, self.brand, self.account_id, self.change)

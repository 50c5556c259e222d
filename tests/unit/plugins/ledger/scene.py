"""A ledger with a few accounts, on a real database: the ground of its tests."""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType
from kernel.banking.money import Money
from kernel.clock import ManualClock
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.holds.hold import Hold
from plugins.ledger.holds.placement import load_hold, place_hold, release_hold
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import Capture, LedgerEntry, Leg, Line
from plugins.ledger.postings.poster import Poster
from plugins.ledger.verify import find_discrepancies

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SEALER = Sealer({1: b"k" * 32})
WORLD, CLEARING = "internal:world:GBP", "internal:rail:faster_payments:clearing:GBP"


def opening(account_id, currency="GBP", status=AccountStatus.ENABLED, credit_line=None):
    return AccountOpening(
        id=account_id,
        currency=currency,
        type=AccountType.CURRENT,
        category=AccountCategory.PERSONAL,
        product="Current account",
        opened_at=NOW,
        identity=Identity(),
        holders=(Holder("customer", Right.APPROVE),),
        status=status,
        credit_line=None if credit_line is None else Money(currency, credit_line),
    )


def pounds(minor):
    return Money("GBP", minor)


def line(transaction_id, *, settles=False):
    return Line(id=transaction_id, booked_at=NOW, narrative=Narrative("Payment"), settles=settles)


def leg(account_id, minor, name, currency="GBP"):
    own = account_id.startswith("internal:")
    return Leg(account_id, Money(currency, minor), None if own else line(f"{name}-{account_id}-{minor}"))


def transfer(name, minor, source="a", target="b", **facts):
    return LedgerEntry(name, (leg(source, -minor, name), leg(target, minor, name)), **facts)


def paying_out(name, minor, captured=None, account="a"):
    """The settlement of an order: captures its hold, which has the same id."""
    legs = (leg(account, -minor, name), Leg(CLEARING, pounds(minor)))
    return LedgerEntry(name, legs, "instant_out", captures=(Capture(name, pounds(captured or minor)),))


@dataclass
class Scene:
    database: Database
    poster: Poster
    clock: ManualClock
    brand: str = "main"

    @property
    def ledger(self):
        return Ledger(SEALER, self.clock)

    async def open(self, *openings, funds=0):
        """Accounts, each with as much on it."""

        async def work(connection):
            for each in openings:
                await self.ledger.open_account(connection, self.brand, each)
            entries = [
                LedgerEntry(
                    f"funds-{each.id}",
                    (leg(each.id, funds, "f", each.currency), leg(f"internal:world:{each.currency}", -funds, "f", each.currency)),
                )
                for each in openings
                if funds
            ]
            if entries:
                await self.ledger.post(connection, self.brand, entries)

        await self.database.write(work)

    async def post(self, *entries):
        return [await self.poster.post(self.brand, entry) for entry in entries]

    async def hold(self, hold_id, minor, account="a", expires_at=None):
        hold = Hold(id=hold_id, account_id=account, amount=pounds(minor), expires_at=expires_at)
        await self.database.write(lambda connection: place_hold(connection, self.brand, hold, self.clock.now()))

    async def release(self, hold_id):
        return await self.database.write(lambda connection: release_hold(connection, self.brand, hold_id, self.clock.now()))

    async def state_of(self, hold_id):
        async with self.database.read() as connection:
            stored = await load_hold(connection, self.brand, hold_id)
        return None if stored is None else stored.state.value

    async def standing(self, account="a"):
        """Booked, held and version."""
        a = tables.accounts.c
        async with self.database.read() as connection:
            row = (
                await connection.execute(sa.select(a.booked, a.held, a.version).where(a.brand == self.brand, a.id == account))
            ).one()
        return tuple(row)

    async def rows(self, table):
        async with self.database.read() as connection:
            return list(await connection.execute(sa.select(table).where(table.c.brand == self.brand)))

    async def check_whole(self):
        async with self.database.snapshot() as connection:
            assert await find_discrepancies(connection, self.brand) == []


def forced(entry):
    return msgspec.structs.replace(entry, forced=True)

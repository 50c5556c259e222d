"""Revaluation of what payments in other currencies left with the bank: at the end of each day, at the middle rates.

What was sold for what was bought stands in `fx:position`, one account in each currency. At the end of a day the position in the bank's own
currency is brought to what the others are worth, and the difference is the day's result. An entry is known by its day, and its
amount follows from the postings before the end of the day: any server books the same, however late. A position in a currency without a rate is worth
what was received for it, until there is a rate: the others are revalued.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.abroad.exchange import convert
from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.storage.database import Database
from plugins.ledger import tables
from plugins.ledger.accounts.internal import FX_POSITION, FX_RESULT, internal_account_id
from plugins.ledger.postings.patterns import AMOUNT, POSITION, RESULT, compose
from plugins.ledger.postings.poster import Poster

GAINED, LOST = "position_gained", "position_lost"  # the kinds of entries
TABLE_CHARACTERS_MAX = 12  # of the digest that names a table of rates

log = structlog.get_logger(__name__)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Positive: the bank has more of the currency than it owes. `value` is what that is worth in its own; `is_at_cost`: no rate says so."""

    amount: Money
    value: Money
    is_at_cost: bool = False


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    """The positions at the end of a day. `own` is that in the bank's own currency; with the value of the others it is the day's result."""

    day: date
    own: Money
    others: tuple[Position, ...]

    @property
    def result(self) -> Money:
        return Money(self.own.currency, self.own.minor + sum(each.value.minor for each in self.others))


@dataclass(frozen=True, slots=True, kw_only=True)
class Revaluation:
    """`rates`: units of each currency for one of `home`, the bank's own."""

    database: Database
    poster: Poster
    home: str
    rates: Mapping[str, Decimal]

    async def book(self, brand: Brand, now: datetime) -> Valuation | None:
        """Of the last day that has ended at `now` (business time); None where it is booked. A repeat changes nothing."""
        today = _beginning(brand, now)
        day = (today - timedelta(days=1)).date()
        entry_id = f"revaluation:{self.home}:{day}"
        async with self.database.snapshot() as connection:
            mine = sa.select(tables.entries.c.id).where(tables.entries.c.brand == brand.name, tables.entries.c.id == entry_id)
            if (await connection.execute(mine)).first() is not None:
                return None
            positions = await load_positions(connection, brand.name, today)
            costs = {each: await load_cost(connection, brand.name, today, self.home, each) for each in self._unrated(positions)}
        found = self._value(day, positions, costs)
        result = found.result
        if result.minor:
            accounts = {
                POSITION: internal_account_id(FX_POSITION, self.home),
                RESULT: internal_account_id(FX_RESULT, self.home),
            }
            amounts = {AMOUNT: Money(self.home, abs(result.minor))}
            cause = f"end of {day}, rates {self._table()}"
            entry = compose(GAINED if result.minor > 0 else LOST, entry_id, accounts, amounts, {}, cause=cause, value_date=day)
            await self.poster.post(brand.name, entry)
            positions = {each.amount.currency: each.amount.minor for each in found.others}
            log.info("positions_revalued", brand=brand.name, day=day.isoformat(), result_minor=result.minor, **positions)
        return found

    async def find_unrated(self, brand: Brand, now: datetime) -> tuple[str, ...]:
        """The currencies in which there is a position by now, and no rate."""
        async with self.database.read() as connection:
            return self._unrated(await load_positions(connection, brand.name, now + timedelta(days=1)))  # with those of now

    def _unrated(self, positions: Mapping[str, int]) -> tuple[str, ...]:
        return tuple(sorted({currency for currency, minor in positions.items() if minor} - self.rates.keys() - {self.home}))

    def _value(self, day: date, positions: Mapping[str, int], costs: Mapping[str, int]) -> Valuation:
        """`costs`: what was received for the positions in currencies without a rate."""
        others = []
        for currency, minor in sorted(positions.items()):
            amount = Money(currency, minor)
            if currency in costs:
                others.append(Position(amount=amount, value=Money(self.home, -costs[currency]), is_at_cost=True))
            elif currency != self.home and minor:
                others.append(Position(amount=amount, value=self._worth(amount)))
        return Valuation(day=day, own=Money(self.home, positions.get(self.home, 0)), others=tuple(others))

    def _worth(self, amount: Money) -> Money:
        worth = convert(Money(amount.currency, abs(amount.minor)), self.home, self.rates[amount.currency], self.home)
        return worth if amount.minor > 0 else Money(self.home, -worth.minor)

    def _table(self) -> str:
        said = "\n".join(f"{currency} {rate}" for currency, rate in sorted(self.rates.items()))
        return hashlib.sha256(said.encode()).hexdigest()[:TABLE_CHARACTERS_MAX]


def _beginning(brand: Brand, now: datetime) -> datetime:
    """Of the day, by the brand's zone."""
    return datetime.combine(now.astimezone(brand.zone).date(), time(), brand.zone)


async def load_cost(connection: AsyncConnection, brand: str, until: datetime, home: str, currency: str) -> int:
    """The amount received in `home` for the position in another currency by the entries that made it, before `until`; in minor units."""
    entries, postings = tables.entries.c, tables.postings.c
    joined = tables.postings.join(tables.entries, sa.and_(entries.brand == postings.brand, entries.id == postings.entry_id))
    made = tables.postings.alias("made")
    other = (made.c.brand == brand, made.c.account_id == internal_account_id(FX_POSITION, currency))
    own = (postings.brand == brand, postings.account_id == internal_account_id(FX_POSITION, home), entries.recorded_at < until)
    inside = postings.entry_id.in_(sa.select(made.c.entry_id).where(*other))
    return int(
        await connection.scalar(sa.select(sa.func.sum(postings.amount_minor)).select_from(joined).where(*own, inside)) or 0
    )


async def load_positions(connection: AsyncConnection, brand: str, until: datetime, name: str = FX_POSITION) -> dict[str, int]:
    """The balance of each account of that name by what was recorded before `until`, in minor units by currency."""
    accounts, entries, postings = tables.accounts.c, tables.entries.c, tables.postings.c
    mine = (accounts.brand == brand, accounts.internal, accounts.product == name)
    found = {}
    for account in await connection.execute(sa.select(accounts.id, accounts.currency).where(*mine).order_by(accounts.id)):
        joined = tables.postings.join(tables.entries, sa.and_(entries.brand == postings.brand, entries.id == postings.entry_id))
        before = (postings.brand == brand, postings.account_id == account.id, entries.recorded_at < until)
        last = sa.select(postings.after_minor).select_from(joined).where(*before).order_by(postings.version.desc()).limit(1)
        found[account.currency] = int(await connection.scalar(last) or 0)
    return found

"""Make the synthetic bank: one transaction for each household, so that a start that was killed is completed by the next one.

The same seed and the same anchor day make the same people, accounts, numbers and transactions. Both are stored by the first
start and kept by all later ones.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.database import Database
from kernel.ids import SeededIds
from kernel.sealed import Sealer
from plugins.ledger.entries import AccountOpening, LedgerEntry, PendingPayment
from plugins.ledger.posting import Ledger
from plugins.psu_identity.built_in import Enrolment, enrol
from plugins.psu_identity.passwords import Passwords
from sandbox.bank import heavy, tables
from sandbox.bank.households import HOUSEHOLDS, Household, open_accounts, tell
from sandbox.bank.story import INTERNAL_ACCOUNTS, Story

ENTRIES_PER_POST = 1000
ALL_HOUSEHOLDS = (*HOUSEHOLDS, heavy.HOUSEHOLD)

Progress = Callable[[int, int, str], None]  # transactions made, transactions in all, whose


@dataclass(frozen=True, slots=True)
class Tale:
    """One household ready to be written. `chunks` begins anew each time it is called: a transaction may run more than once."""

    name: str
    enrolments: tuple[Enrolment, ...]
    accounts: tuple[AccountOpening, ...]
    chunks: Callable[[], Iterator[list[LedgerEntry]]]
    pending: tuple[PendingPayment, ...]
    size: int  # transactions


class Seeder:
    """Writes tales to one brand's books and tells how far it is."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, brand: Brand) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._brand = brand.name
        self._ledger = Ledger(sealer, clock)

    async def write(self, tale: Tale, report: Callable[[int], None]) -> None:
        """The household and its marker, all or nothing. `report` hears how many of its transactions are written."""

        async def work(connection: AsyncConnection) -> None:
            marker = {"brand": self._brand, "name": tale.name, "seeded_at": self._clock.now()}
            await connection.execute(tables.households.insert().values(marker))
            await self._open(connection, tale)
            written = 0
            for chunk in tale.chunks():
                await self._ledger.post(connection, self._brand, chunk)
                written += sum(_count(entry) for entry in chunk)
                report(written)
            for pending in tale.pending:
                await self._ledger.announce(connection, self._brand, pending)

        try:
            await self._database.write(work)
        except IntegrityError:  # another server made it in the meantime, or something is truly wrong
            if tale.name not in await load_made(self._database, self._brand):
                raise

    async def _open(self, connection: AsyncConnection, tale: Tale) -> None:
        for enrolment in tale.enrolments:
            await enrol(connection, self._sealer, self._brand, enrolment)
        for account in tale.accounts:
            await self._ledger.open_account(connection, self._brand, account)
            for name in INTERNAL_ACCOUNTS:
                await self._ledger.open_internal(connection, self._brand, name, account.currency)


def _silent(_done: int, _total: int, _what: str) -> None:
    pass


async def seed_bank(  # noqa: PLR0917  the six are what every start has at hand
    database: Database,
    sealer: Sealer,
    clock: Clock,
    ids_seed: str,
    brand: Brand,
    progress: Progress = _silent,
    *,
    heavy_transactions: int = heavy.TRANSACTIONS,
) -> None:
    """Make what is not there yet. The tables of ledger, PSU identity and this package must stand."""
    made = await load_made(database, brand.name)
    missing = [household for household in ALL_HOUSEHOLDS if household.name not in made]
    if not missing:
        return
    seed, anchor = await _load_anchor(database, clock, ids_seed, brand.name)
    passwords = Passwords()
    tales = [await _tale(household, f"{seed}/{brand.name}", anchor, passwords, heavy_transactions) for household in missing]
    seeder = Seeder(database, sealer, clock, brand)
    total, done = sum(tale.size for tale in tales), 0
    for tale in tales:
        await seeder.write(tale, partial(_report, progress, done, total, tale.name))
        done += tale.size
        progress(done, total, tale.name)


def _report(progress: Progress, before: int, total: int, what: str, written: int) -> None:
    progress(before + written, total, what)


async def load_made(database: Database, brand: str) -> set[str]:
    """The households that are wholly written."""
    rows = tables.households.c
    async with database.read() as connection:
        return set(await connection.scalars(sa.select(rows.name).where(rows.brand == brand)))


async def _load_anchor(database: Database, clock: Clock, ids_seed: str, brand: str) -> tuple[str, datetime]:
    """The seed and the anchor of the first start; stored now if this is it."""
    statement = sa.select(tables.anchors.c.seed, tables.anchors.c.anchor).where(tables.anchors.c.brand == brand)
    midnight = datetime.combine(clock.now().astimezone(UTC), time(), UTC)

    async def work(connection: AsyncConnection) -> tuple[str, datetime]:
        row = (await connection.execute(statement)).one_or_none()
        if row is not None:
            return row.seed, row.anchor
        await connection.execute(tables.anchors.insert().values(brand=brand, seed=ids_seed, anchor=midnight))
        return ids_seed, midnight

    try:
        return await database.write(work)
    except IntegrityError:  # another server was first
        return await database.write(work)


async def _tale(household: Household, seed: str, anchor: datetime, passwords: Passwords, heavy_transactions: int) -> Tale:
    story = _story(seed, household.name)
    customers = tuple(story.ids.uuid() for _ in household.people)
    enrolments = [
        Enrolment(
            id=story.ids.uuid(),
            username=person.name,
            password_hash=await passwords.hash(person.password),
            customer_id=customer,
            display_name=person.display_name,
            sca_methods=person.sca_methods,
        )
        for person, customer in zip(household.people, customers, strict=True)
    ]
    open_accounts(household, story, customers, anchor)
    accounts = tuple(story.accounts.values())
    if household is heavy.HOUSEHOLD:

        def chunks() -> Iterator[list[LedgerEntry]]:
            days = _story(seed, "heavy/days")
            days.accounts = story.accounts
            return heavy.tell_heavy(days, anchor, heavy_transactions)

        return Tale(household.name, tuple(enrolments), accounts, chunks, (), heavy_transactions)
    tell(household, story, anchor)
    size = sum(_count(entry) for entry in story.entries) + len(story.pending)
    return Tale(household.name, tuple(enrolments), accounts, lambda: _in_chunks(story.entries), tuple(story.pending), size)


def _story(seed: str, name: str) -> Story:
    return Story(random.Random(f"{seed}/{name}"), SeededIds(f"{seed}/{name}/ids"))


def _in_chunks(entries: list[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    for start in range(0, len(entries), ENTRIES_PER_POST):
        yield entries[start : start + ENTRIES_PER_POST]


def _count(entry: LedgerEntry) -> int:
    return sum(leg.line is not None for leg in entry.legs)

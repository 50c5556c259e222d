"""Make the synthetic bank: one transaction for each household, so that a start that was killed is completed by the next one.

The same seed and the same anchor day make the same people, accounts, numbers, transactions and records. Both are stored by the
first start and kept by all later ones.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.config import ConfigurationRefused
from kernel.ids import SeededIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.postings.entries import LedgerEntry
from sandbox.bank import tables
from sandbox.bank.catalogue.products import PRODUCTS
from sandbox.bank.file.lines import IMPORTED
from sandbox.bank.households import HOUSEHOLDS, heavy
from sandbox.bank.stories.dues import make_offers, make_records
from sandbox.bank.stories.household import Household, introduce, open_accounts, write_history
from sandbox.bank.stories.story import Story
from sandbox.bank.stories.tale import Login, Tale, count_lines
from sandbox.bank.tale_writer import Writer, load_made

USUAL_SEED = 1
ENTRIES_PER_POST = 1000
ALL_HOUSEHOLDS = (*HOUSEHOLDS, heavy.HOUSEHOLD)
PRICE_LIST = Tale(name="products", products=PRODUCTS)

Progress = Callable[[int, int, str], None]  # transactions made, transactions in all, whose


def silent(_done: int, _total: int, _what: str) -> None:
    pass


async def seed_bank(  # noqa: PLR0917  the six are what every start has at hand
    database: Database,
    sealer: Sealer,
    clock: Clock,
    ids_seed: str,
    brand: Brand,
    progress: Progress = silent,
    *,
    heavy_transactions: int = heavy.TRANSACTIONS,
) -> None:
    """Make what is not there yet. The tables of ledger, PSU identity and this package must stand. A bank that was imported is left
    as it is."""
    made = await load_made(database, brand.name)
    if any(name.startswith(IMPORTED) for name in made):
        return
    missing = [household for household in ALL_HOUSEHOLDS if household.name not in made]
    if not missing:
        return
    midnight = datetime.combine(clock.now().astimezone(UTC), time(), UTC)
    seed, anchor = await keep_anchor(Commands(database=database, clock=clock), brand.name, ids_seed, midnight)
    tales = [] if PRICE_LIST.name in made else [PRICE_LIST]
    tales += [_tale(household, f"{seed}/{brand.name}", anchor, heavy_transactions) for household in missing]
    writer = Writer(database, sealer, clock, brand, anchor=anchor)
    total, done = sum(tale.size for tale in tales), 0
    for tale in tales:
        await writer.write(tale, partial(_report, progress, done, total, tale.name))
        done += tale.size
        progress(done, total, tale.name)


def _report(progress: Progress, before: int, total: int, what: str, written: int) -> None:
    progress(before + written, total, what)


async def settle_seed(database: Database, brand: str, asked: int | None) -> int:
    """Of the bank that is to be made: what was asked for, else the usual one. Of one that is there, its own; raises ConfigurationRefused
    if another is asked for, which would change nothing. An imported bank has none: a reset without its file makes the usual one."""
    async with database.read() as connection:
        stored = await connection.scalar(sa.select(tables.anchors.c.seed).where(tables.anchors.c.brand == brand))
    if stored is None:
        return USUAL_SEED if asked is None else asked
    is_imported = any(name.startswith(IMPORTED) for name in await load_made(database, brand))
    if asked is not None and (is_imported or str(asked) != stored):
        origin = "was imported" if is_imported else f"was made with seed {stored}"
        raise ConfigurationRefused(
            f"--seed {asked}: the bank of this state directory {origin}. "
            "Leave --seed out, or make another bank in another state directory: PORTCULLIS_STATE_DIR=var/other"
        )
    return USUAL_SEED if is_imported else int(stored)


async def keep_anchor(commands: Commands, brand: str, seed: str, anchor: datetime) -> tuple[str, datetime]:
    """Store the two, unless they are stored already: then those."""
    command = KeepAnchor(brand, seed, anchor)
    try:
        return await commands.run(command)
    except IntegrityError:  # another server was first
        return await commands.run(command)


@dataclass(frozen=True, slots=True)
class KeepAnchor:
    name = "keep_anchor"
    locks = ()
    brand: str
    seed: str
    anchor: datetime

    async def handle(self, unit: UnitOfWork) -> tuple[str, datetime]:
        statement = sa.select(tables.anchors.c.seed, tables.anchors.c.anchor).where(tables.anchors.c.brand == self.brand)
        row = (await unit.connection.execute(statement)).one_or_none()
        if row is not None:
            return row.seed, row.anchor
        kept = tables.anchors.insert().values(brand=self.brand, seed=self.seed, anchor=self.anchor)
        await unit.connection.execute(kept)
        return self.seed, self.anchor


def _tale(household: Household, seed: str, anchor: datetime, heavy_transactions: int) -> Tale:
    story = _story(seed, household.name)
    customers = tuple(story.ids.uuid() for _ in household.people)
    logins = tuple(
        Login(
            customer_id=customer,
            psu_id=story.ids.uuid(),
            username=person.name,
            display_name=person.display_name,
            sca_methods=person.sca_methods,
        )
        for person, customer in zip(household.people, customers, strict=True)
    )
    open_accounts(household, story, customers, anchor)
    residents = introduce(household, story, customers)
    write_history(household, story, anchor)
    entries: Callable[[], Iterator[list[LedgerEntry]]] = partial(_in_chunks, story.entries)
    records, size = make_records(story, household.routine, anchor), sum(count_lines(entry) for entry in story.entries)
    if household is heavy.HOUSEHOLD:
        entries, size = partial(_heavy_days, seed, story, anchor, heavy_transactions), heavy_transactions
        records = heavy.make_heavy_records(story, anchor, heavy_transactions)
    return Tale(
        name=household.name,
        logins=logins,
        parties=residents.parties,
        accounts=tuple(story.accounts.values()),
        account_parties=residents.account_parties,
        entries=entries,
        pending=tuple(story.pending),
        changes={story.accounts[key].id: change for key, change in story.changes.items()},
        records=tuple(records),
        offers=tuple(make_offers(story, household.routine, anchor)),
        size=size + len(story.pending),
    )


def _heavy_days(seed: str, story: Story, anchor: datetime, count: int) -> Iterator[list[LedgerEntry]]:
    days = _story(seed, "heavy/days")
    days.accounts = story.accounts
    return heavy.write_heavy(days, anchor, count)


def _story(seed: str, name: str) -> Story:
    return Story(random.Random(f"{seed}/{name}"), SeededIds(f"{seed}/{name}/ids"))


def _in_chunks(entries: list[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    for start in range(0, len(entries), ENTRIES_PER_POST):
        yield entries[start : start + ENTRIES_PER_POST]

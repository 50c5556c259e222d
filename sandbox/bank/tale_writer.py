"""Write a tale to a brand's books in one transaction, with the marker that says so: all or nothing, and never twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.accounts.parties import add_account_parties, add_party
from plugins.ledger.documents import seal_document
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry
from plugins.ledger.records.catalogue import add_offers, add_product
from plugins.ledger.records.records import RECORD_KINDS
from plugins.ledger.statements.statements import add_statements
from plugins.psu_identity.built_in import Enrolment, enrol
from plugins.psu_identity.passwords import Passwords
from sandbox.bank import tables
from sandbox.bank.catalogue.people import password_of
from sandbox.bank.stories.tale import Tale, count_lines

LOGIN_PLACE = ("bank_people", "document")
_INTERNAL = "internal:"


class Writer:
    """`anchor`: the midnight before which all data lies."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, brand: Brand, *, anchor: datetime) -> None:
        self._commands = Commands(database=database, clock=clock)
        self._sealer = sealer
        self._clock = clock
        self._brand, self._zone = brand.name, brand.zone
        self._anchor = anchor
        self._passwords = Passwords()

    async def write(self, tale: Tale, report: Callable[[int], None]) -> None:
        """`report` hears how many of the tale's transactions are written. A tale that was written before is left as it is."""
        hashes = [await self._passwords.hash(password_of(login.username)) for login in tale.logins]
        try:
            await self._commands.run(
                WriteTale(self._sealer, self._clock, self._brand, self._zone, self._anchor, tale, hashes, report)
            )
        except IntegrityError:  # another server made it in the meantime, or something is truly wrong
            if tale.name not in await load_made(self._commands.database, self._brand):
                raise


@dataclass(frozen=True, slots=True)
class WriteTale:
    """`hashes` are those of the passwords, in the order of the logins."""

    name = "write_tale"
    locks = ()  # the marker is written first: of two, the second fails
    sealer: Sealer
    clock: Clock
    brand: str
    zone: tzinfo
    anchor: datetime
    tale: Tale
    hashes: list[str]
    report: Callable[[int], None]

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.sealer, self.clock, self.zone)

    async def handle(self, unit: UnitOfWork) -> None:
        connection, tale = unit.connection, self.tale
        marker = {"brand": self.brand, "name": tale.name, "seeded_at": self.clock.now()}
        await connection.execute(tables.households.insert().values(marker))
        if tale.origin is not None:
            await self._keep_origin(connection, *tale.origin)
        await self._open(connection)
        written, opened = 0, set[str]()
        for chunk in tale.entries():
            await self._open_internal(connection, chunk, opened)
            await self._ledger.post(connection, self.brand, [as_happened(entry, self.zone) for entry in chunk])
            written += sum(count_lines(entry) for entry in chunk)
            self.report(written)
        for pending in tale.pending:
            await self._ledger.announce(connection, self.brand, pending)
        await self._close(connection)

    async def _keep_origin(self, connection: AsyncConnection, seed: str, anchor: datetime) -> None:
        anchors = tables.anchors
        await connection.execute(anchors.delete().where(anchors.c.brand == self.brand))
        await connection.execute(anchors.insert().values(brand=self.brand, seed=seed, anchor=anchor))

    async def _open(self, connection: AsyncConnection) -> None:
        tale = self.tale
        for product in tale.products:
            await add_product(connection, self.brand, product)
        await self._enrol(connection)
        for party, customer_id in tale.parties:
            await add_party(connection, self.sealer, self.brand, party, customer_id=customer_id)
        for account in tale.accounts:
            await self._ledger.open_account(connection, self.brand, account)
        for _, links in groupby(tale.account_parties, lambda link: link.account_id):
            await add_account_parties(connection, self.brand, links)

    async def _close(self, connection: AsyncConnection) -> None:
        """Write what follows from the entries: changes of status, records, offers, statements."""
        tale = self.tale
        for account_id, change in tale.changes.items():
            await self._ledger.change_status(connection, self.brand, account_id, change)
        for kind in RECORD_KINDS:
            await kind.add_history(connection, self.sealer, self.brand, kind.only(tale.records))
        await add_offers(connection, self.sealer, self.brand, tale.offers)
        if tale.issues_statements:
            ids = [account.id for account in tale.accounts]
            await add_statements(connection, self.sealer, self.brand, ids, self.anchor, zone=self.zone)

    async def _enrol(self, connection: AsyncConnection) -> None:
        people = tables.people
        known = sa.select(sa.func.count()).select_from(people).where(people.c.brand == self.brand)
        first = int(await connection.scalar(known) or 0)
        for position, (login, password_hash) in enumerate(zip(self.tale.logins, self.hashes, strict=True), first):
            enrolment = Enrolment(
                id=login.psu_id,
                username=login.username,
                password_hash=password_hash,
                customer_id=login.customer_id,
                display_name=login.display_name,
                sca_methods=login.sca_methods,
            )
            await enrol(connection, self.sealer, self.brand, enrolment)
            document = seal_document(self.sealer, login, *LOGIN_PLACE, self.brand, login.psu_id)
            row = {"brand": self.brand, "psu_id": login.psu_id, "position": position, "document": document}
            await connection.execute(people.insert().values(row))

    async def _open_internal(self, connection: AsyncConnection, chunk: list[LedgerEntry], opened: set[str]) -> None:
        """The bank's own accounts that these entries name."""
        named = {leg.account_id for entry in chunk for leg in entry.legs if leg.account_id.startswith(_INTERNAL)}
        for account_id in sorted(named - opened):
            name, _, currency = account_id.removeprefix(_INTERNAL).rpartition(":")
            await self._ledger.open_internal(connection, self.brand, name, currency)
        opened |= named


def as_happened(entry: LedgerEntry, zone: tzinfo) -> LedgerEntry:
    """Booked whether the account could pay or not, and of value on the day of its booking where it does not say another."""
    moments = (leg.line.booked_at for leg in entry.legs if leg.line is not None)
    booked = next((moment.astimezone(zone).date() for moment in moments if moment is not None), None)
    return msgspec.structs.replace(entry, forced=True, value_date=entry.value_date or booked)


async def load_made(database: Database, brand: str) -> set[str]:
    """The tales that are wholly written."""
    rows = tables.households.c
    async with database.read() as connection:
        return set(await connection.scalars(sa.select(rows.name).where(rows.brand == brand)))

"""Write a tale to a brand's books in one transaction, with the marker that says so: all or nothing, and never twice."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.clock import Clock
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.catalogue import add_offers, add_product
from plugins.ledger.documents import seal_document
from plugins.ledger.entries import LedgerEntry
from plugins.ledger.ledger import Ledger
from plugins.ledger.parties import add_account_parties, add_party
from plugins.ledger.records import RECORD_KINDS
from plugins.ledger.statements import add_statements
from plugins.psu_identity.built_in import Enrolment, enrol
from plugins.psu_identity.passwords import Passwords
from sandbox.bank import tables
from sandbox.bank.catalogue.people import password_of
from sandbox.bank.stories.tale import Tale, count_lines

LOGIN_PLACE = ("bank_people", "document")
_INTERNAL = "internal:"


class Writer:
    """`anchor`: the midnight before which all data lies."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, brand: str, *, anchor: datetime) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._brand = brand
        self._anchor = anchor
        self._ledger = Ledger(sealer, clock)
        self._passwords = Passwords()

    async def write(self, tale: Tale, report: Callable[[int], None]) -> None:
        """`report` hears how many of the tale's transactions are written. A tale that was written before is left as it is."""
        hashes = [await self._passwords.hash(password_of(login.username)) for login in tale.logins]

        async def work(connection: AsyncConnection) -> None:
            marker = {"brand": self._brand, "name": tale.name, "seeded_at": self._clock.now()}
            await connection.execute(tables.households.insert().values(marker))
            if tale.origin is not None:
                await self._keep_origin(connection, *tale.origin)
            await self._open(connection, tale, hashes)
            written, opened = 0, set[str]()
            for chunk in tale.entries():
                await self._open_internal(connection, chunk, opened)
                await self._ledger.post(connection, self._brand, chunk)
                written += sum(count_lines(entry) for entry in chunk)
                report(written)
            for pending in tale.pending:
                await self._ledger.announce(connection, self._brand, pending)
            await self._close(connection, tale)

        try:
            await self._database.write(work)
        except IntegrityError:  # another server made it in the meantime, or something is truly wrong
            if tale.name not in await load_made(self._database, self._brand):
                raise

    async def _keep_origin(self, connection: AsyncConnection, seed: str, anchor: datetime) -> None:
        anchors = tables.anchors
        await connection.execute(anchors.delete().where(anchors.c.brand == self._brand))
        await connection.execute(anchors.insert().values(brand=self._brand, seed=seed, anchor=anchor))

    async def _open(self, connection: AsyncConnection, tale: Tale, hashes: list[str]) -> None:
        for product in tale.products:
            await add_product(connection, self._brand, product)
        await self._enrol(connection, tale, hashes)
        for party, customer_id in tale.parties:
            await add_party(connection, self._sealer, self._brand, party, customer_id=customer_id)
        for account in tale.accounts:
            await self._ledger.open_account(connection, self._brand, account)
        for _, links in groupby(tale.account_parties, lambda link: link.account_id):
            await add_account_parties(connection, self._brand, links)

    async def _close(self, connection: AsyncConnection, tale: Tale) -> None:
        """What is known once all entries stand."""
        for account_id, change in tale.changes.items():
            await self._ledger.change_status(connection, self._brand, account_id, change)
        for kind in RECORD_KINDS:
            await kind.add_history(connection, self._sealer, self._brand, kind.only(tale.records))
        await add_offers(connection, self._sealer, self._brand, tale.offers)
        if tale.issues_statements:
            ids = [account.id for account in tale.accounts]
            await add_statements(connection, self._sealer, self._brand, ids, self._anchor)

    async def _enrol(self, connection: AsyncConnection, tale: Tale, hashes: list[str]) -> None:
        people = tables.people
        known = sa.select(sa.func.count()).select_from(people).where(people.c.brand == self._brand)
        first = int(await connection.scalar(known) or 0)
        for position, (login, password_hash) in enumerate(zip(tale.logins, hashes, strict=True), first):
            enrolment = Enrolment(
                id=login.psu_id,
                username=login.username,
                password_hash=password_hash,
                customer_id=login.customer_id,
                display_name=login.display_name,
                sca_methods=login.sca_methods,
            )
            await enrol(connection, self._sealer, self._brand, enrolment)
            document = seal_document(self._sealer, login, *LOGIN_PLACE, self._brand, login.psu_id)
            row = {"brand": self._brand, "psu_id": login.psu_id, "position": position, "document": document}
            await connection.execute(people.insert().values(row))

    async def _open_internal(self, connection: AsyncConnection, chunk: list[LedgerEntry], opened: set[str]) -> None:
        """The bank's own accounts that these entries name."""
        named = {leg.account_id for entry in chunk for leg in entry.legs if leg.account_id.startswith(_INTERNAL)}
        for account_id in sorted(named - opened):
            name, _, currency = account_id.removeprefix(_INTERNAL).rpartition(":")
            await self._ledger.open_internal(connection, self._brand, name, currency)
        opened |= named


async def load_made(database: Database, brand: str) -> set[str]:
    """The tales that are wholly written."""
    rows = tables.households.c
    async with database.read() as connection:
        return set(await connection.scalars(sa.select(rows.name).where(rows.brand == brand)))

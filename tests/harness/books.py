"""A server's database, read from outside over a connection that cannot write: what a refusal must not have changed, and what must
hold whenever the process was killed."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from consent.store.lifecycle import TERMINAL_STATES
from consent.store.tables import consents as c
from consent.store.tables import journal, outbox
from consent.store.tables import oauth as o
from kernel.banking.consents import ConsentState
from kernel.storage.database import Database
from plugins.ledger.balances import find_discrepancies
from sandbox.decisions.tables import STORED_DECISIONS
from tests.harness.server import Server

BRAND = "main"
RECORDS_OF_ACCESS = ("data.accessed", "access.refused", "token.issued")  # written about refused calls too
WATCHED = (
    c.consents,
    c.authorisations,
    c.account_references,
    c.journeys,
    STORED_DECISIONS,
    o.clients,
    o.pushed_requests,
    o.token_families,
    o.codes,
    o.refresh_tokens,
    o.denied_tokens,
    outbox,
)

ENDED_BY_SOMEBODY = TERMINAL_STATES - {ConsentState.EXPIRED}

Rows = dict[str, set[tuple[Any, ...]]]


class Books:
    """Open with `Books.of(server)`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    @asynccontextmanager
    async def of(cls, server: Server) -> AsyncIterator["Books"]:
        engine = read_only(server.database_url)
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    async def rows(self, statement: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self._engine.connect() as connection:
            return list(await connection.execute(statement))

    async def scalar(self, statement: sa.Select[Any]) -> Any:
        return (await self.rows(statement))[0][0]

    async def watched(self) -> Rows:
        """Every row that a refused call must neither add nor change."""
        async with self._engine.connect() as connection:
            found = {
                table.name: {tuple(row) for row in await connection.execute(sa.text(f"SELECT * FROM {table.name}"))}
                for table in WATCHED
            }
            changes = sa.select(journal.c.id).where(journal.c.kind.not_in(RECORDS_OF_ACCESS))
            found["journal"] = {tuple(row) for row in await connection.execute(changes)}
        return found

    async def check_nothing_written(self, before: Rows) -> None:
        """What the sweeper removes meanwhile does not matter."""
        after = await self.watched()
        written = {name: rows - before[name] for name, rows in after.items() if rows - before[name]}
        assert not written, f"a refused call wrote {written}"

    async def check_whole(self) -> None:
        """Nothing is half-done: see each check. Raises AssertionError with all that is wrong."""
        async with self._engine.connect() as connection:
            wrong = [
                *await _versions_and_their_records(connection),
                *await _grants_and_their_evidence(connection),
                *(f"ledger: {which}" for which in await find_discrepancies(connection, BRAND)),
            ]
        assert not wrong, "\n".join(wrong)


async def _versions_and_their_records(connection: AsyncConnection) -> list[str]:
    """The current row is the highest version, versions have no gap, and each has its journal entry and its event."""
    versions, published, recorded = defaultdict(set), defaultdict(dict), defaultdict(list)
    for row in await connection.execute(sa.select(c.consent_versions.c.id, c.consent_versions.c.version)):
        versions[row.id].add(row.version)
    for row in await connection.execute(sa.select(outbox.c.aggregate_id, outbox.c.aggregate_version, outbox.c.body)):
        published[row.aggregate_id][row.aggregate_version] = json.loads(row.body)["state"]
    entries = sa.select(journal.c.aggregate_id, journal.c.facts).where(journal.c.kind.like("consent.%"))
    for row in await connection.execute(entries):
        recorded[row.aggregate_id].append(json.loads(row.facts)["version"])
    wrong = []
    rows = {row.id: row for row in await connection.execute(sa.select(c.consents))}
    for consent_id in {*rows, *versions, *published, *recorded}:
        row = rows.get(consent_id)
        expected = set(range(1, row.version + 1)) if row else set()
        found = {
            "versions": versions[consent_id] == expected,
            "events": published[consent_id].keys() == expected,
            "journal": sorted(recorded[consent_id]) == sorted(expected),
            "state": row is not None and published[consent_id].get(row.version) == row.state,
        }
        wrong += [f"consent {consent_id}: {what}" for what, holds in found.items() if not holds]
    return wrong


async def _grants_and_their_evidence(connection: AsyncConnection) -> list[str]:
    """No authorised consent without a proven authorisation, no family without one, no code or refresh token without family, no
    refresh token whose code was not used, nothing alive under a consent that somebody has ended."""
    consents = {row.id: row for row in await connection.execute(sa.select(c.consents))}
    authorisations = {row.id: row for row in await connection.execute(sa.select(c.authorisations))}
    families = {row.id: row for row in await connection.execute(sa.select(o.token_families))}
    codes = {row.family_id: row for row in await connection.execute(sa.select(o.codes))}
    proven = {
        row.id: row.subject_id for row in authorisations.values() if row.status == "succeeded" and row.evidence and row.shown
    }
    elsewhere = set(await connection.scalars(sa.select(o.backchannel_requests.c.family_id)))
    wrong = [
        f"authorised without evidence: {row.id}"
        for row in consents.values()
        if row.state == "authorised" and row.id not in proven.values()
    ]
    for family in families.values():
        consent = consents.get(family.consent_id)
        if proven.get(family.authorisation_id) != family.consent_id or consent is None or consent.psu_id != family.psu_id:
            wrong.append(f"family without a proven authorisation of its consent: {family.id}")
        elif consent.state in ENDED_BY_SOMEBODY and family.state == "active":
            wrong.append(f"family alive under a consent that is {consent.state}: {family.id}")
        has_ended = family.state != "active" or (consent is not None and consent.state == ConsentState.EXPIRED)
        if not has_ended and family.id not in codes and family.id not in elsewhere:
            wrong.append(f"family without its code, or an answer given elsewhere: {family.id}")
    wrong += [f"code without family: {family_id}" for family_id in codes if family_id not in families]
    for row in await connection.execute(sa.select(o.refresh_tokens)):
        code = codes.get(row.family_id)
        if row.family_id not in families or (code is not None and not code.taken):
            wrong.append(f"refresh token without family, or of a code that was not used: {row.family_id}")
    return wrong


async def end_lifetimes(server: Server, table: sa.Table, **where: Any) -> int:
    """Let rows of `table` have expired a second ago, as time would; how many. The only thing that tests ever write."""
    columns = [table.c[name] == value for name, value in where.items()]
    async with Database.open(server.database_url) as database:

        async def work(connection: AsyncConnection) -> int:
            past = datetime.now(UTC) - timedelta(seconds=1)
            return (await connection.execute(table.update().where(*columns).values(expires_at=past))).rowcount

        return await database.write(work)


def read_only(url: str) -> AsyncEngine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return create_async_engine(
            f"sqlite+aiosqlite:///file:{parsed.database}?mode=ro&uri=true", pool_size=1, poolclass=AsyncAdaptedQueuePool
        )
    settings = {"server_settings": {"default_transaction_read_only": "on"}}
    return create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"), connect_args=settings, pool_size=1, poolclass=AsyncAdaptedQueuePool
    )

"""Finds what is half-done in a database: nothing may be, whenever the process was killed."""

import json
from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.lifecycle import TERMINAL_STATES
from consent.store.tables import consents as c
from consent.store.tables import journal, outbox
from consent.store.tables import oauth as o
from kernel.banking.consents import ConsentState
from plugins.ledger.verify import find_discrepancies

ENDED_BY_SOMEBODY = TERMINAL_STATES - {ConsentState.EXPIRED, ConsentState.CONSUMED}  # a used one answers repeats


async def find_halves(connection: AsyncConnection, brand: str) -> list[str]:
    """All that is wrong: see each check."""
    return [
        *await _versions_and_their_records(connection),
        *await _grants_and_their_evidence(connection),
        *(f"ledger: {which}" for which in await find_discrepancies(connection, brand)),
    ]


async def _versions_and_their_records(connection: AsyncConnection) -> list[str]:
    """The current row is the highest version, versions have no gap, and each has its journal entry and its event."""
    versions, published, recorded = defaultdict(set), defaultdict(dict), defaultdict(list)
    for row in await connection.execute(sa.select(c.consent_versions.c.id, c.consent_versions.c.version)):
        versions[row.id].add(row.version)
    events = sa.select(outbox.c.aggregate_id, outbox.c.aggregate_version, outbox.c.body)
    for row in await connection.execute(events.where(outbox.c.kind.like("consent.%"))):
        published[row.aggregate_id][row.aggregate_version] = json.loads(row.body)["state"]
    changes = journal.c.kind.like("consent.%"), journal.c.kind != "consent.funds_checked"  # a question under it changes nothing
    entries = sa.select(journal.c.aggregate_id, journal.c.facts).where(*changes)
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
    another = set(await connection.scalars(sa.select(o.backchannel_requests.c.family_id)))
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
        if not has_ended and family.id not in codes and family.id not in another:
            wrong.append(f"family without its code, or an answer over the backchannel: {family.id}")
    wrong += [f"code without family: {family_id}" for family_id in codes if family_id not in families]
    for row in await connection.execute(sa.select(o.refresh_tokens)):
        code = codes.get(row.family_id)
        if row.family_id not in families or (code is not None and not code.taken):
            wrong.append(f"refresh token without family, or of a code that was not used: {row.family_id}")
    return wrong

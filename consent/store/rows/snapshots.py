"""Consent snapshots as they are stored: one immutable row per version, sealed, with a format number (consent/store/rows/formats.py).

A lodged document is kept once: a version that has the document of the one before it names the version that holds it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.rows.earlier_snapshots import decode_earlier
from consent.store.rows.formats import check_format
from consent.store.signers import is_signed_by
from consent.store.tables.consents import consent_versions, consents
from kernel import json
from kernel.banking.consents import Consent, ConsentState
from kernel.storage.sealed import Sealer

FORMAT = 5  # consent/store/rows/earlier_snapshots.py has those before
OLDEST_FORMAT = 1  # sealed snapshots stay as they were written
WAIT_UNWRITTEN = timedelta(hours=24)  # of snapshots that an earlier release wrote, which do not say when they lapse
LODGED = "lodge"  # the event of a first version


_holders = consent_versions.alias("holders")


class _Documented(msgspec.Struct):
    document: bytes = b""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version, what made it, and when (business time)."""

    consent: Consent
    event: str
    at: datetime


async def insert_snapshot(
    connection: AsyncConnection, sealer: Sealer, consent: Consent, event: str, at: datetime, *, before: Consent | None = None
) -> None:
    """`before` is the version that it follows, if there is one."""
    repeats = before is not None and before.document == consent.document
    stored = msgspec.structs.replace(consent, document=b"") if repeats else consent
    await connection.execute(
        consent_versions.insert().values(
            brand=consent.brand,
            id=consent.id,
            version=consent.version,
            format=FORMAT,
            event=event,
            at=at,
            snapshot=sealer.seal(json.encode(stored), *_place(consent.brand, consent.id, consent.version)),
            document_version=_document_version(before) if repeats and before is not None else None,
        )
    )


async def load_consent(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str, *, lock: bool = False
) -> Consent | None:
    """The current version, or None. With `lock`, the consent's row stays locked until the transaction ends: one may decide on it."""
    if lock and not await lock_consent(connection, brand, consent_id):  # the row first, alone: its version may move while we wait
        return None
    row = (await connection.execute(_current(brand).where(consents.c.id == consent_id))).one_or_none()
    return None if row is None else _open(sealer, row)


async def lock_consent(connection: AsyncConnection, brand: str, consent_id: str) -> bool:
    """Lock the consent's row until the transaction ends. False if there is none."""
    held = sa.select(consents.c.version).where(consents.c.brand == brand, consents.c.id == consent_id).with_for_update()
    return (await connection.execute(held)).one_or_none() is not None


async def load_given(
    connection: AsyncConnection,
    sealer: Sealer,
    brand: str,
    psu_id: str,
    *,
    cosigned: Sequence[str] = (),
    states: Iterable[ConsentState],
    at_most: int,
    kind: str,
) -> tuple[Consent, ...]:
    """The consents of a kind that the PSU gave, alone or with others (`cosigned` are the ids of these), and that are in one of `states` by
    record, the last changed first."""
    theirs = consents.c.psu_id == psu_id
    given = (
        _current(brand)
        .where(
            sa.or_(theirs, consents.c.id.in_(cosigned)) if cosigned else theirs,
            consents.c.kind == kind,
            consents.c.state.in_([state.value for state in states]),
        )
        .order_by(consents.c.state_changed_at.desc(), consents.c.id)
        .limit(at_most)
    )
    found = tuple(_open(sealer, row) for row in await connection.execute(given))
    return tuple(consent for consent in found if is_signed_by(consent, psu_id))


async def load_history(connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str) -> tuple[Consent, ...]:
    """Every version, oldest first."""
    return tuple(recorded.consent for recorded in await load_recorded(connection, sealer, brand, consent_id))


async def load_recorded(connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str) -> tuple[Recorded, ...]:
    """Every version with what made it, oldest first."""
    versions = (
        _versions()
        .where(consent_versions.c.brand == brand, consent_versions.c.id == consent_id)
        .order_by(consent_versions.c.version)
    )
    return tuple(Recorded(_open(sealer, row), row.event, row.at) for row in await connection.execute(versions))


def _current(brand: str) -> sa.Select[Any]:
    same = sa.and_(
        consent_versions.c.brand == consents.c.brand,
        consent_versions.c.id == consents.c.id,
        consent_versions.c.version == consents.c.version,
    )
    return _versions().join(consents, same).where(consents.c.brand == brand)


def _versions() -> sa.Select[Any]:
    """Versions, each with the snapshot that holds its document."""
    holding = sa.and_(
        _holders.c.brand == consent_versions.c.brand,
        _holders.c.id == consent_versions.c.id,
        _holders.c.version == consent_versions.c.document_version,
    )
    columns = (consent_versions, _holders.c.snapshot.label("document_snapshot"))
    return sa.select(*columns).select_from(consent_versions).outerjoin(_holders, holding)


def _document_version(before: Consent) -> sa.ScalarSelect[Any]:
    """The version that holds the document of `before`."""
    rows = _holders.c
    return (
        sa.select(sa.func.coalesce(rows.document_version, rows.version))
        .where(rows.brand == before.brand, rows.id == before.id, rows.version == before.version)
        .scalar_subquery()
    )


def _open(sealer: Sealer, row: sa.Row[Any]) -> Consent:
    check_format(f"consent {row.id} version {row.version}", row.format, present=FORMAT, oldest=OLDEST_FORMAT)
    stored = sealer.open(row.snapshot, *_place(row.brand, row.id, row.version))
    consent = msgspec.json.decode(stored, type=Consent) if row.format == FORMAT else decode_earlier(stored, row.format)
    if consent.lapses_at is None:
        consent = msgspec.structs.replace(consent, lapses_at=consent.created_at + WAIT_UNWRITTEN)
    if row.document_version is None:
        return consent
    holder = sealer.open(row.document_snapshot, *_place(row.brand, row.id, row.document_version))
    return msgspec.structs.replace(consent, document=msgspec.json.decode(holder, type=_Documented).document)


def _place(brand: str, consent_id: str, version: int) -> tuple[str, ...]:
    return ("consent_versions", "snapshot", brand, consent_id, str(version))

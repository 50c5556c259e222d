"""Authorisations: one per PSU and attempt to authorise a consent. Berlin Group 1.3.x scaStatus, RTS (EU) 2018/389 article 29
(traceability).

What the PSU was shown and what proves who approved it are sealed beside the outcome and never changed afterwards.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ports import ScaEvidence
from consent.store.rows.formats import check_format
from consent.store.tables.consents import authorisations
from kernel import json
from kernel.storage.sealed import Sealer

FORMAT = 1


class AuthorisationStatus(StrEnum):
    STARTED = "started"  # the PSU is known by password
    AUTHENTICATED = "authenticated"  # and by a second factor
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of the page on which the PSU decided, in the words they read."""

    client_name: str
    organisation_name: str
    clusters: tuple[tuple[str, tuple[str, ...]], ...]
    until: str
    window: str
    frequency: str = ""  # of accesses without the PSU
    accounts: tuple[str, ...]  # names with masked numbers
    payment: tuple[tuple[str, str], ...] = ()  # label and value
    page: str = "accounts"  # "payment"; "none" when a stored decision took the page's place


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    brand: str
    consent_id: str
    psu_id: str
    approach: str
    method: str | None
    status: AuthorisationStatus
    shown: Shown | None
    evidence: ScaEvidence | None
    started_at: datetime
    ended_at: datetime | None


async def start_authorisation(
    connection: AsyncConnection,
    sealer: Sealer,
    *,
    brand: str,
    authorisation_id: str,
    consent_id: str,
    psu_id: str,
    approach: str,
    at: datetime,
    evidence: ScaEvidence | None = None,
) -> None:
    """`evidence`: of a PSU who has been authenticated already."""
    proven = {} if evidence is None else _proof(sealer, brand, authorisation_id, evidence)
    row = {
        "brand": brand,
        "id": authorisation_id,
        "consent_id": consent_id,
        "psu_id": psu_id,
        "approach": approach,
        "status": AuthorisationStatus.STARTED,
        "format": FORMAT,
        "started_at": at,
    }
    await connection.execute(authorisations.insert().values(row | proven))


async def record_evidence(
    connection: AsyncConnection, sealer: Sealer, *, brand: str, authorisation_id: str, evidence: ScaEvidence
) -> None:
    await connection.execute(_open_one(brand, authorisation_id).values(_proof(sealer, brand, authorisation_id, evidence)))


async def end_authorisation(
    connection: AsyncConnection,
    sealer: Sealer,
    *,
    brand: str,
    authorisation_id: str,
    status: AuthorisationStatus,
    at: datetime,
    shown: Shown | None = None,
    psu_id: str | None = None,
    only_from: AuthorisationStatus | None = None,
) -> bool:
    """Record the outcome of an authorisation that has none yet: True for the one caller who does, and who names its PSU and its present
    status if these are given."""
    sealed = None if shown is None else sealer.seal(json.encode(shown), *_place("shown", brand, authorisation_id))
    ending = _open_one(brand, authorisation_id).values(status=status, shown=sealed, ended_at=at)
    if psu_id is not None:
        ending = ending.where(authorisations.c.psu_id == psu_id)
    if only_from is not None:
        ending = ending.where(authorisations.c.status == only_from)
    return (await connection.execute(ending)).rowcount == 1


async def load_authorisations(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str
) -> tuple[Authorisation, ...]:
    """Every authorisation of the consent, oldest first."""
    rows = await connection.execute(
        sa.select(authorisations)
        .where(authorisations.c.brand == brand, authorisations.c.consent_id == consent_id)
        .order_by(authorisations.c.started_at, authorisations.c.id)
    )
    return tuple(_read(sealer, row) for row in rows)


def _proof(sealer: Sealer, brand: str, authorisation_id: str, evidence: ScaEvidence) -> dict[str, Any]:
    """The columns of an authorisation whose PSU has been authenticated."""
    sealed = sealer.seal(json.encode(evidence), *_place("evidence", brand, authorisation_id))
    return {"status": AuthorisationStatus.AUTHENTICATED, "method": evidence.method, "evidence": sealed, "format": FORMAT}


def _open_one(brand: str, authorisation_id: str) -> sa.Update:
    return authorisations.update().where(
        authorisations.c.brand == brand, authorisations.c.id == authorisation_id, authorisations.c.ended_at.is_(None)
    )


def _read(sealer: Sealer, row: sa.Row[Any]) -> Authorisation:
    check_format(f"authorisation {row.id}", row.format, present=FORMAT)
    return Authorisation(
        id=row.id,
        brand=row.brand,
        consent_id=row.consent_id,
        psu_id=row.psu_id,
        approach=row.approach,
        method=row.method,
        status=AuthorisationStatus(row.status),
        shown=_unseal(sealer, row.shown, Shown, "shown", row),
        evidence=_unseal(sealer, row.evidence, ScaEvidence, "evidence", row),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _unseal(sealer: Sealer, sealed: bytes | None, into: Any, column: str, row: sa.Row[Any]) -> Any:
    if sealed is None:
        return None
    return msgspec.json.decode(sealer.open(sealed, *_place(column, row.brand, row.id)), type=into)


def _place(column: str, brand: str, authorisation_id: str) -> tuple[str, ...]:
    return ("authorisations", column, brand, authorisation_id)

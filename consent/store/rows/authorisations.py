"""Authorisations: one per PSU and attempt to authorise a subject. Berlin Group 1.3.x scaStatus, RTS (EU) 2018/389 article 29
(traceability).

What the PSU was shown and what proves who approved it are sealed beside the outcome and never changed afterwards.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ports import ScaChallenge, ScaEvidence
from consent.store.rows.formats import check_format
from consent.store.tables.consents import authorisations
from kernel import json
from kernel.storage.sealed import Sealer

FORMAT = 1


class AuthorisationStatus(StrEnum):
    RECEIVED = "received"  # no PSU yet
    PSU_IDENTIFIED = "psu_identified"  # named by who asks
    PSU_AUTHENTICATED = "psu_authenticated"  # known by password
    METHOD_SELECTED = "method_selected"
    STARTED = "started"  # a challenge waits for its answer
    AUTHENTICATED = "authenticated"  # known by a second factor too
    SUCCEEDED = "succeeded"  # the standards' "finalised": the PSU agreed
    FAILED = "failed"
    EXEMPTED = "exempted"  # no second factor is needed


class SubjectKind(StrEnum):
    """What is authorised."""

    CONSENT = "consent"
    ORDER = "order"
    CANCELLATION = "cancellation"
    BASKET = "basket"


_S = AuthorisationStatus

# From which states each may be reached while the authorisation is open. The last three end it.
REACHED_FROM: Mapping[AuthorisationStatus, frozenset[AuthorisationStatus]] = MappingProxyType(
    {
        _S.PSU_IDENTIFIED: frozenset({_S.RECEIVED}),
        _S.PSU_AUTHENTICATED: frozenset({_S.RECEIVED, _S.PSU_IDENTIFIED}),
        _S.METHOD_SELECTED: frozenset({_S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED}),
        _S.STARTED: frozenset({_S.METHOD_SELECTED, _S.STARTED}),
        _S.AUTHENTICATED: frozenset({_S.PSU_AUTHENTICATED, _S.STARTED}),
        _S.SUCCEEDED: frozenset({_S.AUTHENTICATED}),
        _S.EXEMPTED: frozenset({_S.PSU_AUTHENTICATED, _S.METHOD_SELECTED}),
        _S.FAILED: frozenset(
            {_S.RECEIVED, _S.PSU_IDENTIFIED, _S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED, _S.AUTHENTICATED}
        ),
    }
)
OPEN_STATES = REACHED_FROM[_S.FAILED]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of the page on which the PSU decided, in the words they read."""

    client_name: str
    organisation_name: str
    clusters: tuple[tuple[str, tuple[str, ...]], ...]
    until: str
    window: str
    frequency: str = ""  # of accesses without the PSU
    purpose: str = ""
    accounts: tuple[str, ...]  # names with masked numbers
    payment: tuple[tuple[str, str], ...] = ()  # label and value
    page: str = "accounts"  # "payment"; "none" when the answer came before the page


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    brand: str
    subject_kind: SubjectKind
    subject_id: str
    psu_id: str | None
    approach: str
    method: str | None
    status: AuthorisationStatus
    shown: Shown | None
    evidence: ScaEvidence | None
    challenge: ScaChallenge | None
    failures: int
    sent: int
    started_at: datetime
    ended_at: datetime | None


async def start_authorisation(
    connection: AsyncConnection,
    sealer: Sealer,
    *,
    brand: str,
    authorisation_id: str,
    subject_id: str,
    psu_id: str | None,
    approach: str,
    at: datetime,
    subject_kind: SubjectKind = SubjectKind.CONSENT,
    status: AuthorisationStatus = AuthorisationStatus.PSU_AUTHENTICATED,
    evidence: ScaEvidence | None = None,
) -> None:
    """`evidence`: of a PSU who has been authenticated already. `at` is protocol time."""
    proven = {} if evidence is None else _proof(sealer, brand, authorisation_id, evidence)
    row = {
        "brand": brand,
        "id": authorisation_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "psu_id": psu_id,
        "approach": approach,
        "status": status,
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
    connection: AsyncConnection,
    sealer: Sealer,
    brand: str,
    subject_id: str,
    subject_kind: SubjectKind = SubjectKind.CONSENT,
) -> tuple[Authorisation, ...]:
    """Every authorisation of the subject, oldest first."""
    rows = await connection.execute(
        sa.select(authorisations)
        .where(
            authorisations.c.brand == brand,
            authorisations.c.subject_kind == subject_kind,
            authorisations.c.subject_id == subject_id,
        )
        .order_by(authorisations.c.started_at, authorisations.c.id)
    )
    return tuple(_read(sealer, row) for row in rows)


async def load_authorisation(
    connection: AsyncConnection, sealer: Sealer, brand: str, authorisation_id: str
) -> Authorisation | None:
    own = sa.select(authorisations).where(authorisations.c.brand == brand, authorisations.c.id == authorisation_id)
    row = (await connection.execute(own)).one_or_none()
    return None if row is None else _read(sealer, row)


async def move_authorisation(
    connection: AsyncConnection, brand: str, authorisation_id: str, status: AuthorisationStatus, **changes: Any
) -> bool:
    """Lead the authorisation to `status`: False from a state that does not lead there, or once it is over. One statement."""
    from_states = [state.value for state in REACHED_FROM[status]]
    moving = _open_one(brand, authorisation_id).where(authorisations.c.status.in_(from_states))
    return (await connection.execute(moving.values(status=status, **changes))).rowcount == 1


async def count_failure(connection: AsyncConnection, brand: str, authorisation_id: str, *, limit: int) -> bool:
    """Count one attempt as failed; False, and none counted, if `limit` have been."""
    counting = _open_one(brand, authorisation_id).where(authorisations.c.failures < limit)
    return (await connection.execute(counting.values(failures=authorisations.c.failures + 1))).rowcount == 1


async def count_sent(connection: AsyncConnection, brand: str, authorisation_id: str, *, limit: int) -> bool:
    """As `count_failure`, of what is sent to the PSU."""
    counting = _open_one(brand, authorisation_id).where(authorisations.c.sent < limit)
    return (await connection.execute(counting.values(sent=authorisations.c.sent + 1))).rowcount == 1


def seal_challenge(sealer: Sealer, brand: str, authorisation_id: str, challenge: ScaChallenge) -> bytes:
    return sealer.seal(json.encode(challenge), *_place("challenge", brand, authorisation_id))


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
        subject_kind=SubjectKind(row.subject_kind),
        subject_id=row.subject_id,
        psu_id=row.psu_id,
        approach=row.approach,
        method=row.method,
        status=AuthorisationStatus(row.status),
        shown=_unseal(sealer, row.shown, Shown, "shown", row),
        evidence=_unseal(sealer, row.evidence, ScaEvidence, "evidence", row),
        challenge=_unseal(sealer, row.challenge, ScaChallenge, "challenge", row),
        failures=row.failures,
        sent=row.sent,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _unseal(sealer: Sealer, sealed: bytes | None, into: Any, column: str, row: sa.Row[Any]) -> Any:
    if sealed is None:
        return None
    return msgspec.json.decode(sealer.open(sealed, *_place(column, row.brand, row.id)), type=into)


def _place(column: str, brand: str, authorisation_id: str) -> tuple[str, ...]:
    return ("authorisations", column, brand, authorisation_id)

"""Authorisations: one per PSU and attempt to authorise a subject. Berlin Group 1.3.x scaStatus, RTS (EU) 2018/389 article 29
(traceability).

The row holds the challenge and the counts of wrong passwords, wrong codes and sendings. With the outcome it holds, sealed and never
changed, the terms that the PSU was shown and the evidence of authentication.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.payee_checks import PayeeCheck
from kernel.storage.sealed import Sealer

FORMAT = 1
PASSING_KEPT = timedelta(days=1)  # an authorisation whose PSU has shown nothing, and a visit's; any other is kept for good


class Approach(StrEnum):
    """The way in which the PSU is reached. Berlin Group 1.3.x scaApproach."""

    REDIRECT = "redirect"  # a browser carries it
    EMBEDDED = "embedded"  # the TPP passes on what the PSU types
    DECOUPLED = "decoupled"  # the PSU is asked where they are, on a device that knows them


class SubjectKind(StrEnum):
    """The subject of an authorisation."""

    CONSENT = "consent"
    ORDER = "order"
    CANCELLATION = "cancellation"
    BASKET = "basket"
    VISIT = "visit"  # to the dashboard: known by a second factor is all that there is to it


class Counter(StrEnum):
    """The counts of an authorisation, by column."""

    PASSWORD_FAILURES = "password_failures"
    CODE_FAILURES = "code_failures"
    SENT = "sent"


_S = AuthorisationStatus

# From which states each may be reached while the authorisation is open. The last three end it.
REACHED_FROM: Mapping[AuthorisationStatus, frozenset[AuthorisationStatus]] = MappingProxyType(
    {
        _S.PSU_IDENTIFIED: frozenset({_S.RECEIVED}),
        _S.PSU_AUTHENTICATED: frozenset({_S.RECEIVED, _S.PSU_IDENTIFIED}),
        _S.METHOD_SELECTED: frozenset({_S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED}),
        _S.STARTED: frozenset({_S.PSU_IDENTIFIED, _S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED}),
        _S.AUTHENTICATED: frozenset({_S.PSU_IDENTIFIED, _S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED}),
        _S.SUCCEEDED: frozenset({_S.AUTHENTICATED}),
        _S.EXEMPTED: frozenset({_S.PSU_AUTHENTICATED, _S.METHOD_SELECTED}),
        _S.FAILED: frozenset(
            {_S.RECEIVED, _S.PSU_IDENTIFIED, _S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED, _S.AUTHENTICATED}
        ),
    }
)
OPEN_STATES = REACHED_FROM[_S.FAILED]
_BEFORE_EVIDENCE = (_S.PSU_AUTHENTICATED, _S.METHOD_SELECTED, _S.STARTED)  # of a PSU known by password


class Choice(msgspec.Struct, frozen=True):
    """The account that a payment's PSU chose, what the page called it, the digest of the terms that they are asked to confirm, and what
    the page said of the payee."""

    upstream_id: str
    digest: str
    account: str = ""
    payee: PayeeCheck | None = None


class Pending(msgspec.Struct, frozen=True):
    """A challenge that waits for its answer, and for a payment the choice that it is for: they stand or fall together."""

    challenge: ScaChallenge
    choice: Choice | None = None


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
    payee: PayeeCheck | None = None  # what the page said of the payee; None: nothing
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
    pending: Pending | None
    password_failures: int
    code_failures: int
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
    counts: Mapping[Counter, int] = MappingProxyType({}),
) -> None:
    """`evidence`: of a PSU who has been authenticated already. `counts` go on from an earlier authorisation. `at` is protocol time."""
    shown_nothing = evidence is None and status in REACHED_FROM[AuthorisationStatus.PSU_AUTHENTICATED]
    is_passing = subject_kind is SubjectKind.VISIT or shown_nothing
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
        "expires_at": at + PASSING_KEPT if is_passing else None,
        **{counter.value: count for counter, count in counts.items()},
    }
    if evidence is not None:
        row |= {"status": AuthorisationStatus.AUTHENTICATED} | _proof(sealer, brand, authorisation_id, evidence)
    await connection.execute(authorisations.insert().values(row))


async def record_evidence(
    connection: AsyncConnection, sealer: Sealer, *, brand: str, authorisation_id: str, evidence: ScaEvidence
) -> bool:
    """The PSU is known by a second factor: False from a state that does not lead there, or once it is over."""
    proof = _proof(sealer, brand, authorisation_id, evidence) | _KEPT
    return await move_authorisation(connection, brand, authorisation_id, AuthorisationStatus.AUTHENTICATED, **proof)


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


async def find_signature(
    connection: AsyncConnection, brand: str, kind: SubjectKind, subject_id: str, psu_id: str, *, since: datetime
) -> str | None:
    """The id of the PSU's newest attempt to sign the subject that is open: on our own pages, begun after `since`, without evidence."""
    own = sa.select(authorisations.c.id).where(
        authorisations.c.brand == brand,
        authorisations.c.subject_kind == kind,
        authorisations.c.subject_id == subject_id,
        authorisations.c.psu_id == psu_id,
        authorisations.c.approach == Approach.DECOUPLED,
        authorisations.c.status.in_(_BEFORE_EVIDENCE),
        authorisations.c.started_at > since,
    )
    newest = own.order_by(authorisations.c.started_at.desc(), authorisations.c.id).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def move_authorisation(
    connection: AsyncConnection, brand: str, authorisation_id: str, status: AuthorisationStatus, **changes: Any
) -> bool:
    """Lead the authorisation to `status`: False from a state that does not lead there, or once it is over. One statement."""
    from_states = [state.value for state in REACHED_FROM[status]]
    moving = _open_one(brand, authorisation_id).where(authorisations.c.status.in_(from_states))
    return (await connection.execute(moving.values({"status": status} | changes))).rowcount == 1


async def identify_psu(connection: AsyncConnection, brand: str, authorisation_id: str, psu_id: str) -> bool:
    """The PSU is known by password. False if one was known so before, or it is over."""
    known = {"psu_id": psu_id, "password_failures": 0} | _KEPT
    return await move_authorisation(connection, brand, authorisation_id, AuthorisationStatus.PSU_AUTHENTICATED, **known)


async def count(connection: AsyncConnection, brand: str, authorisation_id: str, counter: Counter, *, limit: int) -> bool:
    """Count one more; False, and none counted, if `limit` have been, or it is over. Codes count while one is awaited."""
    column = authorisations.c[counter.value]
    counting = _open_one(brand, authorisation_id).where(column < limit)
    if counter is Counter.CODE_FAILURES:
        counting = counting.where(authorisations.c.status == AuthorisationStatus.STARTED)
    return (await connection.execute(counting.values({counter.value: column + 1}))).rowcount == 1


async def drop_challenge(connection: AsyncConnection, brand: str, authorisation_id: str) -> None:
    """Drop the challenge that is under way; the method stays chosen."""
    dropping = _open_one(brand, authorisation_id).where(authorisations.c.status == AuthorisationStatus.STARTED)
    await connection.execute(dropping.values(status=AuthorisationStatus.METHOD_SELECTED, challenge=None))


def seal_pending(sealer: Sealer, brand: str, authorisation_id: str, pending: Pending) -> bytes:
    return sealer.seal(json.encode(pending), *_place("challenge", brand, authorisation_id))


# The columns of an authorisation whose PSU is known: it is kept, unless it is a visit's.
_KEPT = {"expires_at": sa.case((authorisations.c.subject_kind == SubjectKind.VISIT, authorisations.c.expires_at), else_=None)}


def _proof(sealer: Sealer, brand: str, authorisation_id: str, evidence: ScaEvidence) -> dict[str, Any]:
    """The columns of an authorisation whose PSU has been authenticated, apart from its status."""
    return {
        "method": evidence.method,
        "evidence": sealer.seal(json.encode(evidence), *_place("evidence", brand, authorisation_id)),
        "challenge": None,
        "format": FORMAT,
    }


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
        pending=_unseal(sealer, row.challenge, Pending, "challenge", row),
        password_failures=row.password_failures,
        code_failures=row.code_failures,
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

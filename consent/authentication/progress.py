"""The commands that lead an authorisation on, whichever way its PSU came (`hold`: consent/authentication/attempt_counts.py).

Each step is one statement from the states that allow it (consent/store/rows/authorisations.py), so that steps out of turn, or at once,
change nothing. RTS (EU) 2018/389 article 29 (traceability).
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_counts import Hold
from consent.authentication.attempts import forgive_codes
from consent.authentication.room import Room
from consent.errors import AuthorisationOver
from consent.ports import Psu, ScaEvidence
from consent.store.rows.authorisations import (
    Authorisation,
    Counter,
    Pending,
    SubjectKind,
    end_authorisation,
    identify_psu,
    load_authorisation,
    move_authorisation,
    record_evidence,
    seal_pending,
    start_authorisation,
)
from kernel.banking.authorisations import AuthorisationStatus
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry

ENTERED = "dashboard.entered"
GOING_ON = (Counter.CODE_FAILURES, Counter.SENT)  # when another authorisation takes the place of one


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAuthorisation:
    name = "start_authorisation"
    locks = ()
    room: Room
    brand: Brand
    authorisation_id: str
    kind: SubjectKind
    subject_id: str
    approach: str
    psu: Psu | None  # whom its caller names

    async def handle(self, unit: UnitOfWork) -> None:
        await start_authorisation(
            unit.connection,
            self.room.sealer,
            brand=self.brand.name,
            authorisation_id=self.authorisation_id,
            subject_kind=self.kind,
            subject_id=self.subject_id,
            psu_id=self.psu.id if self.psu else None,
            approach=self.approach,
            status=AuthorisationStatus.PSU_IDENTIFIED if self.psu else AuthorisationStatus.RECEIVED,
            at=self.room.clock.wall(),
        )


@dataclass(frozen=True, slots=True)
class MoveAuthorisation:
    """Raises AuthorisationOver from a state that does not lead to `status`."""

    name = "move_authorisation"
    locks = ()
    brand: Brand
    hold: Hold
    status: AuthorisationStatus
    changes: dict[str, Any] = field(default_factory=dict)

    async def handle(self, unit: UnitOfWork) -> None:
        authorisation_id = await self.hold(unit.connection)
        if not await move_authorisation(unit.connection, self.brand.name, authorisation_id, self.status, **self.changes):
            raise AuthorisationOver(f"not to be led to {self.status}")


@dataclass(frozen=True, slots=True)
class IdentifyPsu:
    """The password was right. Raises AuthorisationOver where a PSU was known before."""

    name = "identify_psu"
    locks = ()
    brand: Brand
    hold: Hold
    psu: Psu

    async def handle(self, unit: UnitOfWork) -> None:
        authorisation_id = await self.hold(unit.connection)
        if not await identify_psu(unit.connection, self.brand.name, authorisation_id, self.psu.id):
            raise AuthorisationOver("a PSU is known already")


@dataclass(frozen=True, slots=True)
class BeginChallenge:
    """Store the challenge that was sent. It replaces an earlier one, which is void from then on. Raises AuthorisationOver."""

    name = "begin_challenge"
    locks = ()
    room: Room
    brand: Brand
    hold: Hold
    pending: Pending

    async def handle(self, unit: UnitOfWork) -> None:
        authorisation_id = await self.hold(unit.connection)
        await begin_challenge(unit.connection, self.room, self.brand, authorisation_id, self.pending)


@dataclass(frozen=True, slots=True)
class RecordAuthentication:
    """The PSU is known by a second factor: the evidence is on record, and wrong codes count from none again. Raises AuthorisationOver."""

    name = "record_authentication"
    locks = ()
    room: Room
    brand: Brand
    hold: Hold
    psu: Psu
    evidence: ScaEvidence

    async def handle(self, unit: UnitOfWork) -> None:
        authorisation_id = await self.hold(unit.connection)
        await forgive_codes(unit.connection, self.room.sealer, self.brand.name, self.psu.id)
        await record_authentication(unit, self.room, self.brand, authorisation_id, self.evidence)


async def begin_challenge(connection: AsyncConnection, room: Room, brand: Brand, authorisation_id: str, pending: Pending) -> None:
    """Raises AuthorisationOver."""
    begun = {
        "method": pending.challenge.method,
        "challenge": seal_pending(room.sealer, brand.name, authorisation_id, pending),
    }
    if not await move_authorisation(connection, brand.name, authorisation_id, AuthorisationStatus.STARTED, **begun):
        raise AuthorisationOver("not to be led to a challenge")


async def record_authentication(unit: UnitOfWork, room: Room, brand: Brand, authorisation_id: str, evidence: ScaEvidence) -> None:
    """A visit, which ends in no answer, is recorded in the journal too. Raises AuthorisationOver."""
    if not await record_evidence(
        unit.connection, room.sealer, brand=brand.name, authorisation_id=authorisation_id, evidence=evidence
    ):
        raise AuthorisationOver("over meanwhile")
    found = await load_authorisation(unit.connection, room.sealer, brand.name, authorisation_id)
    if found is not None and found.subject_kind is SubjectKind.VISIT:
        unit.record(_entered(room, found, evidence))


async def log_in_again(connection: AsyncConnection, room: Room, brand: Brand, authorisation_id: str, psu: Psu) -> str:
    """The authorisation that goes on with the PSU who has logged in: this one or, where one was known before, another in its place: the
    button was pressed twice, and the second login replaces the first. Raises AuthorisationOver."""
    if await identify_psu(connection, brand.name, authorisation_id, psu.id):
        return authorisation_id
    first = await load_authorisation(connection, room.sealer, brand.name, authorisation_id)
    if first is None:
        raise AuthorisationOver("unknown")
    now, second_id = room.clock.wall(), room.ids.uuid()
    failed = AuthorisationStatus.FAILED
    await end_authorisation(connection, room.sealer, brand=brand.name, authorisation_id=authorisation_id, status=failed, at=now)
    await start_authorisation(
        connection,
        room.sealer,
        brand=brand.name,
        authorisation_id=second_id,
        subject_kind=first.subject_kind,
        subject_id=first.subject_id,
        psu_id=psu.id,
        approach=first.approach,
        at=now,
        counts={counter: getattr(first, counter.value) for counter in GOING_ON},
    )
    return second_id


def _entered(room: Room, visit: Authorisation, evidence: ScaEvidence) -> Entry:
    return Entry(
        brand=visit.brand,
        kind=ENTERED,
        aggregate_id=visit.subject_id,
        at=room.clock.wall(),
        actor=f"psu:{visit.psu_id}",
        interaction_id=interaction_id.get(),
        facts={"method": evidence.method, "simulated": int(evidence.simulated)},
    )

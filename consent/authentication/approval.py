"""A PSU's answer, whichever way it was asked for: approve or reject a subject, in one transaction with what the answer issues.

The subject says what is approved and what becomes of it; the answer says what makes it this caller's to give, and what it issues: a code,
the tokens of a backchannel request, or nothing (an embedded caller, or one known by its certificate). What was read before is a hint:
the subject is read again under its lock, and the authorisation is ended by one statement, so that it counts once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Generic, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import forgive_codes
from consent.authentication.room import Room
from consent.errors import AuthorisationOver
from consent.ports import ScaEvidence
from consent.store.rows.authorisations import Shown, end_authorisation, record_evidence
from consent.store.rows.closures import check_open
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import AccountIdentity
from kernel.banking.signers import Signature, SigningRule
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork

Held = TypeVar("Held")  # what a subject is, read under its lock
Given = TypeVar("Given")  # what it has become
Given_co = TypeVar("Given_co", covariant=True)
Issued = TypeVar("Issued")
Given_contra = TypeVar("Given_contra", contravariant=True)
Issued_co = TypeVar("Issued_co", covariant=True)

# What makes an answer this caller's to give, in the transaction of the answer: finishes the journey, takes the request. Raises.
Claim = Callable[[UnitOfWork], Awaitable[None]]


class Proof(Enum):
    """Where the evidence of an approval is from."""

    ON_RECORD = auto()  # in its authorisation already
    FOR_THIS = auto()  # the PSU has just authenticated for it: recorded with the answer, and wrong codes count from none again
    OF_A_VISIT = auto()  # the PSU answers while they visit the dashboard: recorded with the answer


@dataclass(frozen=True, slots=True)
class Approval:
    """One PSU's agreement: PSU, accounts, and the evidence of authentication. `signing_rules`: the bank's, for these accounts."""

    psu_id: str
    customer_id: str
    upstream_ids: tuple[str, ...]
    signing_rules: tuple[SigningRule, ...]
    authorisation_id: str
    evidence: ScaEvidence
    shown: Shown
    proof: Proof = Proof.ON_RECORD
    identities: Mapping[str, AccountIdentity] = field(default_factory=dict)  # of the accounts, as far as they are known

    @property
    def authenticated_at(self) -> datetime:
        """Protocol time."""
        return self.evidence.at

    def signature(self, at: datetime) -> Signature:
        """`at` is business time."""
        return Signature(customer_id=self.customer_id, psu_id=self.psu_id, authorisation_id=self.authorisation_id, at=at)

    @property
    def linked(self) -> str:
        """The payment that was authenticated (consent/authentication/linked_terms.py)."""
        return self.evidence.linked


class Subject(Protocol[Held, Given_co]):
    """The subject that a PSU approves or rejects: a consent (consent/authentication/consent_subject.py), an order, a cancellation, a basket."""

    async def load_subjects(self, psu_id: str | None = None) -> Sequence[str]:
        """The versioned subjects that an answer may move; `psu_id` approves."""
        ...

    async def hold(self, unit: UnitOfWork, approval: Approval) -> Held:
        """Lock and read it. Raises what forbids this approval."""
        ...

    async def authorise(self, unit: UnitOfWork, held: Held, approval: Approval) -> Given_co: ...

    async def lock(self, unit: UnitOfWork) -> None:
        """Lock it in any state."""
        ...

    async def reject(self, unit: UnitOfWork, psu_id: str) -> None: ...


class Answer(Protocol[Given_contra, Issued_co]):
    async def claim(self, unit: UnitOfWork) -> None:
        """First in the transaction: take what may be answered once. Raises if it was answered."""
        ...

    async def issue(self, unit: UnitOfWork, given: Given_contra) -> Issued_co: ...


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Issues nothing: the caller asks for the state of the authorisation."""

    async def claim(self, unit: UnitOfWork) -> None:
        """The authorisation alone is used once."""

    async def issue(self, unit: UnitOfWork, given: object) -> None:
        """Nothing leaves the bank."""


async def approve(
    room: Room, brand: Brand, subject: Subject[Held, Given], approval: Approval, answer: Answer[Given, Issued]
) -> Issued:
    """Approve a subject in one transaction, and return what the answer issues. Raises what `answer.claim` and `subject.hold` raise,
    AccountClosed, and AuthorisationOver."""

    command = Approve(room, brand, subject, approval, answer)
    return await room.commands.run(command, closing=await subject.load_subjects(approval.psu_id))


@dataclass(frozen=True, slots=True)
class Approve(Generic[Held, Given, Issued]):
    """Take the answer, lock the subject, end the authorisation, authorise, and issue what the answer issues: together or not at all."""

    name = "approve"
    locks = ()  # answer and subject lock what they are about, in this order
    room: Room
    brand: Brand
    subject: Subject[Held, Given]
    approval: Approval
    answer: Answer[Given, Issued]

    async def handle(self, unit: UnitOfWork) -> Issued:
        room, brand, approval = self.room, self.brand, self.approval
        await self.answer.claim(unit)
        if approval.proof is Proof.FOR_THIS:
            await forgive_codes(unit.connection, room.sealer, brand.name, approval.psu_id)
        held = await self.subject.hold(unit, approval)
        await _end(unit.connection, room, brand, approval)
        given = await self.subject.authorise(unit, held, approval)
        issued = await self.answer.issue(unit, given)
        await check_open(unit, room.sealer, brand.name, approval.upstream_ids, room.clock.wall())
        return issued


async def _end(connection: AsyncConnection, room: Room, brand: Brand, approval: Approval) -> None:
    """Take the authorisation: exactly one approval ends it, and only with evidence on record. Raises AuthorisationOver."""
    if approval.proof is not Proof.ON_RECORD:
        await record_evidence(
            connection, room.sealer, brand=brand.name, authorisation_id=approval.authorisation_id, evidence=approval.evidence
        )
    ended = await end_authorisation(
        connection,
        room.sealer,
        brand=brand.name,
        authorisation_id=approval.authorisation_id,
        status=AuthorisationStatus.SUCCEEDED,
        at=room.clock.wall(),
        shown=approval.shown,
        psu_id=approval.psu_id,
        only_from=AuthorisationStatus.AUTHENTICATED,
    )
    if not ended:
        raise AuthorisationOver(approval.authorisation_id)


async def reject(
    room: Room,
    brand: Brand,
    subject: Subject[Held, Given],
    claim: Claim,
    *,
    closing: Sequence[str],
    psu_id: str | None,
    authorisation_id: str | None,
    evidence: ScaEvidence | None = None,
) -> None:
    """Record that the PSU refused. Only an authenticated PSU rejects the subject; a visitor who cancels before signing in changes nothing.
    `evidence` where it is not on record yet. Raises what `claim` raises."""

    command = Reject(room, brand, subject, claim, psu_id=psu_id, authorisation_id=authorisation_id, evidence=evidence)
    await room.commands.run(command, closing=closing)


@dataclass(frozen=True, slots=True)
class Reject(Generic[Held, Given]):
    name = "reject"
    locks = ()  # claim and subject lock what they are about, in this order
    room: Room
    brand: Brand
    subject: Subject[Held, Given]
    claim: Claim
    psu_id: str | None
    authorisation_id: str | None
    evidence: ScaEvidence | None = None

    async def handle(self, unit: UnitOfWork) -> None:
        await self.claim(unit)
        await self.subject.lock(unit)
        if self.authorisation_id is not None and self.evidence is not None:
            await record_evidence(
                unit.connection,
                self.room.sealer,
                brand=self.brand.name,
                authorisation_id=self.authorisation_id,
                evidence=self.evidence,
            )
        if self.authorisation_id is not None:
            await end_authorisation(
                unit.connection,
                self.room.sealer,
                brand=self.brand.name,
                authorisation_id=self.authorisation_id,
                status=AuthorisationStatus.FAILED,
                at=self.room.clock.wall(),
            )
        if self.psu_id is not None:
            await self.subject.reject(unit, self.psu_id)

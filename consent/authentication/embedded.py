"""Authentication by authorisation id, for a caller that has no browser: start, log in, choose a method, begin a challenge, answer it.

The same attempts, limits and identity provider as on the pages. Nothing is kept but the authorisation's row; each step is led by one
statement from the states that allow it (consent/store/rows/authorisations.py), so that steps out of turn, or at once, change nothing.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import FAILURES_MAX, SENT_MAX, code_subject, forgive_codes, sent_subject, take_attempt
from consent.authentication.bank_answer import answering
from consent.authentication.challenge import choices_of, is_typed
from consent.authentication.logins import AttemptsExhausted, judge_password
from consent.authentication.methods.method import Method
from consent.authentication.room import Room
from consent.errors import AuthorisationOver
from consent.ports import LinkedTerms, Psu, ScaChallenge, ScaEvidence
from consent.store.rows.authorisations import (
    Authorisation,
    AuthorisationStatus,
    SubjectKind,
    count_failure,
    count_sent,
    load_authorisation,
    move_authorisation,
    record_evidence,
    seal_challenge,
    start_authorisation,
)
from consent.store.rows.journeys import CODES_SENT_MAX
from kernel.brand import Brand

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Authentications of one brand."""

    room: Room
    brand: Brand

    async def start(self, kind: SubjectKind, subject_id: str, psu: Psu | None = None) -> str:
        """The id of a new authorisation; `psu` is whom its caller names."""
        authorisation_id = self.room.ids.uuid()
        status = AuthorisationStatus.RECEIVED if psu is None else AuthorisationStatus.PSU_IDENTIFIED

        async def work(connection: AsyncConnection) -> None:
            await start_authorisation(
                connection,
                self.room.sealer,
                brand=self.brand.name,
                authorisation_id=authorisation_id,
                subject_kind=kind,
                subject_id=subject_id,
                psu_id=psu.id if psu else None,
                approach=EMBEDDED,
                status=status,
                at=self.room.clock.wall(),
            )

        await self.room.database.write(work)
        return authorisation_id

    async def state(self, authorisation_id: str) -> Authorisation:
        """Raises AuthorisationOver for one that does not exist."""
        async with self.room.database.read() as connection:
            found = await load_authorisation(connection, self.room.sealer, self.brand.name, authorisation_id)
        if found is None:
            raise AuthorisationOver("unknown")
        return found

    async def log_in(self, authorisation_id: str, username: str, password: str, *, peer: str) -> Psu | None:
        """The PSU; None for a wrong password, or another PSU than was named. Raises AttemptsExhausted, AuthorisationOver and
        UpstreamTimedOut."""
        trial = _Trial(self.brand.name, authorisation_id)
        psu = await judge_password(self.room, self.brand, trial, username, password, peer=peer)
        named = (await self.state(authorisation_id)).psu_id
        if psu is None or named not in (None, psu.id):
            return None
        await self._move(authorisation_id, AuthorisationStatus.PSU_AUTHENTICATED, psu_id=psu.id, failures=0)
        return psu

    def choices(self, psu: Psu) -> tuple[Method, ...]:
        """The methods that this PSU may choose from, theirs first."""
        return choices_of(self.room, psu)

    async def exempt(self, authorisation_id: str) -> None:
        """End an authorisation that needs no second factor. It serves no approval that demands evidence. Raises AuthorisationOver."""
        await self._move(authorisation_id, AuthorisationStatus.EXEMPTED, ended_at=self.room.clock.wall())

    async def choose_method(self, authorisation_id: str, psu: Psu, method: Method) -> None:
        """Raises AuthorisationOver for one that the PSU does not have, or before their password."""
        if method not in self.choices(psu) or (await self.state(authorisation_id)).psu_id != psu.id:
            raise AuthorisationOver("not a method of this PSU")
        await self._move(authorisation_id, AuthorisationStatus.METHOD_SELECTED, method=method.name, challenge=None)

    async def begin_challenge(self, authorisation_id: str, psu: Psu, linked: LinkedTerms | None = None) -> ScaChallenge:
        """Send it; a new one ends the one before. `linked` is what it is good for. Raises AttemptsExhausted, AuthorisationOver and
        UpstreamTimedOut."""
        found = await self._own(authorisation_id, psu)
        if found.method is None or found.status not in (AuthorisationStatus.METHOD_SELECTED, AuthorisationStatus.STARTED):
            raise AuthorisationOver("no method was chosen")
        await self._count_sending(authorisation_id, psu)
        async with answering():
            challenge = await self.room.identity.start_sca(self.brand, psu, found.method, authorisation_id, linked)
        sealed = seal_challenge(self.room.sealer, self.brand.name, authorisation_id, challenge)
        await self._move(authorisation_id, AuthorisationStatus.STARTED, challenge=sealed)
        return challenge

    async def answer_challenge(
        self, authorisation_id: str, psu: Psu, response: str, linked: LinkedTerms | None = None
    ) -> ScaEvidence | None:
        """Evidence, on record from then on; None for a wrong or still missing answer, or one that came too late. Raises
        AttemptsExhausted, AuthorisationOver and UpstreamTimedOut."""
        async with self.room.attempt_turns.taking(turn_of(code_subject(self.room.sealer, self.brand.name, psu.id))):
            challenge = (await self._own(authorisation_id, psu)).challenge
            if challenge is None:
                raise AuthorisationOver("no challenge was begun")
            if challenge.expires_at <= self.room.clock.wall():
                return None
            if is_typed(self.room, challenge):
                await self._count_guess(authorisation_id, psu)
            async with answering():
                evidence = await self.room.identity.finish_sca(self.brand, psu, challenge, response, linked)
            if evidence is not None:
                await self._record(authorisation_id, psu, evidence)
        return evidence

    async def _own(self, authorisation_id: str, psu: Psu) -> Authorisation:
        found = await self.state(authorisation_id)
        if found.psu_id != psu.id or found.ended_at is not None:
            raise AuthorisationOver("another PSU's, or over")
        return found

    async def _move(self, authorisation_id: str, status: AuthorisationStatus, **changes: object) -> None:
        async def work(connection: AsyncConnection) -> None:
            if not await move_authorisation(connection, self.brand.name, authorisation_id, status, **changes):
                raise AuthorisationOver(f"not to be led to {status}")

        await self.room.database.write(work)

    async def _count_sending(self, authorisation_id: str, psu: Psu) -> None:
        async def work(connection: AsyncConnection) -> None:
            brand, now = self.brand.name, self.room.clock.wall()
            subject = sent_subject(self.room.sealer, brand, psu.id)
            if not await take_attempt(connection, brand, subject, now, limit=SENT_MAX):
                raise AttemptsExhausted
            if not await count_sent(connection, brand, authorisation_id, limit=CODES_SENT_MAX):
                raise AttemptsExhausted

        await self.room.database.write(work)

    async def _count_guess(self, authorisation_id: str, psu: Psu) -> None:
        async def work(connection: AsyncConnection) -> bool:
            brand = self.brand.name
            has_more = await take_attempt(
                connection, brand, code_subject(self.room.sealer, brand, psu.id), self.room.clock.wall()
            )
            if not await count_failure(connection, brand, authorisation_id, limit=FAILURES_MAX):
                raise AttemptsExhausted
            return has_more

        if not await self.room.database.write(work):
            raise AttemptsExhausted

    async def _record(self, authorisation_id: str, psu: Psu, evidence: ScaEvidence) -> None:
        async def work(connection: AsyncConnection) -> None:
            brand = self.brand.name
            await forgive_codes(connection, self.room.sealer, brand, psu.id)
            if not await move_authorisation(
                connection, brand, authorisation_id, AuthorisationStatus.AUTHENTICATED, challenge=None, failures=0
            ):
                raise AuthorisationOver("over meanwhile")
            await record_evidence(connection, self.room.sealer, brand=brand, authorisation_id=authorisation_id, evidence=evidence)

        await self.room.database.write(work)


@dataclass(frozen=True, slots=True)
class _Trial:
    """Wrong passwords of an authorisation, counted in its row."""

    brand: str
    authorisation_id: str

    async def count_first(self, _connection: AsyncConnection) -> bool:
        return True

    async def count_last(self, connection: AsyncConnection) -> bool:
        return await count_failure(connection, self.brand, self.authorisation_id, limit=FAILURES_MAX)

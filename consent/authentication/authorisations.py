"""Authorisations by id, step by step: start, log in, choose a method, begin a challenge, answer it. For a caller that has no browser.

The redirect journey and the dashboard lead an authorisation by the same commands (consent/authentication/progress.py), with the same
attempts, limits and identity provider; there, the page that is due moves in the same transaction.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_counts import Hold, TakeCode, TakeSending, take
from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import code_subject
from consent.authentication.bank_answer import answer_time
from consent.authentication.challenge import AuthenticationUnavailable, choices_of, finish_challenge, is_typed
from consent.authentication.logins import judge_password
from consent.authentication.progress import (
    BeginChallenge,
    IdentifyPsu,
    MoveAuthorisation,
    RecordAuthentication,
    StartAuthorisation,
)
from consent.authentication.room import Room
from consent.errors import AuthorisationOver
from consent.ports import DECOUPLED, LinkedTerms, Method, Psu, ScaChallenge, ScaEvidence
from consent.store.rows.authorisations import Approach, Authorisation, Pending, SubjectKind, load_authorisation
from kernel.banking.authorisations import AuthorisationStatus
from kernel.brand import Brand


@dataclass(frozen=True, slots=True)
class Authorisations:
    """The authorisations of one brand."""

    room: Room
    brand: Brand

    async def start(
        self, kind: SubjectKind, subject_id: str, psu: Psu | None = None, *, approach: Approach = Approach.EMBEDDED
    ) -> str:
        """The id of a new authorisation; `psu` is whom its caller names."""
        authorisation_id = self.room.ids.uuid()
        await self.room.commands.run(
            StartAuthorisation(
                room=self.room,
                brand=self.brand,
                authorisation_id=authorisation_id,
                kind=kind,
                subject_id=subject_id,
                approach=approach,
                psu=psu,
            )
        )
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
        hold = _by_id(authorisation_id)
        psu = await judge_password(self.room, self.brand, hold, username, password, peer=peer)
        named = (await self.state(authorisation_id)).psu_id
        if psu is None or named not in (None, psu.id):
            return None
        await self.identify(authorisation_id, psu)
        return psu

    async def identify(self, authorisation_id: str, psu: Psu) -> None:
        """The PSU's password was right, here or where their visit began. Raises AuthorisationOver where a PSU is known already."""
        await self.room.commands.run(IdentifyPsu(self.brand, _by_id(authorisation_id), psu))

    def choices(self, psu: Psu) -> tuple[Method, ...]:
        """The methods that this PSU may choose from, theirs first."""
        return choices_of(self.room, psu)

    async def exempt(self, authorisation_id: str) -> None:
        """End an authorisation that needs no second factor. It serves no approval that demands evidence. Raises AuthorisationOver."""
        await self._move(authorisation_id, AuthorisationStatus.EXEMPTED, {"ended_at": self.room.clock.wall()})

    async def choose_method(self, authorisation_id: str, psu: Psu, method: Method) -> None:
        """Raises AuthorisationOver for one that the PSU does not have, or before their password."""
        if method not in self.choices(psu) or (await self.state(authorisation_id)).psu_id != psu.id:
            raise AuthorisationOver("not a method of this PSU")
        await self._move(authorisation_id, AuthorisationStatus.METHOD_SELECTED, {"method": method.name, "challenge": None})

    async def begin_challenge(self, authorisation_id: str, psu: Psu, linked: LinkedTerms | None = None) -> ScaChallenge:
        """Send it; a new one ends the one before. `linked` is what it is good for. Raises AttemptsExhausted, AuthorisationOver and
        UpstreamTimedOut."""
        found, hold = await self._own(authorisation_id, psu), _by_id(authorisation_id)
        if found.method is None or found.status not in (AuthorisationStatus.METHOD_SELECTED, AuthorisationStatus.STARTED):
            raise AuthorisationOver("no method was chosen")
        return await self._send(hold, psu, found, found.method, linked)

    async def ask_device(self, authorisation_id: str, psu: Psu, linked: LinkedTerms | None = None) -> ScaChallenge:
        """Ask the PSU, whom its caller named, on another device of theirs: `answer_challenge` finds out what they did there. Only of a
        decoupled authorisation. Raises AuthenticationUnavailable, and what `begin_challenge` raises."""
        found = await self._own(authorisation_id, psu)
        if found.approach != Approach.DECOUPLED or found.status not in (
            AuthorisationStatus.PSU_IDENTIFIED,
            AuthorisationStatus.STARTED,
        ):
            raise AuthorisationOver("not decoupled, or known by something else")
        if DECOUPLED not in self.choices(psu):
            raise AuthenticationUnavailable(f"methods {psu.sca_methods}")
        return await self._send(_by_id(authorisation_id), psu, found, DECOUPLED.name, linked)

    async def _send(self, hold: Hold, psu: Psu, found: Authorisation, method: str, linked: LinkedTerms | None) -> ScaChallenge:
        await take(self.room, TakeSending(self.room, self.brand, hold, psu))
        async with answer_time():
            challenge = await self.room.identity.start_sca(self.brand, psu, method, found.id, linked)
        await self.room.commands.run(BeginChallenge(self.room, self.brand, hold, Pending(challenge)))
        return challenge

    async def answer_challenge(
        self, authorisation_id: str, psu: Psu, response: str, linked: LinkedTerms | None = None
    ) -> ScaEvidence | None:
        """Evidence, on record from then on; None for a wrong or still missing answer, or one that came too late. Raises
        AttemptsExhausted, AuthorisationOver and UpstreamTimedOut."""
        hold = _by_id(authorisation_id)
        async with self.room.attempt_turns.turn(turn_of(code_subject(self.room.sealer, self.brand.name, psu.id))):
            pending = (await self._own(authorisation_id, psu)).pending
            if pending is None:
                raise AuthorisationOver("no challenge was begun")
            if pending.challenge.expires_at <= self.room.clock.wall():
                return None
            if is_typed(self.room, pending.challenge):
                await take(self.room, TakeCode(self.room, self.brand, hold, psu))
            evidence = await finish_challenge(self.room, self.brand, psu, pending.challenge, response, linked=linked)
            if evidence is not None:
                await self.room.commands.run(RecordAuthentication(self.room, self.brand, hold, psu, evidence))
        return evidence

    async def _own(self, authorisation_id: str, psu: Psu) -> Authorisation:
        found = await self.state(authorisation_id)
        if found.psu_id != psu.id or found.ended_at is not None:
            raise AuthorisationOver("another PSU's, or over")
        return found

    async def _move(self, authorisation_id: str, status: AuthorisationStatus, changes: dict[str, object]) -> None:
        await self.room.commands.run(MoveAuthorisation(self.brand, _by_id(authorisation_id), status, changes))


def _by_id(authorisation_id: str) -> Hold:
    """Its caller knows the id, and nothing else leads to it."""

    async def hold(_connection: AsyncConnection) -> str:
        return authorisation_id

    return hold

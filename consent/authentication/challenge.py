"""Start and verify strong customer authentication with any method; the pending challenge and the evidence are sealed in the journey.

RTS (EU) 2018/389 articles 4 and 5. One authentication per journey: for accounts it follows the password, before any is listed;
for a payment it follows the page that shows it (consent/customer/journey/payment.py).
"""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import SENT_MAX, sent_subject, take_attempt
from consent.authentication.bank_answer import answering
from consent.authentication.methods.method import Method
from consent.authentication.room import Room
from consent.ports import LinkedTerms, Psu, ScaChallenge, ScaEvidence
from consent.store.rows.journeys import CODES_SENT_MAX, Journey, Stage, load_journey, update_journey
from kernel import json
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.storage.sealed import Sealer


class AuthenticationUnavailable(Problem):
    code = "authentication_unavailable"
    public = "We could not confirm that it is you, because no way to do so is set up for you. Please contact us to set one up, then go back to the app or website you came from and start again."


class Choice(msgspec.Struct, frozen=True):
    """The account that a payment's PSU chose, what the page called it, and the digest of the terms that they are asked to confirm."""

    upstream_id: str
    digest: str
    account: str = ""


class _Chosen(msgspec.Struct, frozen=True):
    challenge: ScaChallenge
    choice: Choice


async def take_sending(room: Room, brand: Brand, journey: Journey, psu: Psu) -> bool:
    """Count what is about to be sent, against the journey and its PSU. False if one of them has none left, or the journey is over."""

    async def work(connection: AsyncConnection) -> bool:
        current = await load_journey(connection, brand.name, journey.secret_hash, lock=True)
        if current is None or current.stage is Stage.DONE or current.codes_sent >= CODES_SENT_MAX:
            return False
        await update_journey(connection, current, codes_sent=current.codes_sent + 1)
        subject = sent_subject(room.sealer, brand.name, psu.id)
        return await take_attempt(connection, brand.name, subject, room.clock.wall(), limit=SENT_MAX)

    return await room.database.write(work)


def choices_of(room: Room, psu: Psu) -> tuple[Method, ...]:
    """The methods that this PSU may choose from, theirs first. One that is not carried out here falls to the next that they have."""
    by_name = {method.name: method for method in room.methods}
    return tuple(by_name[name] for name in psu.sca_methods if name in by_name)


def method_of(room: Room, psu: Psu) -> Method | None:
    """The method by which the PSU authenticates on the pages."""
    return next(iter(choices_of(room, psu)), None)


def is_typed(room: Room, challenge: ScaChallenge) -> bool:
    """True if the PSU types the answer, which can be guessed."""
    return any(method.is_typed for method in room.methods if method.name == challenge.method)


async def start_challenge(
    room: Room, brand: Brand, psu: Psu, journey_id: str, linked: LinkedTerms | None = None
) -> tuple[ScaChallenge, ScaEvidence | None]:
    """A started challenge, with the evidence if it confirmed by itself. `take_sending` comes first. Raises
    AuthenticationUnavailable or UpstreamTimedOut."""
    method = method_of(room, psu)
    if method is None:
        raise AuthenticationUnavailable(f"methods {psu.sca_methods}")
    async with answering():
        challenge = await room.identity.start_sca(brand, psu, method.name, journey_id, linked)
        evidence = await room.identity.finish_sca(brand, psu, challenge, "", linked) if challenge.confirmed else None
    return challenge, evidence


async def finish_challenge(
    room: Room, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, *, linked: LinkedTerms | None = None
) -> ScaEvidence | None:
    """Evidence, or None for a wrong or still missing answer. Raises UpstreamTimedOut."""
    async with answering():
        return await room.identity.finish_sca(brand, psu, challenge, response, linked)


def seal_challenge(sealer: Sealer, journey: Journey, challenge: ScaChallenge) -> bytes:
    return sealer.seal(json.encode(challenge), *_place("challenge", journey))


def open_challenge(sealer: Sealer, journey: Journey) -> ScaChallenge | None:
    if journey.challenge is None:
        return None
    return msgspec.json.decode(sealer.open(journey.challenge, *_place("challenge", journey)), type=ScaChallenge)


def seal_chosen(sealer: Sealer, journey: Journey, challenge: ScaChallenge, choice: Choice) -> bytes:
    """A challenge with the choice that it is for: they stand or fall together."""
    return sealer.seal(json.encode(_Chosen(challenge, choice)), *_place("chosen", journey))


def open_chosen(sealer: Sealer, journey: Journey) -> tuple[ScaChallenge, Choice] | None:
    if journey.challenge is None:
        return None
    chosen = msgspec.json.decode(sealer.open(journey.challenge, *_place("chosen", journey)), type=_Chosen)
    return chosen.challenge, chosen.choice


def seal_evidence(sealer: Sealer, journey: Journey, evidence: ScaEvidence) -> bytes:
    return sealer.seal(json.encode(evidence), *_place("evidence", journey))


def open_evidence(sealer: Sealer, journey: Journey) -> ScaEvidence | None:
    if journey.evidence is None:
        return None
    return msgspec.json.decode(sealer.open(journey.evidence, *_place("evidence", journey)), type=ScaEvidence)


def _place(column: str, journey: Journey) -> tuple[str, ...]:
    return ("journeys", column, journey.brand, journey.id)

"""The commands that count attempts: of a PSU, of an address, and in the authorisation that they are made in.

Each counts everywhere or nowhere. Whichever way the PSU came, `hold` leads to the authorisation: it is first in the transaction, holds
what may be answered once (a browser's journey), and returns the id. It raises what makes that over.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import (
    FAILURES_MAX,
    PEER_FAILURES_MAX,
    SENT_MAX,
    code_subject,
    forgive_attempts,
    return_attempt,
    sent_subject,
    take_attempt,
)
from consent.authentication.room import Room
from consent.ports import Psu
from consent.store.rows.authorisations import Counter, count
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork

CODES_SENT_MAX = 5  # in one authorisation, the first one included

Hold = Callable[[AsyncConnection], Awaitable[str]]


class AttemptsExhausted(Exception):
    """The authorisation, the customer or the address has no attempt left."""


@dataclass(frozen=True, slots=True)
class PasswordSubjects:
    """The keys by which failed logins are counted. Names and addresses appear only as keyed digests."""

    password: str
    peer: str | None  # None for an unknown address: behind a proxy that names none, one limit would lock out all customers


@dataclass(frozen=True, slots=True)
class TakePassword:
    """Count a password as wrong before it is looked at. False: the PSU had none left. Raises AttemptsExhausted where the authorisation
    or the address has none, and then counts nothing: a guesser locks no customer out with it."""

    name = "take_password"
    locks = ()  # authorisation, PSU and address are locked by the statements that count
    room: Room
    brand: Brand
    hold: Hold
    subjects: PasswordSubjects

    async def handle(self, unit: UnitOfWork) -> bool:
        connection, brand, subjects, now = unit.connection, self.brand.name, self.subjects, self.room.clock.wall()
        authorisation_id = await self.hold(connection)
        has_more = await take_attempt(connection, brand, subjects.password, now)
        if subjects.peer and not await take_attempt(connection, brand, subjects.peer, now, limit=PEER_FAILURES_MAX):
            raise AttemptsExhausted
        if not await count(connection, brand, authorisation_id, Counter.PASSWORD_FAILURES, limit=FAILURES_MAX):
            raise AttemptsExhausted
        return has_more


@dataclass(frozen=True, slots=True)
class ReturnPassword:
    """The password was right: the PSU's failures in a row start again from none, the address gets this one back."""

    name = "return_password"
    locks = ()
    brand: Brand
    subjects: PasswordSubjects

    async def handle(self, unit: UnitOfWork) -> None:
        await forgive_attempts(unit.connection, self.brand.name, self.subjects.password)
        if self.subjects.peer:
            await return_attempt(unit.connection, self.brand.name, self.subjects.peer)


@dataclass(frozen=True, slots=True)
class TakeSending:
    """Count what is about to be sent. False: the PSU had none left. Raises AttemptsExhausted where the authorisation has none."""

    name = "take_sending"
    locks = ()
    room: Room
    brand: Brand
    hold: Hold
    psu: Psu

    async def handle(self, unit: UnitOfWork) -> bool:
        subject = sent_subject(self.room.sealer, self.brand.name, self.psu.id)
        return await _count_both(unit, self, subject, Counter.SENT, psu_max=SENT_MAX, authorisation_max=CODES_SENT_MAX)


@dataclass(frozen=True, slots=True)
class TakeCode:
    """Count a code as wrong before it is looked at. False: the PSU had none left. Raises AttemptsExhausted where the authorisation has
    none, or awaits no code."""

    name = "take_code"
    locks = ()
    room: Room
    brand: Brand
    hold: Hold
    psu: Psu

    async def handle(self, unit: UnitOfWork) -> bool:
        subject = code_subject(self.room.sealer, self.brand.name, self.psu.id)
        return await _count_both(unit, self, subject, Counter.CODE_FAILURES, psu_max=FAILURES_MAX, authorisation_max=FAILURES_MAX)


async def _count_both(
    unit: UnitOfWork, taken: TakeSending | TakeCode, subject: str, counter: Counter, *, psu_max: int, authorisation_max: int
) -> bool:
    """Count for the PSU (False: none left) and in the authorisation. Raises AttemptsExhausted where that has none."""
    connection, brand = unit.connection, taken.brand.name
    authorisation_id = await taken.hold(connection)
    has_more = await take_attempt(connection, brand, subject, taken.room.clock.wall(), limit=psu_max)
    if not await count(connection, brand, authorisation_id, counter, limit=authorisation_max):
        raise AttemptsExhausted
    return has_more


async def take(room: Room, command: TakePassword | TakeSending | TakeCode) -> None:
    """Raises AttemptsExhausted, and what `hold` raises."""
    if not await room.commands.run(command):
        raise AttemptsExhausted

"""The check of a password. The attempt is counted first: against its journey or authorisation, the customer and the address.

RTS (EU) 2018/389 article 4(3): five failed attempts block; the answer is the same for an unknown name and a wrong password.
"""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import (
    PEER_FAILURES_MAX,
    forgive_attempts,
    password_subject,
    peer_subject,
    return_attempt,
    take_attempt,
)
from consent.authentication.bank_answer import answering
from consent.authentication.room import Room
from consent.ports import Psu
from kernel.brand import Brand


class AttemptsExhausted(Exception):
    """The journey or authorisation, the customer or the address has no attempt left."""


class Trial(Protocol):
    """What an attempt belongs to, and counts it: a browser's journey, or an authorisation of its own."""

    async def count_first(self, connection: AsyncConnection) -> bool:
        """Before the PSU and the address are counted. False: none is left, and nothing is counted."""
        ...

    async def count_last(self, connection: AsyncConnection) -> bool:
        """After them (the order of locks). False: none is left, and nothing is counted."""
        ...


@dataclass(frozen=True, slots=True)
class _Subjects:
    """What failed logins are counted by; names and addresses only as keyed digests."""

    password: str
    peer: str | None  # None for an unknown address: behind a proxy that names none, one limit would lock out all customers


async def judge_password(room: Room, brand: Brand, trial: Trial, username: str, password: str, *, peer: str) -> Psu | None:
    """The PSU, or None for a wrong name or password. Raises AttemptsExhausted and UpstreamTimedOut."""
    username = username.strip()
    subjects = _Subjects(
        password=password_subject(room.sealer, brand.name, username),
        peer=peer_subject(room.sealer, brand.name, peer) if peer else None,
    )
    async with room.attempt_turns.taking(turn_of(subjects.password)):
        await _take_attempts(room, brand, trial, subjects)
        async with answering():  # hashing takes its time: no transaction is open meanwhile
            psu = await room.identity.check_password(brand, username, password)
        if psu is not None:
            await _return_attempts(room, brand, subjects)
    return psu


async def _take_attempts(room: Room, brand: Brand, trial: Trial, subjects: _Subjects) -> None:
    """Of an address that has none left nothing else is counted, so that it locks no customer out."""

    async def work(connection: AsyncConnection) -> bool:
        now = room.clock.wall()
        if not await trial.count_first(connection):
            return False
        has_more = await take_attempt(connection, brand.name, subjects.password, now)
        if subjects.peer and not await take_attempt(connection, brand.name, subjects.peer, now, limit=PEER_FAILURES_MAX):
            raise AttemptsExhausted
        if not await trial.count_last(connection):
            raise AttemptsExhausted
        return has_more

    if not await room.database.write(work):
        raise AttemptsExhausted


async def _return_attempts(room: Room, brand: Brand, subjects: _Subjects) -> None:
    """The password was right: the PSU's failures in a row start again from none, the address gets this one back."""

    async def work(connection: AsyncConnection) -> None:
        await forgive_attempts(connection, brand.name, subjects.password)
        if subjects.peer:
            await return_attempt(connection, brand.name, subjects.peer)

    await room.database.write(work)

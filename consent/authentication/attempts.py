"""Count failed attempts to authenticate, in the database, so that neither a restart nor parallel guesses get around the limit.

RTS (EU) 2018/389 article 4(3)(b): at most five failed attempts in a row, then the credential is blocked for a time.
An attempt is taken before the secret is looked at and given back when it was right: guesses in flight are counted. So is what is sent to
a customer, a code or a push to their device: who knows only the password cannot press until they give in.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import attempts
from kernel.http.admission.peer_share import share_of
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer

FAILURES_MAX = 5  # wrong passwords or codes, for each PSU and credential and for each journey
SENT_MAX = 20  # codes sent to one PSU, over all journeys, until they have authenticated
PEER_FAILURES_MAX = 100  # failures from one network address: many customers may share one
FAILURES_WITHIN = timedelta(hours=1)  # failures are counted, from the first
BLOCKED_FOR = timedelta(minutes=15)  # from the failure that was one too many
BLOCKED_SECONDS = int(BLOCKED_FOR.total_seconds())  # the same in seconds, for Retry-After
NO_ATTEMPT_LEFT = "the journey, the customer or the address has no attempt left: blocked for 15 minutes, or start again"


def password_subject(sealer: Sealer, brand: str, username: str) -> str:
    """The subject of wrong passwords: the user name, also one that no customer has."""
    return f"password/{sealer.blind(username.strip().casefold(), 'attempts', brand)}"


def peer_subject(sealer: Sealer, brand: str, peer: str) -> str:
    """The subject of failed logins from a network address: its share, not the address alone."""
    return f"peer/{sealer.blind(share_of(peer), 'attempts', brand)}"


def visit_subject(sealer: Sealer, brand: str, peer: str) -> str:
    """The subject of visits that begin from a network address: its share, not the address alone."""
    return f"visit/{sealer.blind(share_of(peer), 'attempts', brand)}"


def code_subject(sealer: Sealer, brand: str, psu_id: str) -> str:
    """The subject of a PSU's wrong codes."""
    return f"code/{sealer.blind(psu_id, 'attempts', brand)}"


def sent_subject(sealer: Sealer, brand: str, psu_id: str) -> str:
    """The subject of what is sent to a PSU."""
    return f"sent/{sealer.blind(psu_id, 'attempts', brand)}"


def payee_subject(sealer: Sealer, brand: str, psu_id: str) -> str:
    """The subject of a PSU's checks of payees."""
    return f"payee/{sealer.blind(psu_id, 'attempts', brand)}"


async def take_attempt(
    connection: AsyncConnection, brand: str, subject: str, now: datetime, *, limit: int = FAILURES_MAX
) -> bool:
    """Count one attempt of `subject` as failed until it is given back. False if the subject is blocked. `now` is protocol time."""
    row = (await connection.execute(_insert_or_lock(connection, brand, subject, now))).one()
    if row.blocked_until is not None and row.blocked_until > now:
        return False
    starts_again = row.blocked_until is not None or now - row.first_at >= FAILURES_WITHIN
    failures = 1 if starts_again else row.failures + 1
    await connection.execute(
        _update(brand, subject).values(
            failures=failures,
            first_at=now if starts_again else row.first_at,
            blocked_until=now + BLOCKED_FOR if failures >= limit else None,
            expires_at=now + FAILURES_WITHIN + BLOCKED_FOR,
        )
    )
    return True


async def forgive_attempts(connection: AsyncConnection, brand: str, subject: str) -> None:
    """The secret was right: failures in a row start again from none."""
    await connection.execute(attempts.delete().where(attempts.c.brand == brand, attempts.c.subject == subject))


async def forgive_codes(connection: AsyncConnection, sealer: Sealer, brand: str, psu_id: str) -> None:
    """The PSU has authenticated: wrong codes, and what was sent, count from none again."""
    for subject in (code_subject, sent_subject):
        await forgive_attempts(connection, brand, subject(sealer, brand, psu_id))


async def return_attempt(connection: AsyncConnection, brand: str, subject: str) -> None:
    """Give one attempt back and keep the others: one success behind an address says nothing about its other guesses."""
    await connection.execute(
        _update(brand, subject).where(attempts.c.failures > 0).values(failures=attempts.c.failures - 1, blocked_until=None)
    )


async def hold_subject(connection: AsyncConnection, brand: str, subject: str, now: datetime) -> None:
    """Be alone with `subject` until the transaction ends: what is counted and then written of it stays right. Its row counts nothing."""
    await connection.execute(_insert_or_lock(connection, brand, subject, now))


def _update(brand: str, subject: str) -> sa.Update:
    return attempts.update().where(attempts.c.brand == brand, attempts.c.subject == subject)


def _insert_or_lock(connection: AsyncConnection, brand: str, subject: str, now: datetime) -> Any:
    """The row, ours until the transaction ends. One statement: between two, another may forgive, which removes it."""
    return (
        insert_into(connection, attempts)
        .values(brand=brand, subject=subject, failures=0, first_at=now, blocked_until=None, expires_at=now + FAILURES_WITHIN)
        .on_conflict_do_update(index_elements=["brand", "subject"], set_={"subject": subject})
        .returning(attempts)
    )

"""Lift a PSU's lock-outs before their time: wrong passwords, wrong codes and what was sent count from none again.

A journey that failed too often stays over; the next one begins as if nothing had happened.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import code_subject, forgive_attempts, password_subject, peer_subject, sent_subject
from consent.authentication.room import Room
from consent.ports import Psu
from kernel.brand import Brand


async def unlock(room: Room, brand: Brand, psu: Psu, username: str, peer: str) -> None:
    """`username` is what they log in with; `peer` an address whose failures are forgiven too, or empty."""
    sealer = room.sealer
    subjects = [
        password_subject(sealer, brand.name, username),
        code_subject(sealer, brand.name, psu.id),
        sent_subject(sealer, brand.name, psu.id),
        *([peer_subject(sealer, brand.name, peer)] if peer else []),
    ]

    async def work(connection: AsyncConnection) -> None:
        for subject in subjects:
            await forgive_attempts(connection, brand.name, subject)

    await room.database.write(work)

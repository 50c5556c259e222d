"""Lift a PSU's lock-outs before their time: wrong passwords, wrong codes and what was sent count from none again.

A journey that failed too often stays over; the next one begins as if nothing had happened.
"""

from dataclasses import dataclass

from consent.authentication.attempts import code_subject, forgive_attempts, password_subject, peer_subject, sent_subject
from consent.authentication.room import Room
from consent.ports import Psu
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork


async def unlock(room: Room, brand: Brand, psu: Psu, username: str, peer: str) -> None:
    """`username` is what they log in with; `peer` an address whose failures are forgiven too, or empty."""
    sealer = room.sealer
    subjects = (
        code_subject(sealer, brand.name, psu.id),
        password_subject(sealer, brand.name, username),
        sent_subject(sealer, brand.name, psu.id),
        *([peer_subject(sealer, brand.name, peer)] if peer else []),
    )
    await room.commands.run(LiftLockOuts(brand, subjects))


@dataclass(frozen=True, slots=True)
class LiftLockOuts:
    """`subjects` in the order in which others lock them: the PSU's, then the address."""

    name = "lift_lock_outs"
    locks = ()
    brand: Brand
    subjects: tuple[str, ...]

    async def handle(self, unit: UnitOfWork) -> None:
        for subject in self.subjects:
            await forgive_attempts(unit.connection, self.brand.name, subject)

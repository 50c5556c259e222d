"""The room for bodies in one process: a quarter of it is for strangers, and no flood of theirs takes any of the rest.

What a stranger may send is a form or a registration, 64 KiB at most: large bodies are for operations that ask for a certificate.
"""

from dataclasses import dataclass
from typing import Final, Self

from kernel.certificates.certificate import Certificate
from kernel.http.admission.byte_budget import ByteBudget

STRANGERS_SHARE: Final = 4  # parts of the room, of which strangers have one; and of theirs, of which each address has one


@dataclass(frozen=True, slots=True)
class BodyRoom:
    """Shared by the listeners of a process. `known` is for callers with a certificate."""

    known: ByteBudget
    strangers: ByteBudget

    @classmethod
    def split(cls, total: int, per_peer: int) -> Self:
        """Of `total` bytes, of which a caller with a certificate may hold `per_peer`."""
        part = total // STRANGERS_SHARE
        return cls(ByteBudget(total - part, per_peer), ByteBudget(part, part // STRANGERS_SHARE))

    def of(self, certificate: Certificate | None) -> ByteBudget:
        """The budget of a caller who showed this certificate, or none."""
        return self.strangers if certificate is None else self.known

    @property
    def held(self) -> int:
        """All bytes of bodies that are in memory, or spooled."""
        return self.known.held + self.strangers.held

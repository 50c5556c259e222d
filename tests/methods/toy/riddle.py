"""The toy method: a PSU shows that they know what the bank's riddle means. Small enough to be read in one sitting."""

from dataclasses import dataclass
from datetime import timedelta

from consent.ports import LinkedTerms, Method, Psu, ScaChallenge
from kernel.brand import Brand
from kernel.clock import Clock
from plugins.psu_identity.authenticator import Started, Tools

RIDDLE = Method("riddle", is_typed=True)
ANSWER = "thorn"
LIFETIME = timedelta(minutes=5)


def open_riddle(tools: Tools) -> "Riddles":
    return Riddles(tools.clock)


@dataclass(frozen=True, slots=True)
class Riddles:
    clock: Clock
    method = RIDDLE
    simulated = True

    async def start(self, _brand: Brand, _psu: Psu, authorisation_id: str, _linked: LinkedTerms | None) -> Started:
        return Started(
            f"riddle of {authorisation_id}", "I went out and got it, then sat and sought it.", self.clock.wall() + LIFETIME
        )

    async def finish(self, _brand: Brand, _psu: Psu, challenge: ScaChallenge, response: str, _linked: LinkedTerms | None) -> bool:
        return self.clock.wall() < challenge.expires_at and response == ANSWER

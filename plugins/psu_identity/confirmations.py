"""Confirmations that a PSU gives on a device: what its methods do. RTS (EU) 2018/389 article 7."""

from dataclasses import dataclass
from datetime import timedelta

from consent.ports import LinkedTerms, Method, Psu, ScaChallenge
from kernel.brand import Brand
from kernel.clock import Clock
from plugins.psu_identity.authenticator import Started
from plugins.psu_identity.ports import Device, answer_time_of

CHALLENGE_LIFETIME = timedelta(minutes=5)  # for the customer to confirm on a device


@dataclass(frozen=True, slots=True)
class Confirmations:
    method: Method
    device: Device
    clock: Clock

    @property
    def simulated(self) -> bool:
        return self.device.simulated

    async def start(self, brand: Brand, psu: Psu, authorisation_id: str, linked: LinkedTerms | None) -> Started:
        async with answer_time_of("device"):
            request = await self.device.ask(brand, psu, authorisation_id, linked)
        return Started(request.reference, request.hint, self.clock.wall() + CHALLENGE_LIFETIME, request.confirmed)

    async def finish(self, brand: Brand, psu: Psu, challenge: ScaChallenge, _response: str, linked: LinkedTerms | None) -> bool:
        if self.clock.wall() >= challenge.expires_at:
            return False
        async with answer_time_of("device"):
            return await self.device.has_confirmed(brand, psu, challenge.reference, linked)

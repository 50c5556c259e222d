"""A code that is sent to the PSU, who types it. RTS (EU) 2018/389 article 4."""

from dataclasses import dataclass
from datetime import timedelta

from consent.ports import LinkedTerms, Method, Psu, ScaChallenge
from kernel.brand import Brand
from kernel.storage.sealed import Sealer
from plugins.psu_identity.authenticator import Started, Tools
from plugins.psu_identity.code_commands import KeepCode, TakeCode
from plugins.psu_identity.ports import CodeSender, answer_time_of, typed_text

CODE_LIFETIME = timedelta(minutes=5)  # a one-time code is accepted after it was sent
ONE_TIME_CODE = Method("one_time_code", is_typed=True)


def open_one_time_code(tools: Tools) -> "OneTimeCodes | None":
    return None if tools.codes is None else OneTimeCodes(tools, tools.codes)


@dataclass(frozen=True, slots=True)
class OneTimeCodes:
    tools: Tools
    codes: CodeSender

    @property
    def method(self) -> Method:
        return ONE_TIME_CODE

    @property
    def simulated(self) -> bool:
        return self.codes.simulated

    async def start(self, brand: Brand, psu: Psu, authorisation_id: str, linked: LinkedTerms | None) -> Started:
        code, reference = self.codes.new_code(self.tools.ids), self.tools.ids.uuid()
        now = self.tools.clock.wall()
        await self.tools.commands.run(
            KeepCode(
                brand=brand.name,
                reference=reference,
                psu_id=psu.id,
                authorisation_id=authorisation_id,
                code_blind=_blind_code(self.tools.sealer, brand.name, reference, code, linked),
                now=now,
                expires_at=now + CODE_LIFETIME,
            )
        )
        async with answer_time_of("code sender"):
            hint = await self.codes.send(brand, psu, code, linked)
        return Started(reference, hint, now + CODE_LIFETIME)

    async def finish(self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: LinkedTerms | None) -> bool:
        """Is it this code, for these terms? Then it is used up."""
        reference, now = challenge.reference, self.tools.clock.wall()
        blind = _blind_code(self.tools.sealer, brand.name, reference, response, linked)
        command = TakeCode(brand=brand.name, reference=reference, psu_id=psu.id, code_blind=blind, now=now)
        return await self.tools.commands.run(command)


def _blind_code(sealer: Sealer, brand: str, reference: str, code: str, linked: LinkedTerms | None) -> str:
    """Of a code that is good for this payment alone, or for none. RTS (EU) 2018/389 article 5(1)(b) to (d)."""
    place = ("psu_codes", "code", brand, reference)
    return sealer.blind(typed_text(code), *place, linked.digest) if linked else sealer.blind(typed_text(code), *place)

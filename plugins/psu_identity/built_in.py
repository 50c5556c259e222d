"""The built-in customer authentication: a password, then a one-time code or the PSU's device. Implements PsuIdentity of
consent/ports.py. RTS on SCA (EU 2018/389) articles 4 to 7; attempts are counted and accounts locked by the caller.
"""

import asyncio
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ports import LinkedTerms, Psu, ScaChallenge, ScaEvidence, ScaMethod
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.errors import Problem, UpstreamTimedOut
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.psu_identity import tables
from plugins.psu_identity.one_time_codes import KeepCode, TakeCode
from plugins.psu_identity.passwords import Passwords
from plugins.psu_identity.ports import CodeSender, Device

CODE_LIFETIME = timedelta(minutes=5)  # of a one-time code
CHALLENGE_LIFETIME = timedelta(minutes=5)  # of a device's confirmation
AUTHENTICATOR_TIMEOUT_SECONDS = 10.0


class ScaMethodUnavailable(Problem):
    code, public = "sca_method_unavailable", "This way of confirming your identity is not available."


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A PSU as they are enrolled. `password_hash` comes from `Passwords.hash`; `sca_methods` preferred first."""

    id: str
    username: str
    password_hash: str
    customer_id: str
    display_name: str
    sca_methods: tuple[ScaMethod, ...]


class BuiltInIdentity:
    """`codes`, `device` (method `device`) and `other_device` (method `decoupled`) None: PSUs cannot use that method here."""

    name = "built_in"

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        ids: Ids,
        *,
        codes: CodeSender | None,
        device: Device | None = None,
        other_device: Device | None = None,
    ) -> None:
        self._database = database
        self._commands = Commands(database=database, clock=clock)
        self._sealer = sealer
        self._clock = clock
        self._ids = ids
        self._codes = codes
        devices = {"device": device, "decoupled": other_device}
        self._devices = {method: each for method, each in devices.items() if each is not None}
        self._passwords = Passwords()

    @property
    def simulated(self) -> bool:
        """Whether any authenticator only pretends. A production configuration refuses it."""
        return any(device.simulated for device in self._devices.values()) or (self._codes is not None and self._codes.simulated)

    async def check_password(self, brand: Brand, username: str, password: str) -> Psu | None:
        blind = _blind_username(self._sealer, brand.name, username)
        row = await self._load(brand, tables.identities.c.username_blind == blind)
        right = await self._passwords.verify(row.password_hash if row is not None else None, password)
        return self._psu(brand, row) if right and row is not None else None

    async def find(self, brand: Brand, psu_id: str) -> Psu | None:
        row = await self._load(brand, tables.identities.c.id == psu_id)
        return None if row is None else self._psu(brand, row)

    async def find_by_name(self, brand: Brand, username: str) -> Psu | None:
        blind = _blind_username(self._sealer, brand.name, username)
        row = await self._load(brand, tables.identities.c.username_blind == blind)
        return None if row is None else self._psu(brand, row)

    async def start_sca(
        self, brand: Brand, psu: Psu, method: ScaMethod, journey_id: str, linked: LinkedTerms | None = None
    ) -> ScaChallenge:
        """Raises ScaMethodUnavailable, CodeNotSent, or UpstreamTimedOut if the authenticator does not answer."""
        if method == "one_time_code" and self._codes is not None:
            return await self._send_code(brand, psu, journey_id, self._codes, linked)
        if method in self._devices:
            return await self._ask_device(brand, psu, method, journey_id, linked)
        raise ScaMethodUnavailable(f"method {method}")

    async def finish_sca(
        self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: LinkedTerms | None = None
    ) -> ScaEvidence | None:
        if challenge.method == "one_time_code" and self._codes is not None:
            right = await self._take_code(brand, psu, challenge.reference, response, linked)
            simulated = self._codes.simulated
        elif (device := self._devices.get(challenge.method)) is not None:
            right = await self._has_confirmed(brand, psu, challenge, device, linked)
            simulated = device.simulated
        else:
            raise ScaMethodUnavailable(f"method {challenge.method}")
        if not right:
            return None
        digest = _digest(linked)
        return ScaEvidence(challenge.method, self._clock.wall(), challenge.reference, simulated=simulated, linked=digest)

    async def _load(self, brand: Brand, condition: sa.ColumnElement[bool]) -> sa.Row[tuple[object, ...]] | None:
        statement = sa.select(tables.identities).where(tables.identities.c.brand == brand.name, condition)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).one_or_none()

    def _psu(self, brand: Brand, row: sa.Row[tuple[object, ...]]) -> Psu:
        name = self._sealer.open(row.display_name, "psu_identities", "display_name", brand.name, row.id).decode()
        methods = tuple(method for method in row.sca_methods.split() if self._offers(method))
        return Psu(row.id, row.customer_id, name, methods)

    def _offers(self, method: str) -> bool:
        return method in self._devices or (method == "one_time_code" and self._codes is not None)

    async def _send_code(
        self, brand: Brand, psu: Psu, journey_id: str, codes: CodeSender, linked: LinkedTerms | None
    ) -> ScaChallenge:
        code, reference = codes.new_code(self._ids), self._ids.uuid()
        now = self._clock.wall()
        await self._commands.run(
            KeepCode(
                brand=brand.name,
                reference=reference,
                psu_id=psu.id,
                journey_id=journey_id,
                code_blind=_blind_code(self._sealer, brand.name, reference, code, linked),
                now=now,
                expires_at=now + CODE_LIFETIME,
            )
        )
        try:
            async with asyncio.timeout(AUTHENTICATOR_TIMEOUT_SECONDS):
                hint = await codes.send(brand, psu, code, linked)
        except TimeoutError:
            raise UpstreamTimedOut("the code sender did not answer in time") from None
        return ScaChallenge("one_time_code", reference, hint, now + CODE_LIFETIME)

    async def _take_code(self, brand: Brand, psu: Psu, reference: str, response: str, linked: LinkedTerms | None) -> bool:
        """Is it this code, for these terms? Then it is used up."""
        blind = _blind_code(self._sealer, brand.name, reference, response, linked)
        command = TakeCode(brand=brand.name, reference=reference, psu_id=psu.id, code_blind=blind, now=self._clock.wall())
        return await self._commands.run(command)

    async def _ask_device(
        self, brand: Brand, psu: Psu, method: ScaMethod, journey_id: str, linked: LinkedTerms | None
    ) -> ScaChallenge:
        try:
            async with asyncio.timeout(AUTHENTICATOR_TIMEOUT_SECONDS):
                request = await self._devices[method].ask(brand, psu, journey_id, linked)
        except TimeoutError:
            raise UpstreamTimedOut("the device did not answer in time") from None
        expires_at = self._clock.wall() + CHALLENGE_LIFETIME
        return ScaChallenge(method, request.reference, request.hint, expires_at, confirmed=request.confirmed)

    async def _has_confirmed(
        self, brand: Brand, psu: Psu, challenge: ScaChallenge, device: Device, linked: LinkedTerms | None
    ) -> bool:
        if self._clock.wall() >= challenge.expires_at:
            return False
        try:
            async with asyncio.timeout(AUTHENTICATOR_TIMEOUT_SECONDS):
                return await device.has_confirmed(brand, psu, challenge.reference, linked)
        except TimeoutError:
            raise UpstreamTimedOut("the device did not answer in time") from None


async def enrol(connection: AsyncConnection, sealer: Sealer, brand: str, enrolment: Enrolment) -> None:
    """Let a customer log in. The username is unique in its brand."""
    await connection.execute(
        tables.identities.insert().values(
            brand=brand,
            id=enrolment.id,
            username_blind=_blind_username(sealer, brand, enrolment.username),
            password_hash=enrolment.password_hash,
            customer_id=enrolment.customer_id,
            display_name=sealer.seal(enrolment.display_name.encode(), "psu_identities", "display_name", brand, enrolment.id),
            sca_methods=" ".join(enrolment.sca_methods),
        )
    )


def _blind_username(sealer: Sealer, brand: str, username: str) -> str:
    return sealer.blind(_text(username).casefold(), "psu_identities", "username", brand)


def _blind_code(sealer: Sealer, brand: str, reference: str, code: str, linked: LinkedTerms | None) -> str:
    """Of a code that is good for this payment alone, or for none. RTS (EU) 2018/389 article 5(1)(b) to (d)."""
    place = ("psu_codes", "code", brand, reference)
    return sealer.blind(_text(code), *place, linked.digest) if linked else sealer.blind(_text(code), *place)


def _digest(linked: LinkedTerms | None) -> str:
    return linked.digest if linked else ""


def _text(typed: str) -> str:
    """The typed text, stripped of surrounding blanks; characters that UTF-8 cannot encode become `?`."""
    return typed.encode("utf-8", "replace").decode().strip()

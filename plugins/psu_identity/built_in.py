"""The built-in customer authentication: a password, then one of its methods (plugins/psu_identity/methods/). Implements PsuIdentity of
consent/ports.py. RTS on SCA (EU 2018/389) articles 4 to 7; attempts are counted and accounts locked by the caller.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ports import LinkedTerms, Method, Psu, ScaChallenge, ScaEvidence, ScaMethod
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.errors import Problem
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.psu_identity import tables
from plugins.psu_identity.authenticator import Authenticator, Opening, Tools
from plugins.psu_identity.methods import METHODS
from plugins.psu_identity.passwords import Passwords
from plugins.psu_identity.ports import CodeSender, Device, typed_text


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
    """`codes` None, and a method that `devices` does not name: PSUs cannot use that method here."""

    name = "built_in"

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        ids: Ids,
        *,
        codes: CodeSender | None,
        devices: Mapping[str, Device] = MappingProxyType({}),
        methods: Iterable[Opening] = METHODS,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        commands = Commands(database=database, clock=clock)
        tools = Tools(commands=commands, sealer=sealer, clock=clock, ids=ids, codes=codes, devices=devices)
        opened = [each for open_method in methods if (each := open_method(tools)) is not None]
        self._authenticators = {each.method.name: each for each in opened}
        if len(self._authenticators) < len(opened):
            raise ValueError("two methods have one name")
        self._passwords = Passwords()

    @property
    def simulated(self) -> bool:
        """True if any authenticator is simulated. A production configuration refuses it."""
        return any(each.simulated for each in self._authenticators.values())

    @property
    def methods(self) -> tuple[Method, ...]:
        return tuple(each.method for each in self._authenticators.values())

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

    async def find_by_customer(self, brand: Brand, customer_id: str) -> Psu | None:
        theirs = sa.select(tables.identities).where(
            tables.identities.c.brand == brand.name, tables.identities.c.customer_id == customer_id
        )
        async with self._database.read() as connection:
            row = (await connection.execute(theirs.order_by(tables.identities.c.id).limit(1))).one_or_none()
        return None if row is None else self._psu(brand, row)

    async def start_sca(
        self, brand: Brand, psu: Psu, method: ScaMethod, authorisation_id: str, linked: LinkedTerms | None = None
    ) -> ScaChallenge:
        """Raises ScaMethodUnavailable, CodeNotSent, or UpstreamTimedOut if the authenticator does not answer."""
        started = await self._authenticator(method).start(brand, psu, authorisation_id, linked)
        return ScaChallenge(method, started.reference, started.hint, started.expires_at, started.confirmed)

    async def finish_sca(
        self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: LinkedTerms | None = None
    ) -> ScaEvidence | None:
        authenticator = self._authenticator(challenge.method)
        if not await authenticator.finish(brand, psu, challenge, response, linked):
            return None
        simulated, digest = authenticator.simulated, linked.digest if linked else ""
        return ScaEvidence(challenge.method, self._clock.wall(), challenge.reference, simulated=simulated, linked=digest)

    def _authenticator(self, method: ScaMethod) -> Authenticator:
        if method not in self._authenticators:
            raise ScaMethodUnavailable(f"method {method}")
        return self._authenticators[method]

    async def _load(self, brand: Brand, condition: sa.ColumnElement[bool]) -> sa.Row[tuple[object, ...]] | None:
        statement = sa.select(tables.identities).where(tables.identities.c.brand == brand.name, condition)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).one_or_none()

    def _psu(self, brand: Brand, row: sa.Row[tuple[object, ...]]) -> Psu:
        name = self._sealer.open(row.display_name, "psu_identities", "display_name", brand.name, row.id).decode()
        methods = tuple(method for method in row.sca_methods.split() if method in self._authenticators)
        return Psu(row.id, row.customer_id, name, methods)


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
    return sealer.blind(typed_text(username).casefold(), "psu_identities", "username", brand)

"""Make a brand's signing keys at its first start, and succeed them: on schedule with an overlap, or in an emergency without one.

Each change is a new version of the key set, made from exactly the version before, in one transaction with its journal entry, and published
to every server as any other version is (kernel/hot_state/versions.py). Keys are made and wrapped before it begins.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.keys.ring import KeySet, KeysMissing, KeyState, SigningKey
from consent.authorization.keys.schedule import TRUSTED_AFTER_USE, Change, Issue, plan_ahead, plan_emergency, plan_missing
from consent.services import Services
from consent.store.tables.oauth import key_sets, signing_keys
from kernel.commands.runner import Guard
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded
from kernel.hot_state.subjects import keys_subject
from kernel.jose.jwt import JwtKey
from kernel.storage.journal import Entry

NO_KEYS = 0  # the version of a key set that was only named
ATTEMPTS_MAX = 5  # attempts to change a key set that another worker changes too

Plan = Callable[[Sequence[SigningKey]], Change]
Issued = tuple[Issue, JwtKey, bytes]


async def prepare_keys(services: Services, brand: str) -> None:
    """Load the brand's keys, making first those that it does not have. Servers that start together make one set between them."""
    try:
        await services.keys.load(brand)
    except KeysMissing:
        with suppress(IntegrityError):  # another server was first
            await services.commands.run(NameKeySet(brand))
    await change_keys(services, brand, lambda keys: plan_missing(keys, services.clock.wall()), kind="keys.issued", actor="system")


async def rotate_keys(services: Services, brand: str, *, actor: str = "operator") -> int:
    """Replace all keys in an emergency, and return the new version of the key set. From then on other keys sign, and every server refuses
    everything that the former keys signed."""
    return await change_keys(
        services, brand, lambda keys: plan_emergency(keys, services.clock.wall()), kind="keys.revoked", actor=actor
    )


async def begin_rotation(services: Services, brand: str, *, actor: str = "operator") -> int:
    """Publish successors of all keys now, to be used when everyone has seen them. The version of the key set."""
    schedule = services.settings.key_schedule
    return await change_keys(
        services, brand, lambda keys: plan_ahead(keys, services.clock.wall(), schedule), kind="keys.published", actor=actor
    )


async def change_keys(services: Services, brand: str, plan: Plan, *, kind: str, actor: str, guard: Guard | None = None) -> int:
    """Carry out what `plan` makes of the brand's keys, now; the version of the key set after it. `guard` comes first in the
    transaction. Raises what it raises, KeyStoreFailed, or Overloaded if others keep changing the keys."""
    for _ in range(ATTEMPTS_MAX):
        present = await services.keys.load(brand)
        change = plan(present.keys)
        if not change:
            return present.version
        version = await _write(services, brand, present, change, kind=kind, actor=actor, guard=guard)
        if version is not None:
            await services.keys.load(brand)
            return version
    raise Overloaded(f"the keys of {brand} were changed by others each time")


async def _write(
    services: Services, brand: str, present: KeySet, change: Change, *, kind: str, actor: str, guard: Guard | None
) -> int | None:
    """The new version; None if `present` is no longer the current one, and nothing was changed."""
    made = await asyncio.gather(
        *(services.keys.make(brand, wanted.purpose, wanted.alg, services.clock.wall()) for wanted in change.issue)
    )
    issued = [(wanted, *key) for wanted, key in zip(change.issue, made, strict=True)]
    halves = await asyncio.gather(*(services.keys.wrap_public(brand, key) for key in change.step_down))
    command = ChangeKeySet(services, brand, present.version, change, issued, halves, kind=kind, actor=actor)
    return await services.commands.run(command, closing=[keys_subject(brand)], guard=guard)


@dataclass(frozen=True, slots=True)
class NameKeySet:
    name = "name_key_set"
    locks = ()
    brand: str

    async def handle(self, unit: UnitOfWork) -> None:
        await unit.connection.execute(key_sets.insert().values(brand=self.brand, version=NO_KEYS))


@dataclass(frozen=True, slots=True)
class ChangeKeySet:
    """Make the next version of the key set from exactly `present`: the new version, or None if another was current."""

    name = "change_key_set"
    locks = ()  # its first statement locks the key set
    services: Services
    brand: str
    present: int
    change: Change
    issued: Sequence[Issued]
    halves: Sequence[bytes]
    kind: str
    actor: str

    async def handle(self, unit: UnitOfWork) -> int | None:
        services, brand, change, version = self.services, self.brand, self.change, self.present + 1
        current = (key_sets.c.brand == brand, key_sets.c.version == self.present)
        if (await unit.connection.execute(key_sets.update().where(*current).values(version=version))).rowcount != 1:
            return None
        await _move(services, unit.connection, brand, change, self.halves)
        if self.issued:
            await unit.connection.execute(signing_keys.insert(), [_row(services, brand, *each) for each in self.issued])
        unit.record(_entry(services, brand, change, self.issued, version=version, kind=self.kind, actor=self.actor))
        unit.move(keys_subject(brand), version)
        return version


async def _move(services: Services, connection: AsyncConnection, brand: str, change: Change, halves: Sequence[bytes]) -> None:
    """Keys that there are, to their next states. What is not needed any more is struck out: a private half that signs no longer, a
    public one that is trusted no longer."""
    now = services.clock.wall()
    await _set(connection, brand, change.activate, state=KeyState.ACTIVE.value, activates_at=now)
    for key, half in zip(change.step_down, halves, strict=True):
        leaves_at = now + TRUSTED_AFTER_USE
        await _set(connection, brand, [key], state=KeyState.RETIRING.value, private_jwk=half, retires_at=leaves_at)
    await _set(connection, brand, change.retire, state=KeyState.RETIRED.value, private_jwk=b"", retires_at=now)
    if change.remove:
        await connection.execute(signing_keys.delete().where(*_named(brand, change.remove)))


async def _set(connection: AsyncConnection, brand: str, keys: Sequence[SigningKey], **values: Any) -> None:
    if keys:
        await connection.execute(signing_keys.update().where(*_named(brand, keys)).values(**values))


def _named(brand: str, keys: Sequence[SigningKey]) -> tuple[sa.ColumnElement[bool], ...]:
    return (signing_keys.c.brand == brand, signing_keys.c.kid.in_([key.kid for key in keys]))


def _row(services: Services, brand: str, wanted: Issue, key: JwtKey, wrapped: bytes) -> dict[str, Any]:
    return {
        "brand": brand,
        "kid": key.kid,
        "alg": key.alg,
        "purpose": wanted.purpose.value,
        "state": wanted.state.value,
        "private_jwk": wrapped,
        "created_at": services.clock.wall(),
        "activates_at": wanted.activates_at,
    }


def _entry(
    services: Services,
    brand: str,
    change: Change,
    issued: Sequence[Issued],
    *,
    version: int,
    kind: str,
    actor: str,
) -> Entry:
    moved = {
        "activated": change.activate,
        "retiring": change.step_down,
        "retired": change.retire,
        "removed": change.remove,
    }
    facts: dict[str, str | int | list[str] | None] = {"version": version, "kids": [key.kid for _, key, _ in issued]}
    facts |= {name: [key.kid for key in keys] for name, keys in moved.items() if keys}
    return Entry(brand=brand, kind=kind, aggregate_id=brand, at=services.clock.wall(), actor=actor, facts=facts)

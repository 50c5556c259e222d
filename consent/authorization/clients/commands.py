"""The commands that change registered clients. Each change is a new version of the client with its journal entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from consent.authorization.clients.client import Client, Registration
from consent.authorization.clients.room import check_room
from consent.authorization.clients.rows import client_of, columns_of
from consent.services import Services
from consent.store.locks import CLIENT, REGISTRATIONS
from consent.store.tables.oauth import clients
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ClientInactive, TokenInvalid
from kernel.hot_state.subjects import client_subject
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterClient:
    """Store a new client. Of an organisation that registers itself, one at a time. Raises RegistrationsExhausted."""

    name = "register_client"
    services: Services
    client: Client
    actor: str

    @property
    def locks(self) -> Sequence[Lock]:
        client = self.client
        return () if client.registration is None else (REGISTRATIONS.of(client.brand, client.organisation_id),)

    async def handle(self, unit: UnitOfWork) -> Client:
        client = self.client
        if client.registration is not None:
            await check_room(self.services, unit.connection, client.brand, client.organisation_id)
        await unit.connection.execute(clients.insert().values(**columns_of(client), updated_at=client.created_at))
        unit.record(_entry(self.services, client, "client.registered", self.actor))
        return client


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceClient:
    """Put `changed` in place of the client. `registration` takes the place of `replaced`, None: it stays as it is. Raises ClientInactive
    or TokenInvalid."""

    name = "replace_client"
    services: Services
    changed: Client
    registration: Registration | None
    replaced: Registration | None
    actor: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (CLIENT.of(self.changed.brand, self.changed.id),)

    async def handle(self, unit: UnitOfWork) -> Client:
        present = _load_present(unit, *self.locks)
        if self.registration is not None and present.registration != self.replaced:
            raise TokenInvalid("the registration was changed meanwhile")
        changed = msgspec.structs.replace(
            self.changed,
            version=present.version + 1,
            created_at=present.created_at,
            registration=self.registration or present.registration,
        )
        return await _store(unit, self.services, changed, _entry(self.services, changed, "client.replaced", self.actor))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateClient:
    """End what a client may do. Raises ClientInactive."""

    name = "deactivate_client"
    services: Services
    brand: str
    client_id: str
    actor: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (CLIENT.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> Client:
        present = _load_present(unit, *self.locks)
        changed = msgspec.structs.replace(present, version=present.version + 1, active=False)
        return await _store(unit, self.services, changed, _entry(self.services, changed, "client.deactivated", self.actor))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRegistrationToken:
    """End the token of `registration`. Raises ClientInactive, or TokenInvalid if the token was changed meanwhile."""

    name = "revoke_registration_token"
    services: Services
    brand: str
    client_id: str
    registration: Registration
    reason: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (CLIENT.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> Client:
        present = _load_present(unit, *self.locks)
        if present.registration != self.registration:
            raise TokenInvalid("the registration was changed meanwhile")
        revoked = msgspec.structs.replace(self.registration, token_hash="")
        changed = msgspec.structs.replace(present, version=present.version + 1, registration=revoked)
        actor = f"client:{self.client_id}"
        entry = _entry(self.services, changed, "client.registration_token_revoked", actor, reason=self.reason)
        return await _store(unit, self.services, changed, entry)


def _load_present(unit: UnitOfWork, lock: Lock) -> Client:
    """The client of a lock that is held. Raises ClientInactive."""
    row = unit.locked(lock)
    present = None if row is None else client_of(row)
    if present is None or not present.active:
        raise ClientInactive(f"client {lock.key} is unknown or inactive")
    return present


async def _store(unit: UnitOfWork, services: Services, changed: Client, entry: Entry) -> Client:
    await unit.connection.execute(
        clients.update()
        .where(clients.c.brand == changed.brand, clients.c.id == changed.id)
        .values(**columns_of(changed), updated_at=services.clock.wall())
    )
    unit.record(entry)
    unit.move(client_subject(changed.brand, changed.id), changed.version)
    return changed


def _entry(services: Services, client: Client, kind: str, actor: str, *, reason: str = "") -> Entry:
    return Entry(
        brand=client.brand,
        kind=kind,
        aggregate_id=client.id,
        at=services.clock.wall(),
        actor=actor,
        interaction_id=interaction_id.get(),
        facts=_facts(client) | ({"reason": reason} if reason else {}),
    )


def _facts(client: Client) -> dict[str, Any]:
    facts = {"version": client.version, "organisation_id": client.organisation_id, "software_id": client.software_id}
    if client.registration is not None and client.registration.directory_stale_seconds:
        facts["directory_stale_seconds"] = client.registration.directory_stale_seconds
    return facts

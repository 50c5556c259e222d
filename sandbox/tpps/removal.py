"""End a TPP: none of its organisation's clients can do anything more, and what customers gave them is withdrawn.

Each step may be interrupted and done again. A client ends before its consents: none is lodged meanwhile.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from consent.authorization.clients.registry import deactivate_client
from consent.authorization.clients.rows import load_client
from consent.services import Services
from consent.store.tables.consents import consents
from consent.store.tables.oauth import clients
from kernel.access import Caller
from kernel.banking.consents import LIVE_STATES
from kernel.brand import Brand
from kernel.errors import ClientInactive, ConsentExpired, ConsentNotAuthorised, ConsentRevoked, ConsentUnknown

ACTOR = "sandbox"
BATCH = 500
_OVER = (ConsentUnknown, ConsentExpired, ConsentRevoked, ConsentNotAuthorised)


class Consents(Protocol):
    """The consent store, as a client uses it that gives up what it was given."""

    async def withdraw(self, brand: Brand, caller: Caller, consent_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Ended:
    clients: int
    consents: int


async def load_client_ids(services: Services, brand: Brand, organisation_id: str) -> tuple[str, ...]:
    """The clients of an organisation that are active: those of `tpp new`, and those that registered themselves."""
    mine = (clients.c.brand == brand.name, clients.c.organisation_id == organisation_id, clients.c.active.is_(True))
    async with services.database.read() as connection:
        return tuple(await connection.scalars(sa.select(clients.c.id).where(*mine).order_by(clients.c.id)))


async def count_live_consents(services: Services, brand: Brand, organisation_id: str) -> int:
    async with services.database.read() as connection:
        counted = sa.select(sa.func.count()).select_from(consents).where(*_live(brand, organisation_id))
        return int(await connection.scalar(counted) or 0)


async def end_organisation(services: Services, store: Consents, brand: Brand, organisation_id: str) -> Ended:
    """The numbers of clients and consents that ended."""
    ended = await load_client_ids(services, brand, organisation_id)
    for client_id in ended:
        with suppress(ClientInactive):
            await deactivate_client(services, brand, client_id, actor=ACTOR)
    withdrawn, last = 0, ""
    while batch := await _load_batch(services, brand, organisation_id, last):
        for consent_id, client_id in batch:
            withdrawn += await _withdraw(services, store, brand, client_id, consent_id)
        last = batch[-1][0]
    return Ended(len(ended), withdrawn)


async def _withdraw(services: Services, store: Consents, brand: Brand, client_id: str, consent_id: str) -> bool:
    async with services.database.read() as connection:
        client = await load_client(connection, brand.name, client_id)
    if client is None:
        return False
    try:
        await store.withdraw(brand, client.caller, consent_id)
    except _OVER:  # its time was over, or its PSU was faster
        return False
    return True


async def _load_batch(services: Services, brand: Brand, organisation_id: str, after: str) -> list[tuple[str, str]]:
    statement = (
        sa.select(consents.c.id, consents.c.client_id)
        .where(*_live(brand, organisation_id), consents.c.id > after)
        .order_by(consents.c.id)
        .limit(BATCH)
    )
    async with services.database.read() as connection:
        return [(row.id, row.client_id) for row in await connection.execute(statement)]


def _live(brand: Brand, organisation_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    states = [state.value for state in LIVE_STATES]
    return (
        consents.c.brand == brand.name,
        consents.c.organisation_id == organisation_id,
        consents.c.state.in_(states),
    )

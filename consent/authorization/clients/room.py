"""Room for registrations: how many clients that can be used an organisation has at a time. What is deactivated makes room."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.errors import RegistrationsExhausted
from consent.services import Services
from consent.store.tables.oauth import clients


async def check_room(services: Services, connection: AsyncConnection, brand: str, organisation_id: str) -> None:
    """Raises RegistrationsExhausted. A hint, unless the organisation's registrations are locked."""
    most = services.settings.registrations_per_organisation
    active = (
        sa.select(sa.func.count())
        .select_from(clients)
        .where(clients.c.brand == brand, clients.c.organisation_id == organisation_id, clients.c.active)
    )
    if int(await connection.scalar(active) or 0) >= most:
        raise RegistrationsExhausted(f"organisation {organisation_id} has {most}")

"""End a token family, or deny one access token until it expires: on every worker before this returns. kernel/hot_state/versions.py."""

from contextlib import suppress

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.services import Services
from consent.store.rows.families import end_family
from consent.store.tables.oauth import denied_tokens
from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.hot_state.subjects import TOKEN_REVOKED, family_subject, token_subject
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry


async def revoke_family(services: Services, brand: Brand, family_id: str, *, actor: str, reason: str) -> None:
    """A family that has ended already stays ended."""
    subject = family_subject(brand.name, family_id)

    async def work(connection: AsyncConnection) -> dict[str, int]:
        version = await end_family(connection, brand.name, family_id, services.clock.wall())
        if version is None:
            return {}
        await services.journal.record(connection, _entry(services, brand, "family.ended", family_id, actor=actor, reason=reason))
        return {subject: version}

    async def write() -> tuple[None, dict[str, int]]:
        return None, await services.database.write(work)

    await services.versions.change([subject], write)


async def deny_token(services: Services, brand: Brand, token: AccessToken, *, actor: str, reason: str = "revoked") -> None:
    """Deny this access token alone; the rest of its family lives on."""
    subject = token_subject(brand.name, token.jti)

    async def work(connection: AsyncConnection) -> None:
        values = {"brand": brand.name, "jti": token.jti, "expires_at": token.expires_at}
        await connection.execute(denied_tokens.insert().values(**values))
        await services.journal.record(connection, _entry(services, brand, "token.denied", token.jti, actor=actor, reason=reason))

    async def write() -> tuple[None, dict[str, int]]:
        with suppress(IntegrityError):  # denied before: then it is denied
            await services.database.write(work)
        return None, {subject: TOKEN_REVOKED}

    await services.versions.change([subject], write)


def _entry(services: Services, brand: Brand, kind: str, aggregate_id: str, *, actor: str, reason: str) -> Entry:
    return Entry(
        brand=brand.name,
        kind=kind,
        aggregate_id=aggregate_id,
        at=services.clock.wall(),
        actor=actor,
        interaction_id=interaction_id.get(),
        facts={"reason": reason},
    )

"""End a token family, or deny one access token until it expires: on every worker before this returns. kernel/hot_state/versions.py."""

from dataclasses import dataclass

from consent.services import Services
from consent.store.rows.families import end_family
from consent.store.tables.oauth import denied_tokens
from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.hot_state.subjects import TOKEN_REVOKED, family_subject, token_subject
from kernel.observability.interaction import interaction_id
from kernel.storage.database import insert_into
from kernel.storage.journal import Entry


async def revoke_family(services: Services, brand: Brand, family_id: str, *, actor: str, reason: str) -> None:
    """A family that has ended already stays ended."""
    command = EndFamily(services, brand, family_id, actor=actor, reason=reason)
    await services.commands.run(command, closing=[family_subject(brand.name, family_id)])


async def deny_token(services: Services, brand: Brand, token: AccessToken, *, actor: str, reason: str = "revoked") -> None:
    """Deny this access token alone; the rest of its family lives on."""
    command = DenyToken(services, brand, token, actor=actor, reason=reason)
    await services.commands.run(command, closing=[token_subject(brand.name, token.jti)])


@dataclass(frozen=True, slots=True)
class EndFamily:
    name = "end_family"
    locks = ()  # its first statement locks the family
    services: Services
    brand: Brand
    family_id: str
    actor: str
    reason: str

    async def handle(self, unit: UnitOfWork) -> None:
        if await end_family(unit, self.brand.name, self.family_id, self.services.clock.wall()):
            unit.record(_entry(self.services, self.brand, "family.ended", self.family_id, actor=self.actor, reason=self.reason))


@dataclass(frozen=True, slots=True)
class DenyToken:
    name = "deny_token"
    locks = ()
    services: Services
    brand: Brand
    token: AccessToken
    actor: str
    reason: str

    async def handle(self, unit: UnitOfWork) -> None:
        jti = self.token.jti
        row = {"brand": self.brand.name, "jti": jti, "expires_at": self.token.expires_at}
        insert = insert_into(unit.connection, denied_tokens).values(**row)
        denied = await unit.connection.execute(insert.on_conflict_do_nothing())
        if denied.rowcount:  # otherwise it was denied before
            unit.record(_entry(self.services, self.brand, "token.denied", jti, actor=self.actor, reason=self.reason))
        unit.move(token_subject(self.brand.name, jti), TOKEN_REVOKED)


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

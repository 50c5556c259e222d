"""One-time codes as they are kept: blinded with what they are good for, one of an authorisation at a time, used once."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.commands.unit_of_work import UnitOfWork
from plugins.psu_identity.tables import codes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepCode:
    """A new code ends the earlier ones of its authorisation. Instants are protocol time."""

    name = "keep_code"
    locks = ()
    brand: str
    reference: str
    psu_id: str
    authorisation_id: str
    code_blind: str
    now: datetime
    expires_at: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        own = sa.and_(codes.c.brand == self.brand, codes.c.psu_id == self.psu_id)
        await unit.connection.execute(codes.delete().where(own, codes.c.expires_at <= self.now))
        earlier = codes.update().where(own, codes.c.authorisation_id == self.authorisation_id, codes.c.taken_at.is_(None))
        await unit.connection.execute(earlier.values(taken_at=self.now))
        await unit.connection.execute(
            codes.insert().values(
                brand=self.brand,
                reference=self.reference,
                psu_id=self.psu_id,
                authorisation_id=self.authorisation_id,
                code_blind=self.code_blind,
                expires_at=self.expires_at,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCode:
    """Consume the code if it is this one: one statement, so that it is used once."""

    name = "take_code"
    locks = ()
    brand: str
    reference: str
    psu_id: str
    code_blind: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> bool:
        statement = (
            codes.update()
            .where(
                codes.c.brand == self.brand,
                codes.c.reference == self.reference,
                codes.c.psu_id == self.psu_id,
                codes.c.code_blind == self.code_blind,
                codes.c.taken_at.is_(None),
                codes.c.expires_at > self.now,
            )
            .values(taken_at=self.now)
        )
        return (await unit.connection.execute(statement)).rowcount == 1

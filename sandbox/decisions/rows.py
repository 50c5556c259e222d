"""A decision as a row: sealed, good for one request, and for fifteen minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.agreement.terms import Option
from consent.authorization.authorize.stored_request import LODGED_AS_DEFAULT
from consent.authorization.offer.authorization_details import LODGED_AS_RAR
from consent.ports import ScaEvidence
from consent.store.kinds.registry import kind_of
from consent.store.rows.formats import check_format
from kernel import json
from kernel.banking.consents import Consent
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.sealed import Sealer
from sandbox.decisions.tables import STORED_DECISIONS as DECISIONS

DECISION_MAX = timedelta(minutes=15)
FORMAT = 1


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    approve: bool
    psu_id: str
    customer_id: str = ""  # of an approval
    options: tuple[Option, ...] = ()
    evidence: ScaEvidence | None = None


class StoredDecision(msgspec.Struct, frozen=True):
    """A decision that waits, and the id of its row."""

    id: str
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDecision:
    """Store a decision in place of one that waits for the same consent or the same client, and delete those that expired unused."""

    name = "store_decision"
    locks = ()
    sealer: Sealer
    brand: str
    decision_id: str
    consent_id: str | None
    client_id: str | None
    decision: Decision
    now: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        replaced = DECISIONS.c.consent_id == self.consent_id if self.consent_id else DECISIONS.c.client_id == self.client_id
        useless = sa.or_(sa.and_(replaced, DECISIONS.c.taken_at.is_(None)), DECISIONS.c.expires_at <= self.now)
        mine = sa.select(DECISIONS.c.id).where(DECISIONS.c.brand == self.brand, useless)
        found = list(await unit.connection.scalars(mine.order_by(DECISIONS.c.id).with_for_update()))
        await unit.connection.execute(DECISIONS.delete().where(DECISIONS.c.brand == self.brand, DECISIONS.c.id.in_(found)))
        await unit.connection.execute(
            DECISIONS.insert().values(
                brand=self.brand,
                id=self.decision_id,
                consent_id=self.consent_id,
                client_id=self.client_id,
                format=FORMAT,
                decision=self.sealer.seal(json.encode(self.decision), *_place(self.brand, self.decision_id)),
                created_at=self.now,
                expires_at=self.now + DECISION_MAX,
            )
        )


async def find_decision(connection: AsyncConnection, sealer: Sealer, consent: Consent, now: datetime) -> StoredDecision | None:
    """The newest decision that waits for this consent, or else for its client if no consent was named. A payment is decided on by name
    alone: the decider must know it."""
    fits = DECISIONS.c.consent_id == consent.id
    if not kind_of(consent).is_linked and consent.lodged_as in (LODGED_AS_DEFAULT, LODGED_AS_RAR):
        fits = sa.or_(fits, DECISIONS.c.client_id == consent.client_id)
    query = (
        sa.select(DECISIONS.c.id, DECISIONS.c.format, DECISIONS.c.decision)
        .where(DECISIONS.c.brand == consent.brand, fits, DECISIONS.c.taken_at.is_(None), DECISIONS.c.expires_at > now)
        .order_by(sa.case((DECISIONS.c.consent_id == consent.id, 0), else_=1), DECISIONS.c.created_at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    check_format(f"decision {row.id}", row.format, present=FORMAT)
    opened = sealer.open(row.decision, *_place(consent.brand, row.id))
    return StoredDecision(row.id, msgspec.json.decode(opened, type=Decision))


async def take_decision(connection: AsyncConnection, brand: str, decision_id: str, now: datetime) -> bool:
    """True for the first caller, False for every later one."""
    taken = await connection.execute(
        DECISIONS.update()
        .where(DECISIONS.c.brand == brand, DECISIONS.c.id == decision_id, DECISIONS.c.taken_at.is_(None))
        .values(taken_at=now)
    )
    return taken.rowcount == 1


def _place(brand: str, decision_id: str) -> tuple[str, ...]:
    """The name that the table had when the first decisions were sealed: what is sealed stays readable."""
    return ("decisions", "decision", brand, decision_id)

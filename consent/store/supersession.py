"""A recurring consent takes the place of the one that its PSU gave to the same organisation before, where its dialect says so.

NextGenPSD2 XS2A 1.3, "Create consent": the former consent expires as soon as the new one is authorised by the PSU; merely lodging one, or
one for a single use, leaves it as it is. Of two that are authorised at one moment, the later takes the place of the earlier: the approvals
of one PSU take turns.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.changes import Tools, change_consent
from consent.store.current_snapshots import load_subjects
from consent.store.lifecycle import ConsentEvent, allows
from consent.store.locks import RECURRING
from consent.store.rows.families import end_families
from consent.store.rows.snapshots import load_consent, lock_consent
from consent.store.tables.consents import consents
from kernel.banking.consents import Consent, ConsentState
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from openapi.rulebook import rules_of

_STANDING = (ConsentState.AUTHORISED.value, ConsentState.SUSPENDED.value)
FORMER_MAX = 100  # former consents ended by one approval


def takes_a_place(consent: Consent) -> bool:
    return consent.is_recurring and consent.kind in rules_of(consent.lodged_as).one_recurring


async def find_former(connection: AsyncConnection, consent: Consent | None, psu_id: str) -> tuple[str, ...]:
    """The ids of those whose place the consent takes once this PSU has authorised it, in their order."""
    if consent is None or not takes_a_place(consent):
        return ()
    rows = consents.c
    former = (
        sa.select(rows.id)
        .where(
            rows.brand == consent.brand,
            rows.psu_id == psu_id,
            rows.organisation_id == consent.organisation_id,
            rows.lodged_as == consent.lodged_as,
            rows.kind == consent.kind,
            rows.state.in_(_STANDING),
            rows.id != consent.id,
        )
        .order_by(rows.id)
        .limit(FORMER_MAX)
    )
    return tuple(await connection.scalars(former))


async def load_moved_subjects(
    database: Database, sealer: Sealer, brand: str, consent_id: str, approver_id: str | None
) -> tuple[str, ...]:
    """The versioned subjects that an answer may move: the consent with its families and, if it is approved, those whose place it takes."""
    former: tuple[str, ...] = ()
    if approver_id is not None:
        async with database.read() as connection:
            seen = await load_consent(connection, sealer, brand, consent_id)
            former = await find_former(connection, seen, _giver(seen, approver_id))
    moving = [await load_subjects(database, brand, each) for each in (consent_id, *former)]
    return tuple(subject for subjects in moving for subject in subjects)


def _giver(consent: Consent | None, approver_id: str) -> str:
    """The PSU of the consent: its first signer."""
    return approver_id if consent is None or consent.psu_id is None else consent.psu_id


async def hold_with_former(unit: UnitOfWork, sealer: Sealer, brand: str, consent_id: str, approver_id: str) -> Consent | None:
    """The consent, locked together with those whose place it may take: all in the order of their ids."""
    seen = await load_consent(unit.connection, sealer, brand, consent_id)
    if seen is not None and takes_a_place(seen):
        await unit.lock(RECURRING.of(brand, _giver(seen, approver_id)))
    former = await find_former(unit.connection, seen, _giver(seen, approver_id))
    for each in sorted({consent_id, *former}):
        await lock_consent(unit.connection, brand, each)
    return await load_consent(unit.connection, sealer, brand, consent_id)


async def supersede_former(unit: UnitOfWork, tools: Tools, consent: Consent) -> None:
    """End those whose place the consent has taken, with their tokens; all are locked. Nothing while it is half signed."""
    if consent.state is not ConsentState.AUTHORISED or consent.psu_id is None:
        return
    for each in await find_former(unit.connection, consent, consent.psu_id):
        former = await load_consent(unit.connection, tools.sealer, consent.brand, each)
        if former is None or not former.is_recurring or not allows(former, ConsentEvent.SUPERSEDE, tools.clock.now()):
            continue
        details = {"superseded_by": consent.id}
        await change_consent(unit, tools, former, ConsentEvent.SUPERSEDE, actor=f"psu:{consent.psu_id}", details=details)
        await end_families(unit, consent.brand, former.id, tools.clock.wall())

"""Record who began to authenticate and who succeeded: in the authorisation of a consent, or for a visit in the journal.

RTS (EU) 2018/389 article 29 (traceability).
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.room import Room
from consent.ports import Psu, ScaEvidence
from consent.store.rows.authorisations import AuthorisationStatus, end_authorisation, record_evidence, start_authorisation
from consent.store.rows.journeys import Journey, Purpose
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry

REDIRECT = "redirect"  # the approach of an authorisation that a browser carries
ENTERED = "dashboard.entered"


async def start_authentication(connection: AsyncConnection, room: Room, journey: Journey, psu: Psu) -> str | None:
    """The PSU is known by password: the authorisation that begins, if a TPP asks for one. An earlier one of the journey has failed."""
    if journey.purpose is not Purpose.CONSENT:
        return None
    assert journey.consent_id is not None
    now = room.clock.wall()
    if journey.authorisation_id is not None:  # the button was pressed twice: the second login replaces the first
        await end_authorisation(
            connection,
            room.sealer,
            brand=journey.brand,
            authorisation_id=journey.authorisation_id,
            status=AuthorisationStatus.FAILED,
            at=now,
        )
    authorisation_id = room.ids.uuid()
    await start_authorisation(
        connection,
        room.sealer,
        brand=journey.brand,
        authorisation_id=authorisation_id,
        subject_id=journey.consent_id,
        psu_id=psu.id,
        approach=REDIRECT,
        at=now,
    )
    return authorisation_id


async def record_authentication(
    connection: AsyncConnection, room: Room, journey: Journey, psu: Psu, evidence: ScaEvidence
) -> None:
    """And by a second factor too. `journey` names its authorisation."""
    if journey.authorisation_id is not None:
        await record_evidence(
            connection, room.sealer, brand=journey.brand, authorisation_id=journey.authorisation_id, evidence=evidence
        )
        return
    entry = Entry(
        brand=journey.brand,
        kind=ENTERED,
        aggregate_id=journey.id,
        at=room.clock.wall(),
        actor=f"psu:{psu.id}",
        interaction_id=interaction_id.get(),
        facts={"method": evidence.method, "simulated": int(evidence.simulated)},
    )
    await room.journal.record(connection, entry)

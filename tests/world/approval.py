"""The end of a PSU's journey, without its pages."""

from typing import TYPE_CHECKING

from consent.authentication.approval import Approval, Claim
from consent.authentication.linked_terms import linked_of
from consent.authorization.authorize.amendment import amended, open_amendment
from consent.customer.answers.outcome import approve
from consent.customer.session.session import Asked
from consent.ports import ScaEvidence
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import Shown, start_authorisation
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import Consent
from kernel.banking.signers import SigningRule
from kernel.commands.unit_of_work import UnitOfWork
from tests.world.answer import Answer
from tests.world.brands import BRAND
from tests.world.tpp import Tpp

if TYPE_CHECKING:
    from tests.world.authorization import AuthorizationWorld

SHOWN = Shown(client_name="", organisation_name="", clusters=(), until="", window="", accounts=())


async def consent_of(world: "AuthorizationWorld", consent_id: str) -> Consent:
    async with world.database.read() as connection:
        found = await load_consent(connection, world.services.sealer, BRAND.name, consent_id)
    assert found is not None
    return found


async def asked_by(world: "AuthorizationWorld", tpp: Tpp, request_uri: str) -> Asked:
    pushed = await world.load_pushed(tpp, request_uri)
    assert pushed.consent_id is not None
    amendment = open_amendment(world.services.sealer, pushed)
    consent = await consent_of(world, pushed.consent_id)
    return Asked(pushed, tpp.client, amended(consent, amendment), amendment)


async def agree(
    world: "AuthorizationWorld",
    asked: Asked,
    *upstream_ids: str,
    psu_id: str = "alice",
    signing_rules: tuple[SigningRule, ...] = (),
) -> Answer:
    chosen, linked = upstream_ids or ("account-1",), ""
    if kind_of(asked.consent).is_linked:
        linked = linked_of(asked.consent, chosen[0]).digest
    evidence = ScaEvidence("device", world.clock.wall(), "ref", simulated=True, linked=linked)
    approval = Approval(psu_id, f"c-{psu_id}", chosen, signing_rules, world.services.ids.uuid(), evidence, SHOWN)
    return Answer(await approve(world.services, BRAND, asked, approval, begun(world.services, asked.consent, approval)))


def begun(services: Services, consent: Consent, approval: Approval) -> Claim:
    """The PSU has authenticated, and no other answers."""

    async def claim(unit: UnitOfWork) -> None:
        await start_authorisation(
            unit.connection,
            services.sealer,
            brand=BRAND.name,
            authorisation_id=approval.authorisation_id,
            subject_id=consent.id,
            psu_id=approval.psu_id,
            approach="redirect",
            at=services.clock.wall(),
            evidence=approval.evidence,
        )

    return claim

"""Signers of one account: each signs or refuses as the pages have it done in the end."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.approval import Approval, NoAnswer, approve, reject
from consent.authentication.consent_subject import ConsentSubject
from consent.authentication.cosignature import Cosignature
from consent.authentication.linked_terms import linked_of
from consent.authorization.clients.client import Client
from consent.ports import ScaEvidence
from consent.store.rows.authorisations import Shown, start_authorisation
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.signers import SigningRule
from kernel.commands.unit_of_work import UnitOfWork
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld

BERLIN_GROUP = "berlin_group/v1.3"
SHOWN = Shown(client_name="Acme", organisation_name="", clusters=(), until="", window="", accounts=(), page="none")
TWO_OF_TWO = SigningRule(("c-alice", "c-bob"), 2)
ALL_THREE = SigningRule(("c-alice", "c-bob", "c-carol"), 3)
PAYMENT = PaymentTerms(
    amount=Money("GBP", 112_350),
    creditor_name="Merchant A",
    creditor_account=AccountIdentifier(Scheme.SORT_CODE, "80200110203345"),
)


async def lodge(world: PageWorld, kind: ConsentKind = ConsentKind.ACCOUNTS, lodged_as: str = BERLIN_GROUP) -> Consent:
    facts: dict[str, Any] = {"terms": PAYMENT} if kind is ConsentKind.PAYMENT else {}
    return await world.lodge(kind=kind, lodged_as=lodged_as, **facts)


async def now(world: PageWorld, consent: Consent) -> Consent:
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    return found


async def approval_of(world: PageWorld, consent: Consent, name: str, rules: Sequence[SigningRule] = ()) -> Approval:
    """With evidence on record, as strong authentication leaves it."""
    authorisation_id = world.services.ids.uuid()
    linked = linked_of(consent, "up-j").digest if consent.kind is ConsentKind.PAYMENT else ""
    evidence = ScaEvidence("device", world.clock.wall(), f"ref of {name}", simulated=True, linked=linked)

    async def work(connection: AsyncConnection) -> None:
        await start_authorisation(
            connection,
            world.services.sealer,
            brand=BRAND.name,
            authorisation_id=authorisation_id,
            subject_id=consent.id,
            psu_id=f"psu-{name}",
            approach="test",
            at=world.clock.wall(),
            evidence=evidence,
        )

    await world.database.write(work)
    return Approval(f"psu-{name}", f"c-{name}", ("up-j",), tuple(rules), authorisation_id, evidence, SHOWN)


async def sign_first(world: PageWorld, consent: Consent, name: str, *rules: SigningRule, client: Client = CLIENT) -> Consent:
    subject = ConsentSubject(world.services, BRAND, consent.id, client.caller)
    await approve(world.services, BRAND, subject, await approval_of(world, consent, name, rules), NoAnswer())
    return await now(world, consent)


async def sign_too(world: PageWorld, consent: Consent, name: str) -> Consent:
    subject = Cosignature(world.services, BRAND, consent.id, f"c-{name}")
    await approve(world.services, BRAND, subject, await approval_of(world, consent, name), NoAnswer())
    return await now(world, consent)


async def refuse(world: PageWorld, consent: Consent, name: str) -> Consent:
    subject = Cosignature(world.services, BRAND, consent.id, f"c-{name}")

    async def claim(_unit: UnitOfWork) -> None:
        """The page of the signer, which is theirs alone."""

    await reject(
        world.services,
        BRAND,
        subject,
        claim,
        closing=await subject.load_subjects(),
        psu_id=f"psu-{name}",
        authorisation_id=None,
    )
    return await now(world, consent)

"""A half-signed consent as the subject of an authorisation: another of those who must sign agrees to it as it stands, or refuses it.

No TPP asks: the signer comes to it by the bank's own pages. The tokens that the first signature led to stay, and open something once the
last has been given; a refusal ends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.authentication.approval import Approval
from consent.authentication.consent_subject import reject_consent
from consent.authentication.linked_terms import check_linked
from consent.authentication.room import Room
from consent.ports import Psu
from consent.store.changes import cosign
from consent.store.locks import CONSENT
from consent.store.rows.authorisations import Approach, SubjectKind, find_signature, start_authorisation
from consent.store.rows.journeys import JOURNEY_MAX
from consent.store.rows.snapshots import load_consent, lock_consent
from consent.store.signers import awaits
from consent.store.supersession import hold_with_former, load_moved_subjects, supersede_former
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentForeign, ConsentUnknown


@dataclass(frozen=True, slots=True)
class StartSignature:
    """The id of the authorisation in which the signer, known by the password of a visit, answers: the one that is open, or a new one.
    Pressed again, the button stores no second one, and what was counted goes on. The subject is the consent, or an order under it."""

    name = "start_signature"
    room: Room
    brand: Brand
    consent_id: str
    kind: SubjectKind
    subject_id: str
    psu: Psu

    @property
    def locks(self) -> Sequence[Lock]:
        return (CONSENT.of(self.brand.name, self.consent_id),)

    async def handle(self, unit: UnitOfWork) -> str:
        brand, now = self.brand.name, self.room.clock.wall()
        since = now - JOURNEY_MAX  # an older one is about to be failed as abandoned
        found = await find_signature(unit.connection, brand, self.kind, self.subject_id, self.psu.id, since=since)
        if found is not None:
            return found
        authorisation_id = self.room.ids.uuid()
        await start_authorisation(
            unit.connection,
            self.room.sealer,
            brand=brand,
            authorisation_id=authorisation_id,
            subject_kind=self.kind,
            subject_id=self.subject_id,
            psu_id=self.psu.id,
            approach=Approach.DECOUPLED,
            at=now,
        )
        return authorisation_id


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Of the customer `customer_id`."""

    room: Room
    brand: Brand
    consent_id: str
    customer_id: str

    async def load_subjects(self, psu_id: str | None = None) -> Sequence[str]:
        return await load_moved_subjects(self.room.database, self.room.sealer, self.brand.name, self.consent_id, psu_id)

    async def hold(self, unit: UnitOfWork, approval: Approval) -> Consent:
        """Raises what `check_awaited` raises, ConsentUnknown and PaymentNotLinked."""
        room, brand = self.room, self.brand.name
        consent = self._check(await hold_with_former(unit, room.sealer, brand, self.consent_id, approval.psu_id))
        check_linked(consent, approval.upstream_ids, approval.linked)
        return consent

    async def authorise(self, unit: UnitOfWork, held: Consent, approval: Approval) -> Consent:
        signed = await cosign(unit, self.room, held, approval.signature(self.room.clock.now()))
        await supersede_former(unit, self.room, signed)
        return signed

    async def lock(self, unit: UnitOfWork) -> None:
        await lock_consent(unit.connection, self.brand.name, self.consent_id)

    async def reject(self, unit: UnitOfWork, psu_id: str) -> None:
        """Raises what `check_awaited` raises, and ConsentUnknown."""
        found = await load_consent(unit.connection, self.room.sealer, self.brand.name, self.consent_id, lock=True)
        await reject_consent(unit, self.room, self._check(found), psu_id)

    def check_awaited(self, consent: Consent) -> Consent:
        """Raises ConsentForeign unless the consent waits for this customer."""
        if not awaits(consent, self.customer_id, self.room.clock.now()):
            raise ConsentForeign(f"consent {consent.id} does not wait for this customer")
        return consent

    def _check(self, consent: Consent | None) -> Consent:
        if consent is None:
            raise ConsentUnknown("no such consent")
        return self.check_awaited(consent)

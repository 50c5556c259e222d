"""A consent as the subject of an authorisation: who may agree to it, what agreeing makes of it, and what refusing does.

State, owner and validity are read again under the consent's row lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from consent.authentication.approval import Approval
from consent.authentication.linked_terms import check_linked
from consent.authentication.room import Room
from consent.store.changes import NOTHING, authorise, change_consent
from consent.store.lifecycle import ConsentEvent, allows, state_after
from consent.store.rows.families import end_families
from consent.store.rows.snapshots import load_consent, lock_consent
from consent.store.supersession import hold_with_former, load_moved_subjects, supersede_former
from kernel.access import Caller
from kernel.banking.consents import Consent, ConsentState
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import AccountUnknown, ConsentForeign, ConsentUnknown
from openapi.owners import is_owner


class Terms(Protocol):
    """The terms that the PSU agrees to, where they differ from the consent's."""

    def changes(self, consent: Consent, now: datetime) -> Mapping[str, Any]:
        """The members of the consent that change, accounts aside. Raises what makes the change void."""
        ...

    def covered(self, consent: Consent, upstream_ids: tuple[str, ...]) -> tuple[str, ...]:
        """The accounts that the consent will cover. Raises AccountUnknown."""
        ...


class AsLodged:
    """The consent as it stands: authorising it again never adds an account."""

    def changes(self, _consent: Consent, _now: datetime) -> Mapping[str, Any]:
        return NOTHING

    def covered(self, consent: Consent, upstream_ids: tuple[str, ...]) -> tuple[str, ...]:
        present = {account.upstream_id for account in consent.accounts}
        if present and not set(upstream_ids) <= present:
            raise AccountUnknown("not an account of the consent that is authorised again")
        if consent.state is ConsentState.PARTIALLY_AUTHORISED and set(upstream_ids) != present:
            raise AccountUnknown("other accounts than those that are half signed")
        return upstream_ids


def check_authorisable(consent: Consent | None, *, caller: Caller, psu_id: str | None, now: datetime) -> Consent:
    """The consent, if this caller may ask this PSU (None: not known yet) for it at `now` (business time). Raises ConsentUnknown,
    ConsentForeign, ConsentExpired, ConsentRevoked or ConsentNotAuthorised."""
    if consent is None:
        raise ConsentUnknown("no such consent")
    if not is_owner(caller, consent):
        raise ConsentForeign(f"consent of client {consent.client_id}")
    if psu_id is not None and consent.psu_id not in (None, psu_id):
        raise ConsentForeign("consent of another PSU")
    state_after(consent, ConsentEvent.AUTHORISE, now)
    return consent


@dataclass(frozen=True, slots=True)
class ConsentSubject:
    """`caller` asks for the consent; `terms` are what its PSU agrees to."""

    room: Room
    brand: Brand
    consent_id: str
    caller: Caller
    terms: Terms = field(default_factory=AsLodged)

    async def load_subjects(self, psu_id: str | None = None) -> Sequence[str]:
        return await load_moved_subjects(self.room.database, self.room.sealer, self.brand.name, self.consent_id, psu_id)

    async def hold(self, unit: UnitOfWork, approval: Approval) -> Consent:
        """Raises what `check_authorisable` raises, and PaymentNotLinked."""
        brand, room = self.brand.name, self.room
        found = await hold_with_former(unit, room.sealer, brand, self.consent_id, approval.psu_id)
        consent = check_authorisable(found, caller=self.caller, psu_id=approval.psu_id, now=self.room.clock.now())
        check_linked(consent, approval.upstream_ids, approval.linked)
        return consent

    async def authorise(self, unit: UnitOfWork, held: Consent, approval: Approval) -> Consent:
        """The consent as it is now, authorised or half signed; tokens of an earlier authorisation end. Raises AccountUnknown."""
        now = self.room.clock.now()
        authorised = await authorise(
            unit,
            self.room,
            held,
            approval.signature(now),
            signing_rules=approval.signing_rules,
            upstream_ids=self.terms.covered(held, approval.upstream_ids),
            identities=approval.identities,
            terms=self.terms.changes(held, now),
        )
        await end_families(unit, self.brand.name, self.consent_id, self.room.clock.wall())
        await supersede_former(unit, self.room, authorised)
        return authorised

    async def lock(self, unit: UnitOfWork) -> None:
        await lock_consent(unit.connection, self.brand.name, self.consent_id)

    async def reject(self, unit: UnitOfWork, psu_id: str) -> None:
        """Only while the consent awaits a PSU: declining to renew what was given before changes nothing, nor does one whose consent it is
        not."""
        consent = await self._load_locked(unit)
        if (
            consent is not None
            and consent.psu_id in (None, psu_id)
            and allows(consent, ConsentEvent.REJECT, self.room.clock.now())
        ):
            await reject_consent(unit, self.room, consent, psu_id)

    async def _load_locked(self, unit: UnitOfWork) -> Consent | None:
        return await load_consent(unit.connection, self.room.sealer, self.brand.name, self.consent_id, lock=True)


async def reject_consent(unit: UnitOfWork, room: Room, consent: Consent, psu_id: str) -> None:
    """Record that the PSU refused it, and end what a first signature led to. The consent is locked. Its first signer stays its PSU."""
    actor = f"psu:{psu_id}"
    await change_consent(unit, room, consent, ConsentEvent.REJECT, actor=actor, psu_id=consent.psu_id or psu_id)
    await end_families(unit, consent.brand, consent.id, room.clock.wall())

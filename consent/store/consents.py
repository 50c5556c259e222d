"""The consent store as others use it: TPPs through the gateway, PSUs through their journey. Each command is one transaction.

A command locks the consent's row, checks again all that the grant depends on, writes the next version with its journal entry and event,
and answers only once every worker would refuse what the change forbids (kernel/hot_state/versions.py).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ports import AccountRemoval
from consent.store.account_removal import (
    RecordClosure,
    Removal,
    load_consents_of_accounts,
    load_references_of,
    remove_from_consents,
)
from consent.store.changes import change_consent, count_lodged, insert_consent
from consent.store.current_snapshots import load_subjects
from consent.store.kinds.registry import BY_NAME, check_lodgement, kind_of
from consent.store.lifecycle import RECORDING_EVENTS, ConsentEvent, check_authorised, expiry_of, state_after
from consent.store.locks import CONSENT, LODGEMENTS
from consent.store.owners import check_owned, check_readable
from consent.store.rows.authorisations import Authorisation, load_authorisations
from consent.store.rows.families import end_families, retire_codes
from consent.store.rows.files import load_payments
from consent.store.rows.references import load_reference
from consent.store.rows.snapshots import load_consent, load_history
from kernel.access import Caller
from kernel.banking.authorisations import AuthorisationState, AuthorisationStatus
from kernel.banking.consents import LIVE_STATES, AccountReference, Consent, ConsentLodgement, ConsentState
from kernel.banking.payments import PaymentTerms
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.idempotency import Idempotency, Outcome
from kernel.commands.locks import Lock
from kernel.commands.runner import Commands, Guard
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import BodyTooLarge, ConsentNotAuthorised, CutOffPassed, FieldDateInvalid, RateExceeded
from kernel.hot_state.subjects import consent_subject
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from openapi.rulebook import rules_of

LODGED_MAX = 10_000  # consents of one client lodged within LODGED_WINDOW, in any state
LODGED_WINDOW = timedelta(hours=24)  # over which a client's lodgements are counted
LODGED_RETRY_SECONDS = 3600  # after which a client at that limit may call again
DOCUMENT_BYTES_MAX = 65_536  # of a consent as it was lodged
SYSTEM = "system"

# After these nothing that grew from the consent may go on living. EXPIRE and LAPSE are none of them: they only record, so nothing may be
# answered otherwise after them than before. Its families are refused because their consent has run out, and say so.
ENDING_EVENTS = frozenset({ConsentEvent.WITHDRAW, ConsentEvent.REVOKE, ConsentEvent.SUPERSEDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStore:
    commands: Commands
    clock: Clock
    ids: Ids
    sealer: Sealer
    lodged_max: int = LODGED_MAX

    @property
    def database(self) -> Database:
        return self.commands.database

    async def lodge(
        self,
        brand: Brand,
        caller: Caller,
        lodgement: ConsentLodgement,
        use: Idempotency | None = None,
        *,
        complete: Callable[[], Awaitable[ConsentLodgement]] | None = None,
    ) -> Consent:
        """A new consent that awaits its PSU; under a key that was used before, the consent that it made, as it is now. `complete` asks the
        bank for the rest of a new lodgement, outside any transaction. Raises what it raises, what the kind refuses (consent/store/kinds/),
        CutOffPassed, FieldDateInvalid, BodyTooLarge, RateExceeded or IdempotencyConflict."""
        if use is None:
            assert complete is None, "a lodgement that asks the bank has a key"
            return await self.commands.run(LodgeConsent(self, brand, caller, lodgement))
        made = None if complete is None else await self.commands.find_earlier(use)
        if made is None:
            whole = lodgement if complete is None else await complete()
            made = await self.commands.run_once(LodgeOnce(LodgeConsent(self, brand, caller, whole)), use)
        consent = await self.load(brand, made.resource_id)
        assert consent is not None, "no consent is deleted while its key is kept"
        return consent

    async def lodge_within(self, unit: UnitOfWork, brand: Brand, caller: Caller, lodgement: ConsentLodgement) -> Consent:
        """`lodge`, in the transaction of the caller's command. Lodgements of one caller are counted one after the other."""
        consent = self._parse_lodgement(brand, caller, lodgement)
        await unit.lock(LODGEMENTS.of(brand.name, caller.actor))
        since = consent.created_at - LODGED_WINDOW
        lodged = await count_lodged(unit.connection, brand.name, caller, since=since, at_most=self.lodged_max)
        if lodged >= self.lodged_max:
            raise RateExceeded(
                f"{caller.actor} lodged {self.lodged_max} consents within {LODGED_WINDOW}",
                rule="lodged-consents",
                retry_after=LODGED_RETRY_SECONDS,
            )
        await insert_consent(unit, self, consent, actor=caller.actor)
        return consent

    async def use(self, unit: UnitOfWork, brand: Brand, caller: Caller, consent_id: str) -> Consent:
        """Use a consent for one payment, in the transaction of the caller's command, which announces its version: one that is given once is
        used up, one that lasts stays as it is, and may pay again. A revocation takes the same lock. Raises ConsentUnknown as `read` does,
        CutOffPassed, ConsentNotAuthorised, ConsentExpired, ConsentRevoked or ConsentSuspended."""
        await unit.lock(CONSENT.of(brand.name, consent_id))
        consent = check_readable(await load_consent(unit.connection, self.sealer, brand.name, consent_id), caller)
        if not kind_of(consent).is_given_once:
            check_authorised(consent, self.clock.now())
            return consent
        if consent.ends_at_cut_off and consent.effective_state(self.clock.now()) is ConsentState.EXPIRED:
            raise CutOffPassed("used after the cut-off that it was lodged before")
        return await change_consent(unit, self, consent, ConsentEvent.CONSUME, actor=caller.actor)

    async def payments_of_file(
        self, connection: AsyncConnection, brand: Brand, consent_id: str, *, first: int, most: int
    ) -> tuple[PaymentTerms, ...]:
        """At most `most` payments of its file, in the order in which they are made, from the number `first` (counted from 1)."""
        return await load_payments(connection, self.sealer, brand.name, consent_id, first=first, most=most)

    async def load(self, brand: Brand, consent_id: str) -> Consent | None:
        """The current version of a consent. Its owner is not checked."""
        async with self.database.read() as connection:
            return await load_consent(connection, self.sealer, brand.name, consent_id)

    async def read(self, brand: Brand, caller: Caller, consent_id: str) -> Consent:
        """Raises ConsentUnknown for an id that is unknown, withdrawn by its TPP, or not this caller's (openapi/owners.py)."""
        return check_readable(await self.load(brand, consent_id), caller)

    async def withdraw(self, brand: Brand, caller: Caller, consent_id: str) -> None:
        """By the TPP. Raises ConsentUnknown as `read` does (so a second time too), ConsentExpired, ConsentRevoked or
        ConsentNotAuthorised when there is nothing left to withdraw."""
        await self._change(brand, consent_id, ConsentEvent.WITHDRAW, actor=caller.actor, caller=caller)

    async def revoke_by_psu(self, brand: Brand, psu_id: str, consent_id: str) -> Consent:
        """By a PSU who signed it, for good. Raises ConsentUnknown for anyone else's."""
        return await self._change(brand, consent_id, ConsentEvent.REVOKE, actor=f"psu:{psu_id}", psu_id=psu_id)

    async def reject(self, brand: Brand, consent_id: str, *, actor: str = SYSTEM) -> Consent:
        return await self._change(brand, consent_id, ConsentEvent.REJECT, actor=actor)

    async def suspend(self, brand: Brand, consent_id: str, *, actor: str = SYSTEM) -> Consent:
        """It may come back: by `resume`, or by a new authorisation of the same PSU."""
        return await self._change(brand, consent_id, ConsentEvent.SUSPEND, actor=actor)

    async def resume(self, brand: Brand, consent_id: str, *, actor: str = SYSTEM) -> Consent:
        return await self._change(brand, consent_id, ConsentEvent.RESUME, actor=actor)

    async def expire(self, brand: Brand, consent_id: str, *, guard: Guard | None = None) -> Consent:
        """Record what time has already decided. Raises ConsentNotAuthorised while the consent is still valid, or what `guard` raises."""
        return await self._change(brand, consent_id, ConsentEvent.EXPIRE, actor=SYSTEM, guard=guard)

    async def lapse(self, brand: Brand, consent_id: str, *, guard: Guard | None = None) -> Consent:
        """Record that a consent was not authorised in time. Raises ConsentNotAuthorised while it still may be, and what `guard` raises."""
        return await self._change(brand, consent_id, ConsentEvent.LAPSE, actor=SYSTEM, guard=guard)

    async def remove_account(self, brand: Brand, upstream_id: str, reason: AccountRemoval) -> int:
        """As consent/ports.py AccountClosures says. A consent that covers no other account is suspended."""
        removal = Removal(upstream_id, reason)
        now = self.clock.wall()
        await self.commands.run(RecordClosure(self.sealer, brand.name, upstream_id, now))
        async with self.database.read() as connection:
            account_ids = await load_references_of(connection, self.sealer, brand.name, upstream_id)
        changed, last = 0, ""
        while account_ids:
            async with self.database.read() as connection:
                batch = await load_consents_of_accounts(connection, brand.name, account_ids, after=last)
            if not batch:
                break
            changed, last = changed + await self._remove_account(brand, removal, batch), batch[-1]
        return changed

    async def _remove_account(self, brand: Brand, removal: Removal, batch: Sequence[str]) -> int:
        subjects = [consent_subject(brand.name, consent_id) for consent_id in batch]
        return await self.commands.run(RemoveAccount(self, brand.name, removal, batch), closing=subjects)

    async def account_reference(self, brand: Brand, organisation_id: str, account_id: str) -> AccountReference | None:
        """The reference with this id, if the organisation received it by any of its consents; else None."""
        async with self.database.read() as connection:
            return await load_reference(
                connection, self.sealer, brand=brand.name, organisation_id=organisation_id, account_id=account_id
            )

    async def history(self, brand: Brand, consent_id: str) -> tuple[Consent, ...]:
        """Every version, oldest first; none if there is no such consent."""
        async with self.database.read() as connection:
            return await load_history(connection, self.sealer, brand.name, consent_id)

    async def authorisations(self, brand: Brand, consent_id: str) -> tuple[Authorisation, ...]:
        async with self.database.read() as connection:
            return await load_authorisations(connection, self.sealer, brand.name, consent_id)

    async def authorisation_states(self, brand: Brand, consent: Consent) -> tuple[AuthorisationState, ...]:
        """The states of its authorisations, oldest first. One that was left unfinished has failed once the consent is over."""
        found, is_over = (
            await self.authorisations(brand, consent.id),
            consent.effective_state(self.clock.now()) not in LIVE_STATES,
        )
        return tuple(
            AuthorisationState(each.id, AuthorisationStatus.FAILED if is_over and each.ended_at is None else each.status)
            for each in found
        )

    def _parse_lodgement(self, brand: Brand, caller: Caller, lodgement: ConsentLodgement) -> Consent:
        now = self.clock.now()
        check_lodgement(lodgement)
        terms, used_by = BY_NAME[lodgement.kind].plan(lodgement.terms, brand, now)
        ends = [end for end in (lodgement.ends_at(now), used_by) if end is not None]
        if lodgement.opens_at is not None and now < lodgement.opens_at:
            raise CutOffPassed("lodged after the cut-off")
        if lodgement.valid_until is not None and lodgement.valid_until <= now:
            raise FieldDateInvalid("valid until a moment that has passed")
        if len(lodgement.document) > DOCUMENT_BYTES_MAX:
            raise BodyTooLarge(f"document of {len(lodgement.document)} bytes")
        return Consent(
            id=self.ids.uuid(),
            brand=brand.name,
            version=1,
            kind=lodgement.kind,
            state=BY_NAME[lodgement.kind].first_state,
            client_id=caller.client_id or "",  # "": lodged by certificate alone
            organisation_id=caller.organisation_id,
            lodged_as=lodgement.lodged_as,
            terms=terms,
            created_at=now,
            state_changed_at=now,
            valid_until=min(ends, default=None),
            lapses_at=now + rules_of(lodgement.lodged_as).unanswered_wait,
            frequency_per_day=brand.granted_frequency(lodgement.frequency_per_day),
            is_recurring=lodgement.is_recurring,
            purpose=lodgement.purpose,
            document=lodgement.document,
        )

    async def _change(
        self,
        brand: Brand,
        consent_id: str,
        event: ConsentEvent,
        *,
        actor: str,
        caller: Caller | None = None,
        psu_id: str | None = None,
        guard: Guard | None = None,
    ) -> Consent:
        """One event as one transaction, on behalf of `caller` or `psu_id` if given."""

        command = ChangeConsent(self, brand.name, consent_id, event, actor=actor, caller=caller, psu_id=psu_id)
        subjects: tuple[str, ...] = (consent_subject(brand.name, consent_id),)
        if event in ENDING_EVENTS:
            subjects = await load_subjects(self.database, brand.name, consent_id)
        return await self.commands.run(command, closing=subjects, guard=guard)


@dataclass(frozen=True, slots=True)
class LodgeConsent:
    name = "lodge_consent"
    locks = ()
    store: ConsentStore
    brand: Brand
    caller: Caller
    lodgement: ConsentLodgement

    async def handle(self, unit: UnitOfWork) -> Consent:
        return await self.store.lodge_within(unit, self.brand, self.caller, self.lodgement)


@dataclass(frozen=True, slots=True)
class LodgeOnce:
    """`LodgeConsent` under an idempotency key."""

    name = "lodge_once"
    locks = ()
    lodging: LodgeConsent

    async def handle(self, unit: UnitOfWork) -> Outcome:
        consent = await self.lodging.handle(unit)
        return Outcome(resource_id=consent.id, outcome=consent.state)


@dataclass(frozen=True, slots=True)
class ChangeConsent:
    """Carry out one event of the lifecycle, on behalf of `caller` or `psu_id` if given."""

    name = "change_consent"
    store: ConsentStore
    brand: str
    consent_id: str
    event: ConsentEvent
    actor: str
    caller: Caller | None = None
    psu_id: str | None = None

    @property
    def locks(self) -> Sequence[Lock]:
        return (CONSENT.of(self.brand, self.consent_id),)

    async def handle(self, unit: UnitOfWork) -> Consent:
        store, event, connection = self.store, self.event, unit.connection
        is_there = unit.locked(*self.locks) is not None
        found = await load_consent(connection, store.sealer, self.brand, self.consent_id) if is_there else None
        consent = check_owned(found, self.caller, self.psu_id)
        if event in RECORDING_EVENTS:
            event = self._due(consent)
        following = await change_consent(unit, store, consent, event, actor=self.actor)
        if event in ENDING_EVENTS:
            await end_families(unit, self.brand, self.consent_id, store.clock.wall())
        elif self.event in RECORDING_EVENTS:
            await retire_codes(connection, self.brand, self.consent_id, store.clock.wall())
        return following

    def _due(self, consent: Consent) -> ConsentEvent:
        """The event to record; for a consent for one use, that it was used. Raises the problem that forbids the event in the recorded
        state, or ConsentNotAuthorised before its time."""
        now = self.store.clock.now()
        event = expiry_of(consent, now) if self.event is ConsentEvent.EXPIRE else self.event
        if consent.effective_state(now) is not state_after(consent, event, now):
            raise ConsentNotAuthorised(f"not yet time to {event} consent {consent.id}")
        return event


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Take an account out of a batch of consents: how many lost it."""

    name = "remove_account"
    store: ConsentStore
    brand: str
    removal: Removal
    batch: Sequence[str]

    @property
    def locks(self) -> Sequence[Lock]:
        return tuple(CONSENT.of(self.brand, consent_id) for consent_id in self.batch)

    async def handle(self, unit: UnitOfWork) -> int:
        held = [lock.key for lock in self.locks if unit.locked(lock) is not None]
        return await remove_from_consents(unit, self.store, self.brand, held, self.removal)

"""Write a consent: a new one, or the next version of one. Row, snapshot, journal entry and event stand or fall together.

Callers hold the row's lock (`load_consent(..., lock=True)`), and pass the unit of work of their command: what else it changes, an
order for instance, is committed together with the consent or not at all.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.events import CONSENT_LODGED, FACTS, render_event
from consent.store.kinds.kind import Chosen
from consent.store.kinds.registry import kind_of
from consent.store.lifecycle import ConsentEvent, is_recording, state_after
from consent.store.rows.account_index import index_accounts
from consent.store.rows.consent_signers import index_signers
from consent.store.rows.references import take_references
from consent.store.rows.snapshots import LODGED, insert_snapshot
from consent.store.signers import Signed, sign
from consent.store.tables.consents import consents
from kernel.access import Caller
from kernel.banking.consents import AccountIdentity, AccountsTerms, Consent, Terms
from kernel.banking.signers import Signature, SigningRule
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentSuspended
from kernel.hot_state.subjects import consent_subject
from kernel.ids import Ids
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry
from kernel.storage.sealed import Sealer

NOTHING: Mapping[str, str] = MappingProxyType({})


class Tools(Protocol):
    """The parts that writing a consent needs, apart from a transaction. The consent server's Services implement it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def sealer(self) -> Sealer: ...


async def insert_consent(unit: UnitOfWork, tools: Tools, consent: Consent, *, actor: str) -> None:
    await unit.connection.execute(consents.insert().values(**_columns(consent), created_at=consent.created_at))
    await _record(unit, tools, consent, fact=CONSENT_LODGED, event=LODGED, at=consent.created_at, actor=actor)


async def change_consent(
    unit: UnitOfWork,
    tools: Tools,
    consent: Consent,
    event: ConsentEvent,
    *,
    actor: str,
    details: Mapping[str, str] = NOTHING,
    **changes: Any,
) -> Consent:
    """Make the version that `event` leads to, current from the commit on; `details` are added to its journal entry and its event.
    Raises as `lifecycle.next_state` does; nothing is written then."""
    if event is ConsentEvent.RESUME and not consent.access:
        raise ConsentSuspended("no account is left: its PSU must choose again")
    now = tools.clock.now()
    at = (
        consent.effective_since(now) if is_recording(consent, event, now) else now
    )  # when it became so, not when it was written down
    since = consent.state_changed_at if event is ConsentEvent.REMOVE_ACCOUNT else at
    state = state_after(consent, event, now)
    following = msgspec.structs.replace(consent, version=consent.version + 1, state=state, state_changed_at=since, **changes)
    await unit.connection.execute(
        consents.update().where(consents.c.brand == consent.brand, consents.c.id == consent.id).values(**_columns(following))
    )
    await index_accounts(unit.connection, consent, following)
    await index_signers(unit.connection, tools.sealer, consent, following)
    await _record(unit, tools, following, fact=FACTS[event], event=event, at=at, actor=actor, details=details, before=consent)
    unit.move(consent_subject(consent.brand, consent.id), following.version)
    return following


async def authorise(
    unit: UnitOfWork,
    tools: Tools,
    consent: Consent,
    signature: Signature,
    *,
    signing_rules: tuple[SigningRule, ...],
    upstream_ids: tuple[str, ...],
    identities: Mapping[str, AccountIdentity],
    terms: Mapping[str, Any] = NOTHING,
) -> Consent:
    """The PSU shares `upstream_ids`, for which `signing_rules` say who must sign, and agrees to other `terms` than before if there are
    any. `identities` are those of the accounts, by the same ids: of a consent that names accounts, what each opens, and which it goes on
    naming. Raises AccountUnknown and what `consent.store.signers.sign` raises."""
    references = await take_references(
        unit.connection,
        tools.sealer,
        tools.ids,
        brand=consent.brand,
        organisation_id=consent.organisation_id,
        upstream_ids=upstream_ids,
        at=tools.clock.now(),
    )
    signed = sign(consent, signature, signing_rules, tools.clock.now(), is_amended=bool(terms))
    chosen = tuple(Chosen(each, identities.get(each.upstream_id)) for each in references)
    agreed = msgspec.structs.replace(consent, **terms)
    settled = {"access": kind_of(consent).settle(agreed, chosen), "terms": _keep(agreed.terms, chosen)}
    return await _record_signature(unit, tools, consent, signed, {"psu_id": signature.psu_id, **terms, **settled})


async def cosign(unit: UnitOfWork, tools: Tools, consent: Consent, signature: Signature) -> Consent:
    """Another of those who must sign agrees to exactly what the first agreed to."""
    signed = sign(consent, signature, (), tools.clock.now())
    return await _record_signature(unit, tools, consent, signed, NOTHING)


async def _record_signature(
    unit: UnitOfWork, tools: Tools, consent: Consent, signed: Signed, agreed: Mapping[str, Any]
) -> Consent:
    """Its validity is counted from the signature that authorises it."""
    following = msgspec.structs.replace(consent, **agreed, **signed.changes)
    until = consent.valid_until
    if signed.event is not ConsentEvent.AUTHORISE_PARTIALLY:
        until = kind_of(consent).valid_until(following, tools.clock.now())
    return await change_consent(
        unit,
        tools,
        consent,
        signed.event,
        actor=f"psu:{signed.signature.psu_id}",
        details=signed.details,
        **{**agreed, **signed.changes, "valid_until": until},
    )


def _keep(terms: Terms, chosen: tuple[Chosen, ...]) -> Terms:
    """The terms, naming no other account than those that were chosen."""
    if not isinstance(terms, AccountsTerms) or not terms.named:
        return terms
    known = [each.identity for each in chosen if each.identity is not None]
    return msgspec.structs.replace(terms, named=tuple(each for each in terms.named if any(map(each.names, known))))


async def count_lodged(connection: AsyncConnection, brand: str, caller: Caller, *, since: datetime, at_most: int) -> int:
    """The number of consents that the caller lodged after `since`, in any state; counting stops at `at_most`."""
    lodger = consents.c.client_id == caller.client_id
    if caller.client_id is None:
        lodger = sa.and_(consents.c.client_id == "", consents.c.organisation_id == caller.organisation_id)
    lodged = (
        sa.select(sa.literal(1))
        .where(
            consents.c.brand == brand,
            lodger,
            consents.c.created_at > since,
        )
        .limit(at_most)
        .subquery()
    )
    return int((await connection.execute(sa.select(sa.func.count()).select_from(lodged))).scalar_one())


async def _record(
    unit: UnitOfWork,
    tools: Tools,
    consent: Consent,
    *,
    fact: str,
    event: str,
    at: datetime,
    actor: str,
    details: Mapping[str, str] = NOTHING,
    before: Consent | None = None,
) -> None:
    """Write a version of a consent, its journal entry and its event. `at` is business time; entry and event bear the moment of writing,
    in protocol time."""
    written = tools.clock.wall()
    await insert_snapshot(unit.connection, tools.sealer, consent, event, at, before=before)
    unit.record(
        Entry(
            brand=consent.brand,
            kind=fact,
            aggregate_id=consent.id,
            at=written,
            actor=actor,
            interaction_id=interaction_id.get(),
            facts={
                "state": consent.state,
                "version": consent.version,
                "client_id": consent.client_id,
                "accounts": [reference.id for reference in consent.accounts],
                **details,
            },
        )
    )
    unit.publish(render_event(fact, consent, tools.ids.uuid(), written, details))


def _columns(consent: Consent) -> dict[str, Any]:
    """The columns that a version may move, and those that make the row."""
    return {
        "brand": consent.brand,
        "id": consent.id,
        "version": consent.version,
        "kind": consent.kind,
        "state": consent.state,
        "client_id": consent.client_id,
        "organisation_id": consent.organisation_id,
        "lodged_as": consent.lodged_as,
        "psu_id": consent.psu_id,
        "state_changed_at": consent.state_changed_at,
        "valid_until": consent.valid_until,
    }

"""Take an account that has gone out of the consents that cover it, and out of no other. UK Open Banking, event `linked-account-update`.

A consent keeps its state, its tokens and its other accounts. One that is left with none is suspended, and its PSU
may choose again; a half-signed one is rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ports import AccountRemoval
from consent.store.changes import Tools, change_consent
from consent.store.lifecycle import ConsentEvent, allows
from consent.store.locks import CLOSURES
from consent.store.rows.closures import record_closure
from consent.store.rows.families import retire_codes
from consent.store.rows.references import blind_upstream_id
from consent.store.rows.snapshots import load_consent
from consent.store.tables.consents import account_references, consent_accounts
from consent.store.tables.oauth import clients, organisations
from kernel.banking.consents import AccountReference, Consent, ConsentState
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.sealed import Sealer

CONSENTS_PER_BATCH = 100  # consents read at a time when an account is removed
BLINDS_PER_QUERY = 500  # accounts looked up by one statement
SYSTEM = "system"
NO_ACCOUNT_LEFT = "no_account_left"

# What becomes of a consent without an account. A half-signed one has nothing left that the next signer could agree to.
_WITHOUT_ACCOUNT = {ConsentState.AUTHORISED: ConsentEvent.SUSPEND, ConsentState.PARTIALLY_AUTHORISED: ConsentEvent.REJECT}


@dataclass(frozen=True, slots=True)
class Removal:
    """Which of the bank's accounts has gone, and why."""

    upstream_id: str
    reason: AccountRemoval


@dataclass(frozen=True, slots=True)
class RecordClosure:
    """No approval that shares the account is under way when it is committed, and none may begin."""

    name = "record_closure"
    sealer: Sealer
    brand: str
    upstream_id: str
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return (CLOSURES.of(self.brand, ""),)

    async def handle(self, unit: UnitOfWork) -> None:
        await record_closure(unit.connection, self.sealer, self.brand, self.upstream_id, self.now)


async def load_references_of(connection: AsyncConnection, sealer: Sealer, brand: str, upstream_id: str) -> tuple[str, ...]:
    """The ids under which organisations know the account: those of all clients, and those that call by certificate alone."""
    of_clients = sa.select(clients.c.organisation_id).where(clients.c.brand == brand)
    by_certificate = sa.select(organisations.c.id).where(organisations.c.brand == brand)
    known_to = await connection.scalars(of_clients.union(by_certificate))
    blinds = [blind_upstream_id(sealer, brand, organisation_id, upstream_id) for organisation_id in known_to]
    found: list[str] = []
    for start in range(0, len(blinds), BLINDS_PER_QUERY):
        known = sa.select(account_references.c.account_id).where(
            account_references.c.brand == brand,
            account_references.c.upstream_blind.in_(blinds[start : start + BLINDS_PER_QUERY]),
        )
        found += await connection.scalars(known)
    return tuple(found)


async def load_consents_of_accounts(
    connection: AsyncConnection, brand: str, account_ids: Sequence[str], *, after: str
) -> tuple[str, ...]:
    """The next consents, in the order of their ids, that cover one of the accounts."""
    covering = (
        sa.select(consent_accounts.c.consent_id)
        .where(
            consent_accounts.c.brand == brand,
            consent_accounts.c.account_id.in_(account_ids),
            consent_accounts.c.consent_id > after,
        )
        .distinct()
        .order_by(consent_accounts.c.consent_id)
        .limit(CONSENTS_PER_BATCH)
    )
    return tuple(await connection.scalars(covering))


async def remove_from_consents(unit: UnitOfWork, tools: Tools, brand: str, consent_ids: Sequence[str], removal: Removal) -> int:
    """Remove an account from consents whose rows are locked, and return how many changed. A consent that has ended meanwhile, or has lost
    the account already, stays as it is."""
    changed = 0
    for consent_id in consent_ids:
        consent = await load_consent(unit.connection, tools.sealer, brand, consent_id)
        if consent is None or not allows(consent, ConsentEvent.REMOVE_ACCOUNT, tools.clock.now()):
            continue
        removed = next((account for account in consent.accounts if account.upstream_id == removal.upstream_id), None)
        if removed is not None:
            await _remove(unit, tools, consent, removed, removal.reason)
            changed += 1
    return changed


async def _remove(unit: UnitOfWork, tools: Tools, consent: Consent, removed: AccountReference, reason: AccountRemoval) -> None:
    left = tuple(each for each in consent.access if each.account != removed)
    following = await change_consent(
        unit,
        tools,
        consent,
        ConsentEvent.REMOVE_ACCOUNT,
        actor=SYSTEM,
        details={"removed_account": removed.id, "reason": reason},
        access=left,
    )
    event = None if left else _WITHOUT_ACCOUNT.get(following.state)
    if event is ConsentEvent.REJECT:
        await retire_codes(unit.connection, consent.brand, consent.id, tools.clock.wall())
    if event is not None:
        await change_consent(unit, tools, following, event, actor=SYSTEM, details={"reason": NO_ACCOUNT_LEFT})

"""What a PSU's answer does to the consent, whichever way it was asked for: authorise it, or reject it, in the transaction of the answer.

What the pages learned is a hint: state, owner and validity of the consent are read again under its row lock (DESIGN: writes).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.linked_terms import check_linked
from consent.authorization.authorize.amendment import Amendment, terms_of
from consent.authorization.clients.client import Client
from consent.services import Services
from consent.store.changes import authorise, change_consent
from consent.store.lifecycle import ConsentEvent, allows, state_after
from consent.store.rows.authorisations import AuthorisationStatus, Shown, end_authorisation
from consent.store.rows.families import end_families
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.errors import AccountUnknown, ConsentForeign, ConsentUnknown
from kernel.hot_state.subjects import consent_subject, family_subject
from openapi.owners import is_owner

Moved = dict[str, int]  # subjects and their new versions, to be published by the caller


@dataclass(frozen=True, slots=True)
class Approval:
    """Who shares what, and what proves it. `authenticated_at` is protocol time."""

    psu_id: str
    upstream_ids: tuple[str, ...]
    authorisation_id: str
    authenticated_at: datetime
    shown: Shown
    linked: str = ""  # the payment that was authenticated (consent/authentication/linked_terms.py)


def check_authorisable(consent: Consent | None, *, client: Client, psu_id: str | None, now: datetime) -> Consent:
    """The consent, if this client may ask this PSU (None: not known yet) for it at `now` (business time). Raises ConsentUnknown,
    ConsentForeign, ConsentExpired, ConsentRevoked or ConsentNotAuthorised."""
    if consent is None:
        raise ConsentUnknown("no such consent")
    if not is_owner(client.caller, consent):
        raise ConsentForeign(f"consent of client {consent.client_id}")
    if psu_id is not None and consent.psu_id not in (None, psu_id):
        raise ConsentForeign("consent of another PSU")
    state_after(consent, ConsentEvent.AUTHORISE, now)
    return consent


async def authorise_consent(
    connection: AsyncConnection,
    services: Services,
    brand: Brand,
    *,
    client: Client,
    consent_id: str,
    approval: Approval,
    amendment: Amendment | None = None,
) -> tuple[Consent, Moved]:
    """The consent as it is authorised now; tokens of an earlier authorisation end. `check_open` (consent/store/rows/closures.py) comes first
    in the transaction. Raises what `check_authorisable` raises, PaymentNotLinked, or AccountUnknown."""
    found = await load_consent(connection, services.sealer, brand.name, consent_id, lock=True)
    now = services.clock.now()
    consent = check_authorisable(found, client=client, psu_id=approval.psu_id, now=now)
    check_linked(consent, approval.upstream_ids, approval.linked)
    terms = terms_of(consent, amendment, now)
    authorised = await authorise(
        connection,
        services,
        consent,
        psu_id=approval.psu_id,
        upstream_ids=_covered(consent, amendment, approval.upstream_ids),
        authorisation_id=approval.authorisation_id,
        shown=approval.shown,
        terms=terms,
    )
    ended = await end_families(connection, brand.name, consent_id, services.clock.wall())
    moved = {family_subject(brand.name, family_id): version for family_id, version in ended}
    return authorised, moved | {consent_subject(brand.name, consent_id): authorised.version}


async def reject_consent(
    connection: AsyncConnection,
    services: Services,
    brand: Brand,
    *,
    consent_id: str,
    psu_id: str | None,
    authorisation_id: str | None,
) -> Moved:
    """The consent is rejected by a known PSU only, and only while it awaits one: whoever cancels before signing in, or declines to renew
    what they gave before, changes nothing."""
    consent = await load_consent(connection, services.sealer, brand.name, consent_id, lock=True)
    if authorisation_id is not None:
        await end_authorisation(
            connection,
            services.sealer,
            brand=brand.name,
            authorisation_id=authorisation_id,
            status=AuthorisationStatus.FAILED,
            at=services.clock.wall(),
        )
    if psu_id is None or consent is None or not allows(consent, ConsentEvent.REJECT, services.clock.now()):
        return {}
    rejected = await change_consent(connection, services, consent, ConsentEvent.REJECT, actor=f"psu:{psu_id}", psu_id=psu_id)
    return {consent_subject(brand.name, consent_id): rejected.version}


def _covered(consent: Consent, amendment: Amendment | None, upstream_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The accounts that the consent will cover. Authorising again never adds an account, a merge never takes one away."""
    present = tuple(account.upstream_id for account in consent.accounts)
    if amendment is None and present and not set(upstream_ids) <= set(present):
        raise AccountUnknown("not an account of the consent that is authorised again")
    if amendment is None or amendment.action == "replace":
        return upstream_ids
    return tuple(dict.fromkeys((*present, *upstream_ids)))

"""A decision taken before its page was opened, on behalf of a PSU: it answers the journey that waits for it, or the next
authorization request that it fits, with the redirect and no page.

It passes the same transaction and the same checks as a page's answer; its evidence is what the identity's own device vouches for.
"""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.approval import Approval
from consent.authentication.bank_answer import answering
from consent.authentication.challenge import AuthenticationUnavailable
from consent.authentication.linked_terms import linked_of
from consent.authorization.agreement.terms import (
    Option,
    load_options,
    needing_others,
    offered,
    render_shown,
    render_terms,
    shown_of,
)
from consent.authorization.authorize.stored_request import LODGED_AS_DEFAULT
from consent.authorization.offer.authorization_details import LODGED_AS_RAR
from consent.customer.answers.outcome import approve, deny
from consent.customer.session.problems import JourneyAnswered
from consent.customer.session.session import Asked
from consent.errors import RequestUriInvalid, SignaturesMissing
from consent.ports import LinkedTerms, Psu, ScaEvidence
from consent.services import Services
from consent.store.lifecycle import ConsentEvent, state_after
from consent.store.rows.authorisations import Shown, start_authorisation
from consent.store.rows.formats import check_format
from consent.store.rows.journeys import Journey, take_journey
from consent.store.rows.snapshots import load_consent
from consent.store.tables.consents import decisions
from kernel import json
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.errors import AccountUnknown, ConsentForeign, ConsentUnknown
from kernel.http.message import Response

DECISION_MAX = timedelta(minutes=15)
DECIDED = "decided"  # the approach of an authorisation that a stored decision made
FORMAT = 1


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    approve: bool
    psu_id: str
    options: tuple[Option, ...] = ()
    evidence: ScaEvidence | None = None


async def decide(
    services: Services,
    brand: Brand,
    *,
    consent_id: str | None,
    client_id: str | None,
    approve: bool,
    psu: Psu,
    upstream_ids: tuple[str, ...] | None = None,
) -> None:
    """Store a decision about `consent_id`, or about the next request of `client_id` that names no consent. `upstream_ids` None shares
    every account that the PSU may share, or that a consent to be authorised again covers. A new decision replaces one that still waits.

    Raises ConsentUnknown, ConsentForeign, ConsentNotAuthorised, ConsentExpired, ConsentRevoked, AccountUnknown, SignaturesMissing or
    AuthenticationUnavailable."""
    decision_id = services.ids.uuid()
    consent = await _load_decidable(services, brand, consent_id, psu, approve=approve)
    decision = Decision(approve=approve, psu_id=psu.id)
    if approve:
        options = await choose_options(services, brand, psu, decision_id, consent=consent, upstream_ids=upstream_ids)
        linked = linked_of(consent, options[0].upstream_id) if consent is not None and consent.payment is not None else None
        evidence = await ask_device(services, brand, psu, decision_id, linked)
        decision = Decision(approve=True, psu_id=psu.id, options=options, evidence=evidence)
    sealed = services.sealer.seal(json.encode(decision), *_place(brand, decision_id))
    now = services.clock.wall()

    async def work(connection: AsyncConnection) -> None:
        replaced = decisions.c.consent_id == consent_id if consent_id else decisions.c.client_id == client_id
        await connection.execute(
            decisions.delete().where(decisions.c.brand == brand.name, replaced, decisions.c.taken_at.is_(None))
        )
        await connection.execute(
            decisions.insert().values(
                brand=brand.name,
                id=decision_id,
                consent_id=consent_id,
                client_id=client_id,
                format=FORMAT,
                decision=sealed,
                created_at=now,
                expires_at=now + DECISION_MAX,
            )
        )

    await services.database.write(work)


async def settle(services: Services, brand: Brand, asked: Asked, journey: Journey | None = None) -> Response | None:
    """The answer that a stored decision gives to what is asked, or None; `journey` is the one that waits for it, if any.
    Raises as a page's answer does (consent/customer/answers/outcome.py)."""
    found = await _find(services, brand, asked.consent)
    if found is None:
        return None
    decision_id, decision = found
    authorisation_id = services.ids.uuid()

    async def claim(connection: AsyncConnection) -> None:
        now = services.clock.wall()
        if not await _take_decision(connection, brand, decision_id, now):
            raise RequestUriInvalid("the decision was used for another request")
        if journey is not None and not await take_journey(connection, journey, now):
            raise JourneyAnswered(journey.id)
        await _record_authorisation(connection, services, asked.consent, decision, authorisation_id)

    if not decision.approve or decision.evidence is None:
        return await deny(services, brand, asked, claim, psu_id=decision.psu_id, authorisation_id=authorisation_id)
    options = offered(asked.consent, decision.options, asked.amendment)
    if not options:
        raise AccountUnknown("none of the accounts that were decided on can be shared under this request")
    approval = Approval(
        psu_id=decision.psu_id,
        upstream_ids=tuple(option.upstream_id for option in options),
        authorisation_id=authorisation_id,
        evidence=decision.evidence,
        shown=_shown(services, brand, asked, options),
    )
    return await approve(services, brand, asked, approval, claim)


def _shown(services: Services, brand: Brand, asked: Asked, options: tuple[Option, ...]) -> Shown:
    if asked.consent.payment is not None:
        return shown_of(asked.client, asked.consent, options, page="none")
    return render_shown(render_terms(services, brand, asked.client, asked.consent, asked.amendment), options, page="none")


async def _load_decidable(services: Services, brand: Brand, consent_id: str | None, psu: Psu, *, approve: bool) -> Consent | None:
    """None for a decision about a consent that is still to come."""
    if consent_id is None:
        return None
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, brand.name, consent_id)
    if consent is None:
        raise ConsentUnknown(consent_id)
    if consent.psu_id not in (None, psu.id):
        raise ConsentForeign("consent of another PSU")
    if approve:
        state_after(consent, ConsentEvent.AUTHORISE, services.clock.now())
    return consent


async def choose_options(
    services: Services,
    brand: Brand,
    psu: Psu,
    decision_id: str,
    *,
    consent: Consent | None,
    upstream_ids: tuple[str, ...] | None,
) -> tuple[Option, ...]:
    """The accounts that are decided on; `upstream_ids` None: every one that may be shared, or, for a
    payment, the first that may pay. Raises AccountUnknown or SignaturesMissing."""
    options = await load_options(services, brand, psu, decision_id)
    if consent is not None:
        options = _check_signatures(consent, options, upstream_ids)
    chosen = tuple(option for option in options if upstream_ids is None or option.upstream_id in upstream_ids)
    if not options:
        raise AccountUnknown("no account at all", public="The customer has no account for this.")
    if not chosen or (upstream_ids is not None and len(chosen) != len(set(upstream_ids))):
        raise AccountUnknown("not an account that the PSU may share")
    if consent is not None and consent.payment is not None:  # which one account makes
        if upstream_ids is not None and len(chosen) != 1:
            raise AccountUnknown("a payment from several accounts")
        return chosen[:1]
    return chosen


def _check_signatures(consent: Consent, options: tuple[Option, ...], upstream_ids: tuple[str, ...] | None) -> tuple[Option, ...]:
    """The accounts that are offered. Raises SignaturesMissing where others must agree to what is decided on."""
    able, withheld = offered(consent, options), needing_others(consent, options)
    named = [option for option in withheld if upstream_ids is not None and option.upstream_id in upstream_ids]
    if named or (withheld and upstream_ids is None and not able):
        raise SignaturesMissing(f"{len(withheld)} accounts need others")
    return able


async def ask_device(
    services: Services, brand: Brand, psu: Psu, decision_id: str, linked: LinkedTerms | None = None
) -> ScaEvidence:
    """What the identity's own device vouches for. Raises AuthenticationUnavailable."""
    async with answering():
        challenge = await services.identity.start_sca(brand, psu, "device", decision_id, linked)
        evidence = await services.identity.finish_sca(brand, psu, challenge, "", linked)
    if evidence is None:
        raise AuthenticationUnavailable("the device did not confirm")
    return evidence


async def _find(services: Services, brand: Brand, consent: Consent) -> tuple[str, Decision] | None:
    """The newest decision that waits for this consent, or else for its client if no consent was named. A payment is decided on by name
    alone: whoever decides must know it."""
    fits = decisions.c.consent_id == consent.id
    if consent.payment is None and consent.lodged_as in (LODGED_AS_DEFAULT, LODGED_AS_RAR):
        fits = sa.or_(fits, decisions.c.client_id == consent.client_id)
    query = (
        sa.select(decisions.c.id, decisions.c.format, decisions.c.decision)
        .where(
            decisions.c.brand == brand.name,
            fits,
            decisions.c.taken_at.is_(None),
            decisions.c.expires_at > services.clock.wall(),
        )
        .order_by(sa.case((decisions.c.consent_id == consent.id, 0), else_=1), decisions.c.created_at.desc())
        .limit(1)
    )
    async with services.database.read() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    check_format(f"decision {row.id}", row.format, present=FORMAT)
    return row.id, msgspec.json.decode(services.sealer.open(row.decision, *_place(brand, row.id)), type=Decision)


async def _take_decision(connection: AsyncConnection, brand: Brand, decision_id: str, now: datetime) -> bool:
    taken = await connection.execute(
        decisions.update()
        .where(decisions.c.brand == brand.name, decisions.c.id == decision_id, decisions.c.taken_at.is_(None))
        .values(taken_at=now)
    )
    return taken.rowcount == 1


async def _record_authorisation(
    connection: AsyncConnection, services: Services, consent: Consent, decision: Decision, authorisation_id: str
) -> None:
    await start_authorisation(
        connection,
        services.sealer,
        brand=consent.brand,
        authorisation_id=authorisation_id,
        subject_id=consent.id,
        psu_id=decision.psu_id,
        approach=DECIDED,
        at=services.clock.wall(),
        evidence=decision.evidence,
    )


def _place(brand: Brand, decision_id: str) -> tuple[str, ...]:
    return ("decisions", "decision", brand.name, decision_id)

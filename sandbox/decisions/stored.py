"""A decision taken before its page was opened, on behalf of a PSU: it answers the journey that waits for it, or the next
authorization request that it fits, with the redirect and no page.

It passes the same transaction and the same checks as a page's answer; its evidence is what the identity's own device vouches for.
"""

from consent.authentication.approval import Approval, Claim
from consent.authentication.linked_terms import linked_of
from consent.authorization.agreement.signing_rules import load_signing_rules
from consent.authorization.agreement.terms import (
    Option,
    described,
    identities_of,
    offered,
    render_shown,
    render_terms,
    shown_of,
)
from consent.customer.answers.outcome import approve, deny
from consent.customer.session.problems import JourneyAnswered
from consent.customer.session.session import Asked, load_asked
from consent.errors import RequestUriInvalid
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.lifecycle import ConsentEvent, state_after
from consent.store.rows.authorisations import Shown, start_authorisation
from consent.store.rows.journeys import Journey, take_journey
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import AccountUnknown, ConsentForeign, ConsentUnknown
from kernel.http.message import Response
from sandbox.decisions.choice import ask_device, choose_options
from sandbox.decisions.rows import Decision, StoredDecision, StoreDecision, find_decision, take_decision

DECIDED = "decided"  # the approach of an authorisation that a stored decision made


class StoredDecisions:
    """The consent server's PriorAnswers: the decisions that wait in their table."""

    async def settle(
        self, services: Services, brand: Brand, consent: Consent, pushed_id: str, journey: Journey | None
    ) -> Response | None:
        """Raises as a page's answer does (consent/customer/answers/outcome.py)."""
        async with services.database.read() as connection:
            stored = await find_decision(connection, services.sealer, consent, services.clock.wall())
            if stored is None:
                return None
            asked = await load_asked(connection, services, brand, pushed_id, consent.id)
        return await use(services, brand, asked, journey, stored)


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

    Raises ConsentUnknown, ConsentForeign, ConsentNotAuthorised, ConsentExpired, ConsentRevoked, AccountUnknown, SignaturesMissing,
    SignersUnable or AuthenticationUnavailable."""
    decision_id = services.ids.uuid()
    consent = await _load_decidable(services, brand, consent_id, psu, approve=approve)
    decision = Decision(approve=approve, psu_id=psu.id)
    if approve:
        options = await choose_options(services, brand, psu, decision_id, consent=consent, upstream_ids=upstream_ids)
        if consent is not None:
            await load_signing_rules(services, brand, consent, psu.customer_id, options)
        linked = linked_of(consent, options[0].upstream_id) if consent is not None and kind_of(consent).is_linked else None
        evidence = await ask_device(services, brand, psu, decision_id, linked)
        decision = Decision(approve=True, psu_id=psu.id, customer_id=psu.customer_id, options=options, evidence=evidence)

    await services.commands.run(
        StoreDecision(
            sealer=services.sealer,
            brand=brand.name,
            decision_id=decision_id,
            consent_id=consent_id,
            client_id=client_id,
            decision=decision,
            now=services.clock.wall(),
        )
    )


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


async def use(services: Services, brand: Brand, asked: Asked, journey: Journey | None, stored: StoredDecision) -> Response:
    """Answer what is asked; `journey` is the one that waits for it, if any. Raises RequestUriInvalid for a decision that was used."""
    decision, authorisation_id = stored.decision, services.ids.uuid()
    claim = _claim(services, asked, journey, stored, authorisation_id)
    if not decision.approve or decision.evidence is None:
        return await deny(services, brand, asked, claim, psu_id=decision.psu_id, authorisation_id=authorisation_id)
    options = offered(asked.consent, decision.options, asked.amendment)
    if not options:
        raise AccountUnknown("none of the accounts that were decided on can be shared under this request")
    approval = Approval(
        psu_id=decision.psu_id,
        customer_id=decision.customer_id,
        upstream_ids=tuple(option.upstream_id for option in options),
        identities=identities_of(options),
        signing_rules=await load_signing_rules(services, brand, asked.consent, decision.customer_id, options),
        authorisation_id=authorisation_id,
        evidence=decision.evidence,
        shown=_shown(services, brand, asked, options),
    )
    return await approve(services, brand, asked, approval, claim)


def _claim(services: Services, asked: Asked, journey: Journey | None, stored: StoredDecision, authorisation_id: str) -> Claim:
    async def claim(unit: UnitOfWork) -> None:
        connection, now = unit.connection, services.clock.wall()
        if not await take_decision(connection, asked.consent.brand, stored.id, now):
            raise RequestUriInvalid("the decision was used for another request")
        if journey is not None and not await take_journey(connection, journey, now):
            raise JourneyAnswered(journey.id)
        await start_authorisation(
            connection,
            services.sealer,
            brand=asked.consent.brand,
            authorisation_id=authorisation_id,
            subject_id=asked.consent.id,
            psu_id=stored.decision.psu_id,
            approach=DECIDED,
            at=now,
            evidence=stored.decision.evidence,
        )

    return claim


def _shown(services: Services, brand: Brand, asked: Asked, options: tuple[Option, ...]) -> Shown:
    if kind_of(asked.consent).is_linked:
        return shown_of(asked.client, described(asked.consent).facts, options, page="none")
    return render_shown(
        render_terms(services, brand, asked.client, asked.consent, amendment=asked.amendment, options=options),
        options,
        page="none",
    )

"""The consent page: who asks for which data and until when, and which accounts the PSU chooses to share.

UK Customer Experience Guidelines: choose accounts, do not consent again; nothing is preselected; refusing is as easy as sharing.
"""

from dataclasses import replace

from consent.authentication.approval import Approval
from consent.authorization.agreement.payee import check_payee, facts_of, goes_to_own, payee_of, words_of
from consent.authorization.agreement.signing_rules import load_signing_rules
from consent.authorization.agreement.terms import (
    Option,
    choose,
    described,
    identities_of,
    kept,
    load_options,
    offered,
    render_shown,
    render_terms,
    settled,
    withheld,
    withheld_options,
)
from consent.customer.answers.outcome import approve
from consent.customer.journey.boundary import tell
from consent.customer.journey.departure import claim_of, leave
from consent.customer.journey.payee import open_shown, seal_shown
from consent.customer.pages.render import render_page
from consent.customer.session.forms import Form, form_token
from consent.customer.session.paths import path_of
from consent.customer.session.progress import authorisation_of
from consent.customer.session.session import Asked, Session, evidence_of, load_psu
from consent.errors import AccountClosed, SignersUnable
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.kind import Agreement
from consent.store.kinds.registry import kind_of
from consent.store.rows.journeys import Notice, Stage
from kernel.banking.payee_checks import PayeeCheck, PayeeMatch
from kernel.brand import Brand
from kernel.http.message import Response


async def show_consent(services: Services, brand: Brand, session: Session) -> Response:
    psu = await load_psu(services, brand, session.journey)
    asked = session.asked
    kind = kind_of(asked.consent)
    is_foreign = asked.consent.psu_id not in (None, psu.id)
    options, joint = ((), ()) if is_foreign else await _load_options(services, brand, session, psu)
    fixed = settled(asked.consent, options)
    payee = payee_of(asked.consent.terms, psu) if options else None
    check = None if payee is None else await check_payee(services, brand, payee, psu.id)
    return render_page(
        brand,
        kind.page if options else kind.page_without_account,
        redirect_uri=asked.pushed.redirect_uri,
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.CONSENT),
        action=path_of(session.journey),
        terms=render_terms(services, brand, asked.client, asked.consent, amendment=asked.amendment, options=options),
        is_change=asked.amendment is not None,
        is_given=bool(kept(asked.consent, options)),
        client_name=asked.client.name,
        fixed=fixed,
        withheld=withheld(asked.consent, options),
        joint=tuple(option.label for option in joint),
        options=tuple(option for option in options if option not in fixed),
        psu_name=psu.display_name,
        is_foreign=is_foreign,
        wording=kind.wording,
        words=_words_of(asked),
        check=None if check is None else words_of(check, is_own=goes_to_own(asked.consent.terms)),
        payee_shown="" if check is None else seal_shown(services.sealer, session.journey, check),
    )


def _words_of(asked: Asked) -> Agreement | None:
    """Of a page that names the TPP and who is paid in its sentences."""
    agreement = kind_of(asked.consent).wording.agreement
    return agreement.about(client=asked.client.name, payee=described(asked.consent).payee) if agreement else None


async def take_consent(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    if form.get("action") == "deny":
        return await leave(services, brand, session)
    psu = await load_psu(services, brand, session.journey)
    options, _ = await _load_options(services, brand, session, psu)
    fixed = settled(session.asked.consent, options)
    chosen = (*fixed, *(option for option in choose(options, form.accounts) if option not in fixed))
    is_of_one = kind_of(session.asked.consent).is_of_one_account
    if not chosen or (is_of_one and len(chosen) > 1):
        return await tell(services, session.journey, Notice.NO_DEBTOR_ACCOUNT if is_of_one else Notice.NO_ACCOUNT)
    terms = session.asked.consent.terms
    check = None if payee_of(terms, psu) is None else open_shown(services.sealer, session.journey, form)
    if goes_to_own(terms) and check is not None and check.match is PayeeMatch.NO_MATCH:
        return await tell(services, session.journey, Notice.PAYEE_NOT_OWN)
    try:
        return await _approve(services, brand, session, psu, chosen, check=check)
    except AccountClosed:
        return await tell(services, session.journey, Notice.CHOSEN_ACCOUNT_CLOSED if is_of_one else Notice.ACCOUNT_CLOSED)
    except SignersUnable:
        return await tell(services, session.journey, Notice.DEBTOR_SIGNERS_UNABLE if is_of_one else Notice.SIGNERS_UNABLE)


async def _load_options(
    services: Services, brand: Brand, session: Session, psu: Psu
) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """The accounts to choose from, or those that the consent fixes; and those that others must sign for and that are left out for it."""
    asked = session.asked
    options = await load_options(services, brand, psu, session.journey.id)
    return offered(asked.consent, options, asked.amendment), withheld_options(asked.consent, options)


async def _approve(
    services: Services, brand: Brand, session: Session, psu: Psu, chosen: tuple[Option, ...], *, check: PayeeCheck | None
) -> Response:
    """`check`: that of the payee which the page showed."""
    journey, asked = session.journey, session.asked
    terms = render_terms(services, brand, asked.client, asked.consent, amendment=asked.amendment, options=chosen)
    checked = facts_of(check, is_own=goes_to_own(asked.consent.terms))
    approval = Approval(
        psu_id=psu.id,
        customer_id=psu.customer_id,
        upstream_ids=tuple(option.upstream_id for option in chosen),
        identities=identities_of(chosen),
        signing_rules=await load_signing_rules(services, brand, asked.consent, psu.customer_id, chosen),
        authorisation_id=authorisation_of(journey),
        evidence=evidence_of(session),
        shown=render_shown(replace(terms, facts=(*terms.facts, *checked)), chosen, payee=check),
    )
    return await approve(services, brand, asked, approval, claim_of(services, session))

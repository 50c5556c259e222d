"""The payment page, and what follows it: amount and payee, the account that pays, then strong authentication for exactly that.

RTS (EU) 2018/389 article 5, Directive (EU) 2015/2366 article 97(2): for a payment the authentication comes last and is bound to
what was shown. UK Customer Experience Guidelines: the PSU chooses the account unless the TPP named it; names, no balances;
nothing is preselected.
"""

from dataclasses import dataclass

from consent.authentication.approval import Approval, Proof
from consent.authentication.attempt_counts import AttemptsExhausted, Hold, TakeSending, take
from consent.authentication.challenge import method_of, start_challenge
from consent.authentication.consent_subject import check_authorisable
from consent.authentication.linked_terms import linked_of
from consent.authentication.progress import BeginChallenge
from consent.authorization.agreement.payee import check_payee, facts_of, payee_of, words_of
from consent.authorization.agreement.signing_rules import load_signing_rules
from consent.authorization.agreement.terms import (
    Option,
    choose,
    described,
    identities_of,
    load_options,
    offered,
    shown_of,
    withheld_options,
)
from consent.authorization.offer.authorization_details import numbers_of
from consent.customer.answers.outcome import approve
from consent.customer.journey.blocked import show_blocked
from consent.customer.journey.boundary import log_notice, see_other
from consent.customer.journey.departure import claim_of, leave
from consent.customer.journey.payee import open_shown, seal_shown
from consent.customer.pages.render import render_page
from consent.customer.session.forms import Form, form_token
from consent.customer.session.paths import PATHS, path_of
from consent.customer.session.progress import authorisation_of, holds, moves
from consent.customer.session.session import Session, load_psu
from consent.errors import AccountClosed, SignersUnable
from consent.ports import Psu, ScaEvidence
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import Choice, Pending, drop_challenge
from consent.store.rows.journeys import Notice, Stage, seen
from kernel.banking.payee_checks import NOT_AVAILABLE
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.http.message import Response


async def show_payment(services: Services, brand: Brand, session: Session) -> Response:
    psu = await load_psu(services, brand, session.journey)
    if session.journey.notice is Notice.SENDING_BLOCKED:
        return show_blocked(services, brand, session)
    asked, (options, withheld) = session.asked, await _load_options(services, brand, session, psu)
    terms, check, kind = described(asked.consent), NOT_AVAILABLE, kind_of(asked.consent)
    payee = payee_of(asked.consent.terms, psu)
    if options and payee is not None:
        check = await check_payee(services, brand, payee, psu.id)
    return render_page(
        brand,
        kind.page if options else kind.page_without_account,
        redirect_uri=asked.pushed.redirect_uri,
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.CONSENT),
        action=path_of(session.journey),
        client=asked.client,
        amount=terms.amount,
        payee=terms.payee,
        when=terms.when,
        facts=terms.facts,
        check=words_of(check),
        payee_shown=seal_shown(services.sealer, session.journey, check),
        wording=session.wording,
        options=options,
        withheld=tuple(option.label for option in withheld),
        is_last=(method := method_of(services, psu)) is not None and not method.is_typed,
        is_fixed=bool(numbers_of(asked.consent)),
        psu_name=psu.display_name,
    )


async def take_payment(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    """The PSU agrees to the payment from one account: strong authentication for it is started."""
    if form.get("action") == "deny":
        return await leave(services, brand, session)
    payee = open_shown(services.sealer, session.journey, form)
    psu = await load_psu(services, brand, session.journey)
    options, _ = await _load_options(services, brand, session, psu)
    chosen = options[:1] if numbers_of(session.asked.consent) else choose(options, form.accounts)
    if len(chosen) != 1:
        return await _ask_again(services, session, Notice.NO_DEBTOR_ACCOUNT)
    journey = session.journey
    try:
        await load_signing_rules(services, brand, session.asked.consent, psu.customer_id, chosen)
    except SignersUnable:
        return await _ask_again(services, session, Notice.DEBTOR_SIGNERS_UNABLE)
    try:
        await take(services, TakeSending(services, brand, holds(session), psu))
    except AttemptsExhausted:
        return await _ask_again(services, session, Notice.SENDING_BLOCKED)
    linked = linked_of(session.asked.consent, chosen[0].upstream_id)
    choice = Choice(chosen[0].upstream_id, linked.digest, chosen[0].label, payee)
    challenge, evidence = await start_challenge(services, brand, psu, authorisation_of(journey), linked)
    if evidence is not None:
        return await complete_payment(services, brand, session, psu, choice, evidence=evidence)
    hold = moves(journey, **seen(journey, services.clock.wall()), stage=Stage.SCA, notice=Notice.NONE)
    await services.commands.run(BeginChallenge(services, brand, hold, Pending(challenge, choice)))
    return see_other(PATHS[journey.purpose][Stage.SCA])


async def complete_payment(
    services: Services, brand: Brand, session: Session, psu: Psu, choice: Choice, *, evidence: ScaEvidence
) -> Response:
    """The PSU has authenticated for the payment: one transaction authorises it, or nothing happens. That the evidence is linked to the
    terms is checked in it, against the consent under its lock (consent/authentication/consent_subject.py)."""
    journey, asked = session.journey, session.asked
    options, _ = await _load_options(services, brand, session, psu)
    paying = tuple(option for option in options if option.upstream_id == choice.upstream_id)
    if not paying:
        return await _ask_again(services, session, Notice.DEBTOR_ACCOUNT_CLOSED)
    try:
        rules = await load_signing_rules(services, brand, asked.consent, psu.customer_id, paying)
    except SignersUnable:
        return await _ask_again(services, session, Notice.DEBTOR_SIGNERS_UNABLE)
    approval = Approval(
        psu_id=psu.id,
        customer_id=psu.customer_id,
        upstream_ids=(choice.upstream_id,),
        identities=identities_of(paying),
        signing_rules=rules,
        authorisation_id=authorisation_of(journey),
        evidence=evidence,
        shown=shown_of(asked.client, (*described(asked.consent).facts, *facts_of(choice.payee)), paying, payee=choice.payee),
        proof=Proof.FOR_THIS,
    )

    try:
        return await approve(services, brand, asked, approval, claim_of(services, session))
    except AccountClosed:
        return await _ask_again(services, session, Notice.DEBTOR_ACCOUNT_CLOSED)


async def _load_options(
    services: Services, brand: Brand, session: Session, psu: Psu
) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """The accounts that can pay, or the one that the TPP named; and those from which others must agree too. Raises what
    `check_authorisable` raises: no one is asked to confirm what cannot be authorised any more."""
    asked = session.asked
    consent = check_authorisable(asked.consent, caller=asked.client.caller, psu_id=psu.id, now=services.clock.now())
    options = await load_options(services, brand, psu, session.journey.id)
    return offered(consent, options), withheld_options(consent, options)


async def _ask_again(services: Services, session: Session, notice: Notice) -> Response:
    """Back to the page, and to a new authentication after it."""
    log_notice(session.journey, notice)
    hold = moves(session.journey, stage=Stage.CONSENT, notice=notice)
    await services.commands.run(AskAgain(session.journey.brand, hold))
    return see_other(PATHS[session.journey.purpose][Stage.CONSENT])


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Drop the challenge that was started for another account. Raises what `hold` raises."""

    name = "ask_again"
    locks = ()
    brand: str
    hold: Hold

    async def handle(self, unit: UnitOfWork) -> None:
        await drop_challenge(unit.connection, self.brand, await self.hold(unit.connection))

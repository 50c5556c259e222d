"""Give or refuse a signature: the authorisation of this signer, and what it makes of the consent, in one transaction."""

from dataclasses import dataclass

from consent.authentication.approval import Approval, NoAnswer, Proof, approve, reject
from consent.authentication.cosignature import Cosignature, StartSignature
from consent.authorization.agreement.terms import Option, load_options, render_shown, render_terms, shown_of
from consent.authorization.clients.client import Client
from consent.customer.dashboard.unsigned import load_one_unsigned
from consent.customer.journey.boundary import log_notice, see_other
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, load_psu
from consent.ports import Psu, ScaEvidence
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import Shown
from consent.store.rows.journeys import Notice
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.http.message import Request, Response


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A consent that waits for the PSU's signature, and its accounts, by the PSU's own names."""

    psu: Psu
    consent: Consent
    client: Client
    accounts: tuple[Option, ...]

    @property
    def is_linked(self) -> bool:
        return kind_of(self.consent).is_linked


async def load_unanswered(services: Services, brand: Brand, session: Session, request: Request) -> Unanswered:
    """The unsigned consent that the path names, /consents/signatures/{id} or a page below it. Raises AccessUnknown."""
    psu = await load_psu(services, brand, session.journey)
    consent, client = await load_one_unsigned(services, brand, psu, request.path.split("/")[3])
    held = {option.upstream_id: option for option in await load_options(services, brand, psu, session.journey.id)}
    accounts = tuple(held[account.upstream_id] for account in consent.accounts if account.upstream_id in held)
    if len(accounts) != len(consent.accounts):
        raise AccessUnknown("an account of it is no longer the PSU's to share")
    return Unanswered(psu, consent, client, accounts)


async def sign(
    services: Services,
    brand: Brand,
    asked: Unanswered,
    authorisation_id: str,
    evidence: ScaEvidence,
    *,
    proof: Proof = Proof.ON_RECORD,
) -> None:
    """Raises what `Cosignature.hold` raises, AccountClosed and AuthorisationOver."""
    approval = Approval(
        psu_id=asked.psu.id,
        customer_id=asked.psu.customer_id,
        upstream_ids=tuple(option.upstream_id for option in asked.accounts),
        signing_rules=(),  # those that the first signer met
        authorisation_id=authorisation_id,
        evidence=evidence,
        shown=_shown_of(services, brand, asked),
        proof=proof,
    )
    await approve(services, brand, _subject_of(services, brand, asked), approval, NoAnswer())


async def refuse(
    services: Services, brand: Brand, asked: Unanswered, authorisation_id: str, evidence: ScaEvidence | None = None
) -> None:
    """`evidence`: of the visit. Raises what `Cosignature.reject` raises."""
    subject = _subject_of(services, brand, asked)

    async def claim(_unit: UnitOfWork) -> None:
        """The page is this signer's alone, and the consent is read again under its lock."""

    await reject(
        services,
        brand,
        subject,
        claim,
        closing=await subject.load_subjects(),
        psu_id=asked.psu.id,
        authorisation_id=authorisation_id,
        evidence=evidence,
    )


async def start_signature(services: Services, brand: Brand, asked: Unanswered) -> str:
    """The id of the authorisation in which the PSU answers."""
    return await services.commands.run(StartSignature(services, brand, asked.consent.id, asked.psu))


async def lead(services: Services, session: Session, path: str, notice: Notice) -> Response:
    """To the page at `path`, which says `notice` first."""
    log_notice(session.journey, notice)
    await services.commands.run(PutNotice(session.journey, notice))
    return see_other(path)


def _subject_of(services: Services, brand: Brand, asked: Unanswered) -> Cosignature:
    return Cosignature(services, brand, asked.consent.id, asked.psu.customer_id)


def _shown_of(services: Services, brand: Brand, asked: Unanswered) -> Shown:
    if asked.is_linked:
        return shown_of(asked.client, asked.consent, asked.accounts)
    return render_shown(render_terms(services, brand, asked.client, asked.consent, options=asked.accounts), asked.accounts)

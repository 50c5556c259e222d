"""Give or refuse a signature: the authorisation of this signer, and what it makes of the consent or order, in one transaction."""

from consent.authentication.approval import Approval, NoAnswer, Proof, approve, reject
from consent.authentication.cosignature import StartSignature
from consent.customer.dashboard.signatures.consents import SIGNATURES, load_unanswered_consent
from consent.customer.dashboard.signatures.orders import PAYMENTS, load_unanswered_order
from consent.customer.dashboard.signatures.unsigned import Unanswered
from consent.customer.journey.boundary import DASHBOARD, log_notice, see_other
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, load_psu
from consent.errors import AccountClosed
from consent.ports import ScaEvidence
from consent.services import Services
from consent.store.rows.journeys import Notice
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentForeign, OrderStateForbids, OrderUnknown
from kernel.http.message import Request, Response

_LOADERS = {SIGNATURES: load_unanswered_consent, PAYMENTS: load_unanswered_order}
_GONE = (AccountClosed, ConsentForeign, OrderStateForbids, OrderUnknown)  # it waits for this signature no more


async def load_unanswered(services: Services, brand: Brand, session: Session, request: Request) -> Unanswered:
    """The consent or order that the path names, /consents/signatures/{id} or /consents/payments/{id}, or a page below it. Raises
    AccessUnknown."""
    psu = await load_psu(services, brand, session.journey)
    *room, item = request.path.split("/")[:4]
    return await _LOADERS["/".join(room)](services, brand, session, psu, item)


async def sign(
    services: Services,
    brand: Brand,
    session: Session,
    asked: Unanswered,
    authorisation_id: str,
    *,
    evidence: ScaEvidence,
    proof: Proof = Proof.ON_RECORD,
) -> Response:
    """Sign, and lead to the page that says so. Raises AuthorisationOver and PaymentNotLinked."""
    approval = Approval(
        psu_id=asked.psu.id,
        customer_id=asked.psu.customer_id,
        upstream_ids=tuple(option.upstream_id for option in asked.accounts),
        signing_rules=(),  # those that the first signer met
        authorisation_id=authorisation_id,
        evidence=evidence,
        shown=asked.shown,
        proof=proof,
    )
    try:
        await approve(services, brand, asked.subject, approval, NoAnswer())
    except _GONE:
        return await lead(services, session, DASHBOARD, Notice.NOTHING_TO_SIGN)
    return await lead(services, session, asked.after, Notice.SIGNED)


async def refuse(
    services: Services,
    brand: Brand,
    session: Session,
    asked: Unanswered,
    authorisation_id: str,
    *,
    evidence: ScaEvidence | None = None,
) -> Response:
    """Refuse, and lead to the page that says so. `evidence`: of the visit."""

    async def claim(_unit: UnitOfWork) -> None:
        """The page is this signer's alone, and its subject is read again under its lock."""

    try:
        await reject(
            services,
            brand,
            asked.subject,
            claim,
            closing=await asked.subject.load_subjects(),
            psu_id=asked.psu.id,
            authorisation_id=authorisation_id,
            evidence=evidence,
        )
    except _GONE:
        return await lead(services, session, DASHBOARD, Notice.NOTHING_TO_SIGN)
    return await lead(services, session, asked.after, Notice.NOT_SIGNED)


async def start_signature(services: Services, brand: Brand, asked: Unanswered) -> str:
    """The id of the authorisation in which the PSU answers."""
    start = StartSignature(services, brand, asked.consent_id, asked.kind, asked.id, asked.psu)
    return await services.commands.run(start)


async def lead(services: Services, session: Session, path: str, notice: Notice) -> Response:
    """To the page at `path`, which says `notice` first."""
    log_notice(session.journey, notice)
    await services.commands.run(PutNotice(session.journey, notice))
    return see_other(path)

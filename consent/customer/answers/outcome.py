"""End a journey: the request, the journey and the consent change together (consent/authentication/approval.py), then the redirect."""

from consent.authentication.approval import Approval, Claim
from consent.authentication.approval import approve as approve_subject
from consent.authentication.approval import reject as reject_subject
from consent.authentication.consent_subject import ConsentSubject
from consent.authorization.agreement.amended_terms import agreed_terms
from consent.authorization.agreement.terms import acr_of
from consent.authorization.answers.code_answer import CodeAnswer, claim_request
from consent.authorization.authorize.response import destination_of, respond_code, respond_error
from consent.authorization.tokens.access import CoveredValues, consent_claims, issue_id_token
from consent.authorization.tokens.subject import pairwise_subject
from consent.customer.session.cookies import clear_cookie
from consent.customer.session.session import Asked
from consent.services import Services
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.http.message import Response
from kernel.observability.answer_log import log_refusal

DENIED = "The customer did not grant access."


async def approve(services: Services, brand: Brand, asked: Asked, approval: Approval, claim: Claim) -> Response:
    """Authorise the consent and answer with a code. Raises what `claim` and `check_authorisable` raise, RequestUriInvalid, AccountClosed
    and AuthorisationOver."""
    answer = CodeAnswer(
        services=services,
        brand=brand,
        pushed=asked.pushed,
        journey=claim,
        approval=approval,
        amendment=asked.amendment,
        subject=pairwise_subject(services.sealer, brand.name, asked.consent.organisation_id, approval.psu_id),
        acr=acr_of(services, brand, asked.consent, asked.pushed.acr_values),
    )
    code = await approve_subject(services, brand, _subject_of(services, brand, asked), approval, answer)
    id_token = _front_channel_id_token(services, brand, asked, answer, code)
    return clear_cookie(respond_code(services, brand, destination_of(asked.client, asked.pushed), code, id_token))


def _front_channel_id_token(services: Services, brand: Brand, asked: Asked, answer: CodeAnswer, code: str) -> str | None:
    """The ID token that vouches for the code, where the response type has one."""
    if "id_token" not in asked.pushed.response_type.split():
        return None
    return issue_id_token(
        services,
        brand,
        asked.client,
        subject=answer.subject,
        nonce=asked.pushed.nonce,
        auth_time=answer.approval.authenticated_at,
        acr=answer.acr,
        claims=consent_claims(services, asked.consent),
        covered=CoveredValues(code, asked.pushed.state),
    )


async def deny(
    services: Services,
    brand: Brand,
    asked: Asked,
    claim: Claim,
    *,
    psu_id: str | None,
    authorisation_id: str | None,
) -> Response:
    """Answer access_denied, and reject the consent where that is the PSU's to do. Raises what `claim` raises, and RequestUriInvalid."""
    pushed, consent_id, subject = asked.pushed, asked.consent.id, _subject_of(services, brand, asked)

    async def take(unit: UnitOfWork) -> None:
        await claim_request(unit, pushed, claim)

    await reject_subject(
        services,
        brand,
        subject,
        take,
        closing=await subject.load_subjects(),
        psu_id=psu_id,
        authorisation_id=authorisation_id,
    )
    log_refusal("access_denied", "the customer said no", client_id=pushed.client_id, consent_id=consent_id)
    return clear_cookie(respond_error(services, brand, destination_of(asked.client, pushed), "access_denied", DENIED))


def _subject_of(services: Services, brand: Brand, asked: Asked) -> ConsentSubject:
    return ConsentSubject(services, brand, asked.consent.id, asked.client.caller, agreed_terms(asked.amendment))

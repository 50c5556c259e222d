"""End a journey: one transaction in which the request, the journey and the consent change together, then the redirect.

However often and from wherever it is answered, a pushed request has one answer, and an approval makes one code.
"""

from collections.abc import Awaitable, Callable

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.agreement.approval import Approval, authorise_consent, reject_consent
from consent.authorization.agreement.terms import acr_of
from consent.authorization.authorize.amendment import Amendment
from consent.authorization.authorize.pushed import PushedRequest, take_pushed
from consent.authorization.authorize.response import destination_of, respond_code, respond_error
from consent.authorization.tokens.access import Beside, consent_claims, issue_id_token
from consent.authorization.tokens.codes import issue_code
from consent.authorization.tokens.subject import pairwise_subject
from consent.customer.session.cookies import clear_cookie
from consent.customer.session.session import Asked
from consent.errors import RequestUriInvalid
from consent.services import Services
from consent.store.current_snapshots import load_subjects
from consent.store.rows.closures import check_open
from consent.store.rows.families import load_last_row
from kernel.brand import Brand
from kernel.hot_state.subjects import consent_subject
from kernel.http.message import Response
from kernel.observability.answer_log import log_refusal

DENIED = "The customer did not grant access."

# What makes an answer this one's to give, in the transaction of the answer: finishes the journey, takes the decision. Raises.
Claim = Callable[[AsyncConnection], Awaitable[None]]


async def approve(
    services: Services, brand: Brand, asked: Asked, approval: Approval, claim: Claim, *, prove: Claim | None = None
) -> Response:
    """Authorise the consent and answer with a code. `prove` records an authentication in the same transaction, once the request is
    taken. Raises what `claim` and `check_authorisable` raise, RequestUriInvalid, and AccountClosed."""
    pushed, consent_id = asked.pushed, asked.consent.id
    subject = pairwise_subject(services.sealer, brand.name, asked.consent.organisation_id, approval.psu_id)
    acr = acr_of(services, brand, asked.consent, pushed.acr_values)

    async def work(connection: AsyncConnection) -> tuple[str, dict[str, int]]:
        await check_open(connection, services.sealer, brand.name, approval.upstream_ids, services.clock.wall())
        await _take(connection, pushed, claim)
        if prove is not None:
            await prove(connection)
        authorised, moved = await authorise_consent(
            connection,
            services,
            brand,
            client=asked.client,
            consent_id=consent_id,
            approval=approval,
            amendment=asked.amendment,
        )
        code = await issue_code(
            connection,
            services=services,
            brand=brand,
            pushed=await _with_earlier(connection, pushed, asked.amendment, consent_id),
            consent=authorised,
            authorisation_id=approval.authorisation_id,
            psu_id=approval.psu_id,
            subject=subject,
            auth_time=approval.authenticated_at,
            acr=acr,
        )
        return code, moved

    async def write() -> tuple[str, dict[str, int]]:
        return await services.database.write(work)

    subjects = await load_subjects(services.database, brand.name, consent_id)
    code = await services.versions.change(subjects, write)
    id_token = _id_token_beside(services, brand, asked, approval, code=code, subject=subject, acr=acr)
    return clear_cookie(respond_code(services, brand, destination_of(asked.client, pushed), code, id_token))


def _id_token_beside(
    services: Services, brand: Brand, asked: Asked, approval: Approval, *, code: str, subject: str, acr: str | None
) -> str | None:
    """The ID token that vouches for the code, where the response type has one."""
    if "id_token" not in asked.pushed.response_type.split():
        return None
    return issue_id_token(
        services,
        brand,
        asked.client,
        subject=subject,
        nonce=asked.pushed.nonce,
        auth_time=approval.authenticated_at,
        acr=acr,
        claims=consent_claims(services, asked.consent),
        beside=Beside(code, asked.pushed.state),
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
    pushed, consent_id = asked.pushed, asked.consent.id

    async def work(connection: AsyncConnection) -> tuple[None, dict[str, int]]:
        await _take(connection, pushed, claim)
        moved = await reject_consent(
            connection, services, brand, consent_id=consent_id, psu_id=psu_id, authorisation_id=authorisation_id
        )
        return None, moved

    async def write() -> tuple[None, dict[str, int]]:
        return await services.database.write(work)

    await services.versions.change([consent_subject(brand.name, consent_id)], write)
    log_refusal("access_denied", "the customer said no", client_id=pushed.client_id, consent_id=consent_id)
    return clear_cookie(respond_error(services, brand, destination_of(asked.client, pushed), "access_denied", DENIED))


async def _with_earlier(
    connection: AsyncConnection, pushed: PushedRequest, amendment: Amendment | None, consent_id: str
) -> PushedRequest:
    """The request, and for a merge what OAuth's words granted before as well: scope and resources."""
    if amendment is None or amendment.action != "merge":
        return pushed
    earlier = await load_last_row(connection, pushed.brand, consent_id)
    if earlier is None:
        return pushed
    narrowed = pushed.resources and earlier.resources  # unless one of the two opens the whole API
    return msgspec.structs.replace(
        pushed,
        scope=tuple(dict.fromkeys((*earlier.scope.split(), *pushed.scope))),
        resources=tuple(dict.fromkeys((*earlier.resources.split(), *pushed.resources))) if narrowed else (),
    )


async def _take(connection: AsyncConnection, pushed: PushedRequest, claim: Claim) -> None:
    await claim(connection)
    if not await take_pushed(connection, pushed.brand, pushed.id):
        raise RequestUriInvalid("answered already")

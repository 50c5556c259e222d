"""End a journey: one transaction in which the request, the journey and the consent change together, then the redirect.

What the pages learned is a hint: state, owner and validity of the consent are read again under its row lock (DESIGN: writes).
However often and from wherever it is answered, a pushed request has one answer, and an approval makes one code.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.amendment import Amendment, terms_of
from consent.authorize.pushed import PushedRequest, take_pushed
from consent.authorize.respond import destination_of, respond_code, respond_error
from consent.errors import RequestUriInvalid
from consent.journey.cookies import clear_cookie
from consent.journey.session import Asked
from consent.journey.terms import acr_of
from consent.lifecycle import ConsentEvent, allows, state_after
from consent.services import Services
from consent.snapshots import load_subjects
from consent.store.authorisations import AuthorisationStatus, Shown, end_authorisation
from consent.store.changes import authorise, change_consent
from consent.store.closures import check_open
from consent.store.snapshots import load_consent
from consent.tokens.access import Beside, consent_claims, issue_id_token
from consent.tokens.codes import issue_code
from consent.tokens.families import end_families, load_last_row
from consent.tokens.subject import pairwise_subject
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.errors import AccountUnknown, ConsentForeign, ConsentUnknown
from kernel.http.message import Response
from kernel.subjects import consent_subject, family_subject

DENIED = "The customer did not grant access."

# What makes an answer this one's to give, in the transaction of the answer: finishes the journey, takes the decision. Raises.
Claim = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who shares what, and what proves it. `authenticated_at` is protocol time."""

    psu_id: str
    upstream_ids: tuple[str, ...]
    authorisation_id: str
    authenticated_at: datetime
    shown: Shown


def check_authorisable(consent: Consent | None, *, client_id: str, psu_id: str | None, now: datetime) -> Consent:
    """The consent, if this client may ask this PSU (None: not known yet) for it at `now` (business time). Raises ConsentUnknown,
    ConsentForeign, ConsentExpired, ConsentRevoked or ConsentNotAuthorised."""
    if consent is None:
        raise ConsentUnknown("no such consent")
    if consent.client_id != client_id:
        raise ConsentForeign(f"consent of client {consent.client_id}")
    if psu_id is not None and consent.psu_id not in (None, psu_id):
        raise ConsentForeign("consent of another PSU")
    state_after(consent, ConsentEvent.AUTHORISE, now)
    return consent


async def approve(services: Services, brand: Brand, asked: Asked, approval: Approval, claim: Claim) -> Response:
    """Authorise the consent and answer with a code. Raises what `claim` and `check_authorisable` raise, RequestUriInvalid, and
    AccountClosed."""
    pushed, consent_id = asked.pushed, asked.consent.id
    subject = pairwise_subject(services.sealer, brand.name, asked.consent.organisation_id, approval.psu_id)
    acr = acr_of(services, brand, asked.consent, pushed.acr_values)

    async def work(connection: AsyncConnection) -> tuple[str, dict[str, int]]:
        await check_open(connection, services.sealer, brand.name, approval.upstream_ids, services.clock.wall())
        await _take(connection, pushed, claim)
        found = await load_consent(connection, services.sealer, brand.name, consent_id, lock=True)
        now = services.clock.now()
        consent = check_authorisable(found, client_id=pushed.client_id, psu_id=approval.psu_id, now=now)
        terms = terms_of(consent, asked.amendment, now)
        ended = await end_families(connection, brand.name, consent_id, services.clock.wall())  # of an earlier authorisation
        authorised = await authorise(
            connection,
            services,
            consent,
            psu_id=approval.psu_id,
            upstream_ids=_covered(consent, asked.amendment, approval.upstream_ids),
            authorisation_id=approval.authorisation_id,
            shown=approval.shown,
            terms=terms,
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
        moved = {family_subject(brand.name, family_id): version for family_id, version in ended}
        return code, moved | {consent_subject(brand.name, consent_id): authorised.version}

    async def write() -> tuple[str, dict[str, int]]:
        return await services.database.write(work)

    subjects = await load_subjects(services.database, brand.name, consent_id)
    code = await services.versions.change(subjects, write, load_version=services.snapshots.load_version)
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
    """Answer access_denied. The consent is rejected by a known PSU only, and only while it awaits one: whoever cancels before
    signing in, or declines to renew what they gave before, changes nothing. Raises what `claim` raises, and RequestUriInvalid."""
    pushed, consent_id = asked.pushed, asked.consent.id

    async def work(connection: AsyncConnection) -> tuple[None, dict[str, int]]:
        await _take(connection, pushed, claim)
        if authorisation_id is not None:
            await end_authorisation(
                connection,
                services.sealer,
                brand=brand.name,
                authorisation_id=authorisation_id,
                status=AuthorisationStatus.FAILED,
                at=services.clock.wall(),
            )
        consent = await load_consent(connection, services.sealer, brand.name, consent_id, lock=True)
        if psu_id is None or consent is None or not allows(consent, ConsentEvent.REJECT, services.clock.now()):
            return None, {}
        rejected = await change_consent(connection, services, consent, ConsentEvent.REJECT, actor=f"psu:{psu_id}", psu_id=psu_id)
        return None, {consent_subject(brand.name, consent_id): rejected.version}

    async def write() -> tuple[None, dict[str, int]]:
        return await services.database.write(work)

    await services.versions.change([consent_subject(brand.name, consent_id)], write, load_version=services.snapshots.load_version)
    return clear_cookie(respond_error(services, brand, destination_of(asked.client, pushed), "access_denied", DENIED))


def _covered(consent: Consent, amendment: Amendment | None, upstream_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The accounts that the consent will cover. Authorising again never adds an account, a merge never takes one away."""
    present = tuple(account.upstream_id for account in consent.accounts)
    if amendment is None and present and not set(upstream_ids) <= set(present):
        raise AccountUnknown("not an account of the consent that is authorised again")
    if amendment is None or amendment.action == "replace":
        return upstream_ids
    return tuple(dict.fromkeys((*present, *upstream_ids)))


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

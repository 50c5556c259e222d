"""A customer answers a request that waits for them: one transaction in which the request and the consent change together.

The same checks and the same change of the consent as on a journey (consent/authentication/approval.py); in place of a code there is the token
family, from which the client fetches its tokens with the auth_req_id. An answer counts once, and only in time.
"""

from dataclasses import dataclass

from consent.authentication.approval import Approval, Proof, approve, reject
from consent.authentication.consent_subject import ConsentSubject, check_authorisable
from consent.authorization.agreement.signing_rules import load_signing_rules
from consent.authorization.agreement.terms import Option, acr_of, identities_of
from consent.authorization.backchannel.rows import BackchannelRequest, RequestState, answer_request, load_request
from consent.authorization.clients.client import Client
from consent.authorization.clients.metadata import CIBA
from consent.authorization.clients.rows import load_active_client
from consent.authorization.tokens.subject import pairwise_subject
from consent.errors import AuthenticationAnswered
from consent.ports import Psu, ScaEvidence
from consent.services import Services
from consent.store.rows.authorisations import Shown
from consent.store.rows.families import FIRST_VERSION, issue_family
from consent.store.rows.snapshots import load_consent
from kernel.access import FamilyState, TokenFamily
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ClientInactive


@dataclass(frozen=True, slots=True)
class Waiting:
    """A backchannel request that waits for its customer, with its client and its consent."""

    request: BackchannelRequest
    client: Client
    consent: Consent


async def load_waiting_request(services: Services, brand: Brand, request_id: str) -> Waiting:
    """The request, if it may still be answered. Raises AuthenticationAnswered, ClientInactive and what `check_authorisable` raises."""
    async with services.database.snapshot() as connection:  # an answer committed in between would make it the consent's fault
        request = await load_request(connection, brand.name, request_id)
        if request is None or request.state is not RequestState.PENDING or request.expires_at <= services.clock.wall():
            raise AuthenticationAnswered("unknown, answered or expired")
        client = await load_active_client(connection, brand, request.client_id)
        if CIBA not in client.grant_types:
            raise ClientInactive(f"{client.id} is no longer registered for CIBA")
        consent = await load_consent(connection, services.sealer, brand.name, request.consent_id)
    consent = check_authorisable(consent, caller=client.caller, psu_id=request.psu_id, now=services.clock.now())
    return Waiting(request, client, consent)


@dataclass(frozen=True, slots=True)
class TokensAnswer:
    """The answer to a backchannel request: the token family from which its client fetches its tokens."""

    services: Services
    waiting: Waiting
    approval: Approval
    family: TokenFamily
    acr: str | None

    async def claim(self, unit: UnitOfWork) -> None:
        """Raises AuthenticationAnswered."""
        facts = {"family_id": self.family.id, "auth_time": self.approval.authenticated_at, "acr": self.acr}
        await _answer(unit, self.services, self.waiting.request, RequestState.APPROVED, **facts)

    async def issue(self, unit: UnitOfWork, given: Consent) -> None:
        request = self.waiting.request
        await issue_family(
            unit.connection,
            self.family,
            authorisation_id=self.approval.authorisation_id,
            subject=pairwise_subject(self.services.sealer, request.brand, given.organisation_id, request.psu_id),
            now=self.services.clock.wall(),
            resources=request.wanted.resources,
        )


async def approve_request(
    services: Services,
    brand: Brand,
    waiting: Waiting,
    *,
    psu: Psu,
    evidence: ScaEvidence,
    chosen: tuple[Option, ...],
    shown: Shown,
) -> None:
    """The PSU who was asked shares the accounts that were chosen. Raises AuthenticationAnswered, SignersUnable, AccountClosed, AccountUnknown and
    what `check_authorisable` raises."""
    request = waiting.request
    approval = Approval(
        psu_id=request.psu_id,
        customer_id=psu.customer_id,
        upstream_ids=tuple(option.upstream_id for option in chosen),
        identities=identities_of(chosen),
        signing_rules=await load_signing_rules(services, brand, waiting.consent, psu.customer_id, chosen),
        authorisation_id=authorisation_of(request),
        evidence=evidence,
        shown=shown,
        proof=Proof.OF_A_VISIT,
    )
    acr = acr_of(services, brand, waiting.consent, request.wanted.acr_values)
    answer = TokensAnswer(services, waiting, approval, _family_of(request, services.ids.uuid()), acr)
    await approve(services, brand, _subject_of(services, brand, waiting), approval, answer)


async def deny_request(services: Services, brand: Brand, waiting: Waiting, *, evidence: ScaEvidence | None) -> None:
    """Answer a backchannel request with the PSU's no. `evidence` None: no authentication was asked for. Raises AuthenticationAnswered."""
    request, subject = waiting.request, _subject_of(services, brand, waiting)

    async def claim(unit: UnitOfWork) -> None:
        await _answer(unit, services, request, RequestState.DENIED)

    await reject(
        services,
        brand,
        subject,
        claim,
        closing=await subject.load_subjects(),
        psu_id=request.psu_id,
        authorisation_id=authorisation_of(request),
        evidence=evidence,
    )


def _subject_of(services: Services, brand: Brand, waiting: Waiting) -> ConsentSubject:
    return ConsentSubject(services, brand, waiting.request.consent_id, waiting.client.caller)


async def _answer(
    unit: UnitOfWork, services: Services, request: BackchannelRequest, state: RequestState, **facts: object
) -> None:
    if not await answer_request(unit.connection, request, state, services.clock.wall(), **facts):
        raise AuthenticationAnswered("answered or expired meanwhile")


def authorisation_of(request: BackchannelRequest) -> str:
    """Of a request that waits for its answer."""
    assert request.authorisation_id is not None
    return request.authorisation_id


def _family_of(request: BackchannelRequest, family_id: str) -> TokenFamily:
    return TokenFamily(
        id=family_id,
        brand=request.brand,
        version=FIRST_VERSION,
        client_id=request.client_id,
        consent_id=request.consent_id,
        psu_id=request.psu_id,
        state=FamilyState.ACTIVE,
        scope=request.wanted.scope,
        is_detailed=request.wanted.is_detailed,
        userinfo_claims=request.wanted.userinfo_claims,
    )

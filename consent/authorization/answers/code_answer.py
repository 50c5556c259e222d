"""The answer to an authorization request: a code, from the one who takes the request. However often and from wherever it is answered, a
pushed request has one answer, and an approval makes one code."""

from dataclasses import dataclass

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.approval import Approval, Claim
from consent.authorization.authorize.amendment import Amendment
from consent.authorization.authorize.pushed import PushedRequest, take_pushed
from consent.authorization.tokens.codes import issue_code
from consent.errors import RequestUriInvalid
from consent.services import Services
from consent.store.rows.families import load_last_row
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnswer:
    """`journey` is the claim of who answers: the browser's journey, or what stands in for one. `subject` is pairwise."""

    services: Services
    brand: Brand
    pushed: PushedRequest
    journey: Claim
    approval: Approval
    amendment: Amendment | None
    subject: str
    acr: str | None

    async def claim(self, unit: UnitOfWork) -> None:
        """Raises what `journey` raises, and RequestUriInvalid."""
        await claim_request(unit, self.pushed, self.journey)

    async def issue(self, unit: UnitOfWork, given: Consent) -> str:
        return await issue_code(
            unit,
            services=self.services,
            brand=self.brand,
            pushed=await _with_earlier(unit.connection, self.pushed, self.amendment, given.id),
            consent=given,
            authorisation_id=self.approval.authorisation_id,
            psu_id=self.approval.psu_id,
            subject=self.subject,
            auth_time=self.approval.authenticated_at,
            acr=self.acr,
        )


async def claim_request(unit: UnitOfWork, pushed: PushedRequest, journey: Claim) -> None:
    """Raises what `journey` raises, and RequestUriInvalid for a request that was answered."""
    await journey(unit)
    if not await take_pushed(unit.connection, pushed.brand, pushed.id):
        raise RequestUriInvalid("answered already")


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

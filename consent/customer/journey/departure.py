"""Leave a journey before its end: what a TPP asks is refused, a visit to the dashboard is over."""

from dataclasses import dataclass

from consent.authentication.approval import Claim
from consent.customer.answers.outcome import deny
from consent.customer.journey.boundary import DASHBOARD, see_other
from consent.customer.pages.render import render_page
from consent.customer.session.cookies import clear_cookie
from consent.customer.session.forms import Form
from consent.customer.session.problems import JourneyAnswered
from consent.customer.session.session import Session
from consent.services import Services
from consent.store.rows.journeys import Purpose, take_journey
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.http.message import Request, Response

LOGGED_OUT = f"{DASHBOARD}/logged-out"


async def leave(services: Services, brand: Brand, session: Session) -> Response:
    """Answer the request with the PSU's no; on a visit to the dashboard, log out. Before login the PSU is unknown and the consent stays
    unanswered: its TPP learns only that no access was granted."""
    if session.request is None:
        return await _log_out(services, session)
    journey = session.journey
    return await deny(
        services,
        brand,
        session.request,
        claim_of(services, session),
        psu_id=journey.psu_id,
        authorisation_id=journey.authorisation_id,
    )


def claim_of(services: Services, session: Session) -> Claim:
    """An answer is this session's to give once, and only at the stage at which it was asked."""

    async def claim(unit: UnitOfWork) -> None:
        if not await take_journey(unit.connection, session.journey, services.clock.wall()):
            raise JourneyAnswered(session.journey.id)

    return claim


async def take_logout(services: Services, _brand: Brand, session: Session, _form: Form) -> Response:
    return await _log_out(services, session)


async def show_logged_out(_services: Services, brand: Brand, _request: Request) -> Response:
    return render_page(brand, "logged_out", login=DASHBOARD)


@dataclass(frozen=True, slots=True)
class EndVisit:
    """Raises what `claim` raises."""

    name = "end_visit"
    locks = ()
    claim: Claim

    async def handle(self, unit: UnitOfWork) -> None:
        await self.claim(unit)


async def _log_out(services: Services, session: Session) -> Response:
    await services.commands.run(EndVisit(claim_of(services, session)))
    return clear_cookie(see_other(LOGGED_OUT), Purpose.DASHBOARD)

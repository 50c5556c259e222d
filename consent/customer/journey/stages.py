"""The page of each stage of a journey. A kind of consent names its stages in their order (consent/store/kinds/); no page asks which kind
it is shown for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.customer.journey.boundary import Show, Take
from consent.customer.journey.choice import show_consent, take_consent
from consent.customer.journey.login import show_login, take_login
from consent.customer.journey.payment import show_payment, take_payment
from consent.customer.journey.sca import show_sca, take_sca
from consent.customer.session.forms import Form
from consent.customer.session.session import Session
from consent.services import Services
from consent.store.kinds.kind import JourneyStage
from consent.store.rows.journeys import Stage
from kernel.brand import Brand
from kernel.http.message import Response


@dataclass(frozen=True, slots=True)
class Page:
    """`at` is where the journey stands while its page is due."""

    at: Stage
    show: Show
    take: Take


PAGES: Mapping[JourneyStage, Page] = {
    JourneyStage.LOGIN: Page(Stage.PASSWORD, show_login, take_login),
    JourneyStage.AUTHENTICATE: Page(Stage.SCA, show_sca, take_sca),
    JourneyStage.CHOOSE: Page(Stage.CONSENT, show_consent, take_consent),
    JourneyStage.CHECK: Page(Stage.CONSENT, show_payment, take_payment),
    JourneyStage.CONFIRM: Page(Stage.SCA, show_sca, take_sca),
}


def page_at(stages: tuple[JourneyStage, ...], at: Stage) -> Page:
    """Every kind has one page at each place."""
    return next(PAGES[stage] for stage in stages if PAGES[stage].at is at)


def show_at(at: Stage) -> Show:
    async def show(services: Services, brand: Brand, session: Session) -> Response:
        return await page_at(session.stages, at).show(services, brand, session)

    return show


def take_at(at: Stage) -> Take:
    async def take(services: Services, brand: Brand, session: Session, form: Form) -> Response:
        return await page_at(session.stages, at).take(services, brand, session, form)

    return take

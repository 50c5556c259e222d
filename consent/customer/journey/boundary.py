"""The boundary of the journey's pages: find the journey, hold it to its stage, and show a refusal as a page.

A page of another stage leads on to the one that is due; a form of another stage is refused and changes nothing.
"""

from collections.abc import Awaitable, Callable

from multidict import CIMultiDict

from consent.authorization.messages.parameters import FORM_BYTES_MAX
from consent.customer.journey.answered import show_answered
from consent.customer.pages.render import render_error_page
from consent.customer.session.forms import PLAIN_FORM_BYTES_MAX, Form, check_form, parse_form, receive_form
from consent.customer.session.paths import PATHS, path_of
from consent.customer.session.problems import (
    FormForged,
    FormMalformed,
    FormStale,
    JourneyAnswered,
    JourneyExpired,
    JourneyUnknown,
    page_error,
    page_text,
)
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, load_session
from consent.customer.session.visits import store_visit
from consent.services import Services
from consent.store.rows.journeys import GOOD_NEWS, Journey, Notice, Purpose, Stage
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.http.message import Request, Response
from kernel.http.retry_after import PERSON_SECONDS, add_retry_after
from kernel.observability.answer_log import log_problem, log_refusal

Handler = Callable[[Services, Brand, Request], Awaitable[Response]]
Show = Callable[[Services, Brand, Session], Awaitable[Response]]
Take = Callable[[Services, Brand, Session, Form], Awaitable[Response]]

DASHBOARD = PATHS[Purpose.DASHBOARD][Stage.DASHBOARD]
_RESUMABLE = (FormForged, FormMalformed, FormStale)
_OVER = (JourneyAnswered, JourneyExpired, JourneyUnknown)


def shows(stage: Stage, show: Show, purpose: Purpose = Purpose.CONSENT) -> Handler:
    """The GET handler of a stage's page."""

    async def handler(services: Services, brand: Brand, request: Request) -> Response:
        try:
            session = await load_session(services, brand, request, purpose)
            if (answered := await _settle(services, brand, session)) is not None:
                return answered
            if session.journey.stage is not stage:
                return see_other(path_of(session.journey))
            return await show(services, brand, session)
        except Problem as problem:
            return await _refuse(services, brand, request, purpose, problem)

    return handler


def takes(stage: Stage, take: Take, purpose: Purpose = Purpose.CONSENT) -> Handler:
    """The POST handler of a stage's form. A second press of the login button finds the journey a stage further on: it may come
    with the secret that the login page was served under."""

    async def handler(services: Services, brand: Brand, request: Request) -> Response:
        session = None
        try:
            limit = FORM_BYTES_MAX if stage is Stage.CONSENT else PLAIN_FORM_BYTES_MAX
            request = await receive_form(services.sealer, brand, request, purpose, limit)
            session = await load_session(services, brand, request, purpose, earlier_too=stage is Stage.PASSWORD)
            form = parse_form(request)
            check_form(
                form,
                request,
                sealer=services.sealer,
                brand=brand,
                journey=session.journey,
                secret=session.secret,
                stage=stage,
            )
            if not session.is_stored:
                await store_visit(services, brand, session.journey, request.peer)
            if (answered := await _settle(services, brand, session)) is not None:
                return answered
            if session.journey.stage is not stage and not session.is_earlier:
                raise FormStale(f"{session.journey.stage} is due, {stage} was sent")
            return await take(services, brand, session, form)
        except Problem as problem:
            carry_on = session is not None and not session.is_earlier and isinstance(problem, _RESUMABLE)
            where = path_of(session.journey) if session and carry_on else ""
            return await _refuse(services, brand, request, purpose, problem, carry_on=where)

    return handler


async def _settle(services: Services, brand: Brand, session: Session) -> Response | None:
    """The answer that the PSU gave before this page to what a TPP asks."""
    asked = session.request
    if asked is None:
        return None
    return await services.prior_answers.settle(services, brand, asked.consent, asked.pushed.id, session.journey)


async def _refuse(
    services: Services, brand: Brand, request: Request, purpose: Purpose, problem: Problem, *, carry_on: str = ""
) -> Response:
    """The page of a problem. A visit to the dashboard that is over begins again instead: no client waits for its answer. A payment that
    was answered already says how."""
    if purpose is Purpose.DASHBOARD and isinstance(problem, _OVER):
        log_problem(problem)
        return see_other(DASHBOARD)
    if isinstance(problem, JourneyAnswered) and (result := await show_answered(services, brand, request, page_error(problem)[0])):
        log_problem(problem)
        return result
    return render_problem(brand, problem, carry_on=carry_on)


def see_other(path: str) -> Response:
    """After a form, and to the page that is due: a reload repeats nothing."""
    return Response(303, None, CIMultiDict({"Location": path, "Cache-Control": "no-store"}))


def log_notice(journey: Journey, notice: Notice, detail: str = "") -> None:
    """For our log, if the notice says why something did not happen."""
    if notice not in GOOD_NEWS:
        log_refusal(notice, detail, journey=journey.id, client_id=journey.client_id, consent_id=journey.consent_id)


async def tell(services: Services, journey: Journey, notice: Notice, detail: str = "") -> Response:
    """On the page that is due; a journey that has moved on shows no notice. `detail` is for our log alone."""
    log_notice(journey, notice, detail)
    await services.commands.run(PutNotice(journey, notice))
    return see_other(path_of(journey))


def render_problem(brand: Brand, problem: Problem, *, carry_on: str = "") -> Response:
    log_problem(problem)
    status, error_code = page_error(problem)
    text, reason = page_text(problem)
    response = render_error_page(brand, error_code, text, status, reason=reason, carry_on=carry_on)
    return add_retry_after(response, problem, seconds=PERSON_SECONDS)

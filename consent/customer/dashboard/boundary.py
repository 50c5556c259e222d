"""The boundary of the pages behind the dashboard's login: a visitor who is not inside is led to the login, a refusal is a page.

RTS (EU) 2018/389 article 4(3)(d): five minutes without activity end a visit.
"""

from collections.abc import Awaitable, Callable

from consent.authorization.messages.parameters import FORM_BYTES_MAX
from consent.customer.journey.boundary import DASHBOARD, Handler, render_problem, see_other
from consent.customer.session.cookies import read_cookie, set_cookie
from consent.customer.session.forms import check_form, parse_form, receive_form
from consent.customer.session.paths import PATHS, path_of
from consent.customer.session.problems import JourneyAnswered, JourneyExpired, JourneyUnknown
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, load_session
from consent.customer.session.visits import new_visit
from consent.services import Services
from consent.store.rows.journeys import Notice, Purpose, Stage
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.http.message import Request, Response
from kernel.observability.answer_log import log_problem

Answer = Callable[[Services, Brand, Session, Request], Awaitable[Response]]
Prepare = Callable[[Services, Brand, Session, Request], Awaitable[None]]


def inside(show: Answer) -> Handler:
    """The GET handler of a page. What the form before it had to say is said once."""
    return _entered(show, _say_once)


def submits(take: Answer) -> Handler:
    """The POST handler of a form that says nothing but where it was sent."""
    return _entered(take, _check)


def _entered(answer: Answer, prepare: Prepare) -> Handler:
    async def handler(services: Services, brand: Brand, request: Request) -> Response:
        try:
            if request.method == "POST":
                request = await receive_form(services.sealer, brand, request, Purpose.DASHBOARD, FORM_BYTES_MAX)
            session = await load_session(services, brand, request, Purpose.DASHBOARD)
            if session.journey.stage is not Stage.DASHBOARD:
                return see_other(path_of(session.journey))
            await prepare(services, brand, session, request)
            return await answer(services, brand, session, request)
        except (JourneyUnknown, JourneyAnswered, JourneyExpired) as over:
            return _begin_again(services, brand, request, over)
        except Problem as problem:
            return render_problem(brand, problem, carry_on=DASHBOARD)

    return handler


def _begin_again(services: Services, brand: Brand, request: Request, over: Problem) -> Response:
    if (
        not isinstance(over, JourneyUnknown)
        or request.method != "GET"
        or read_cookie(services.sealer, brand, request, Purpose.DASHBOARD)
    ):
        log_problem(over)  # who comes without a cookie begins a visit, and is refused nothing
    # a form of another site arrives without the cookie: a new one must not replace the one that is there
    if isinstance(over, JourneyUnknown) and request.method not in ("GET", "HEAD"):
        return see_other(DASHBOARD)
    secret = new_visit(services, brand, Notice.TIMED_OUT if isinstance(over, JourneyExpired) else Notice.NONE)
    return set_cookie(see_other(PATHS[Purpose.DASHBOARD][Stage.PASSWORD]), secret, Purpose.DASHBOARD)


async def _check(services: Services, brand: Brand, session: Session, request: Request) -> None:
    check_form(
        parse_form(request),
        request,
        sealer=services.sealer,
        brand=brand,
        journey=session.journey,
        secret=session.secret,
        stage=Stage.DASHBOARD,
    )


async def _say_once(services: Services, _brand: Brand, session: Session, _request: Request) -> None:
    if session.journey.notice is not Notice.NONE:
        await services.commands.run(PutNotice(session.journey, Notice.NONE))

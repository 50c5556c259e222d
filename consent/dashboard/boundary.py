"""The boundary of the pages behind the dashboard's login: a visitor who is not inside is led to the login, a refusal is a page.

RTS (EU) 2018/389 article 4(3)(d): five minutes without activity end a visit.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.journey.attempts import take_attempt
from consent.journey.boundary import DASHBOARD, Handler, render_problem, see_other
from consent.journey.cookies import read_cookie, set_cookie
from consent.journey.forms import check_form, parse_form, receive_form
from consent.journey.problems import JourneyAnswered, JourneyExpired, JourneyUnknown
from consent.journey.rows import PATHS, Notice, Purpose, Stage, insert_journey, path_of, update_journey
from consent.journey.session import Session, load_session
from consent.parameters import FORM_BYTES_MAX
from consent.services import Services
from kernel.answer_log import log_problem
from kernel.brand import Brand
from kernel.errors import Problem, RateExceeded
from kernel.http.message import Request, Response
from kernel.http.peer_share import share_of
from kernel.ids import hash_secret

VISITS_MAX = 1000  # begun from one address within an hour: each is a row, and anyone may begin one
RETRY_SECONDS = 900

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
                request = await receive_form(request, Purpose.DASHBOARD, FORM_BYTES_MAX)
            session = await load_session(services, brand, request, Purpose.DASHBOARD)
            if session.journey.stage is not Stage.DASHBOARD:
                return see_other(path_of(session.journey))
            await prepare(services, brand, session, request)
            return await answer(services, brand, session, request)
        except (JourneyUnknown, JourneyAnswered, JourneyExpired) as over:
            return await _begin_again(services, brand, request, over)
        except Problem as problem:
            return render_problem(brand, problem, carry_on=DASHBOARD)

    return handler


async def _begin_again(services: Services, brand: Brand, request: Request, over: Problem) -> Response:
    if not isinstance(over, JourneyUnknown) or request.method != "GET" or read_cookie(request, Purpose.DASHBOARD):
        log_problem(over)  # who comes without a cookie begins a visit, and is refused nothing
    # a form of another site arrives without the cookie: a new one must not replace the one that is there
    if isinstance(over, JourneyUnknown) and request.method not in ("GET", "HEAD"):
        return see_other(DASHBOARD)
    try:
        notice = Notice.TIMED_OUT if isinstance(over, JourneyExpired) else Notice.NONE
        return await _begin_visit(services, brand, request, notice)
    except RateExceeded as problem:
        return render_problem(brand, problem)


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


async def _begin_visit(services: Services, brand: Brand, request: Request, notice: Notice) -> Response:
    """To the login page, with a new cookie. Raises RateExceeded."""
    secret = services.ids.secret()

    async def work(connection: AsyncConnection) -> None:
        now = services.clock.wall()
        subject = f"visit/{services.sealer.blind(share_of(request.peer), 'attempts', brand.name)}"
        # where a proxy names nobody there is no address to count by: one limit would lock out everyone
        if request.peer and not await take_attempt(connection, brand.name, subject, now, limit=VISITS_MAX):
            raise RateExceeded("visits from one address", rule="visits", retry_after=RETRY_SECONDS)
        await insert_journey(
            connection,
            brand=brand.name,
            journey_id=services.ids.uuid(),
            secret_hash=hash_secret(secret),
            purpose=Purpose.DASHBOARD,
            notice=notice,
            now=now,
        )

    await services.database.write(work)
    return set_cookie(see_other(PATHS[Purpose.DASHBOARD][Stage.PASSWORD]), secret, Purpose.DASHBOARD)


async def _say_once(services: Services, _brand: Brand, session: Session, _request: Request) -> None:
    if session.journey.notice is Notice.NONE:
        return

    async def work(connection: AsyncConnection) -> None:
        await update_journey(connection, session.journey, notice=Notice.NONE)

    await services.database.write(work)

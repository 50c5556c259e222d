"""The pages of backchannel requests to this PSU: one for each request, answered as a journey's consent page is.

CIBA section 7.1 (binding_message): the PSU compares the code on the page with the one where they started.
"""

from dataclasses import dataclass

from consent.authorization.agreement.terms import (
    Option,
    choose,
    kept,
    load_options,
    offered,
    render_instant,
    render_shown,
    render_terms,
    settled,
    withheld,
)
from consent.authorization.backchannel.outcome import Waiting, approve_request, deny_request, load_waiting_request
from consent.authorization.backchannel.rows import load_waiting_by_turns
from consent.authorization.clients.rows import load_clients
from consent.customer.journey.boundary import DASHBOARD, log_notice, see_other
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token, parse_form
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, evidence_of, load_psu
from consent.errors import AccountClosed, SignersUnable
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.journeys import Notice, Stage
from kernel.brand import Brand
from kernel.http.message import Request, Response

REQUESTS = f"{DASHBOARD}/requests"
PAGE_MAX = 20  # requests that wait for a customer, on one page of the dashboard
PAGES_MAX = 100  # of the requests that wait for one customer


@dataclass(frozen=True, slots=True)
class Question:
    """A request that waits, as the list of accesses names it."""

    path: str
    name: str
    binding_message: str | None
    asked: str
    until: str


@dataclass(frozen=True, slots=True)
class Questions:
    """One page of them; `next_page` and `previous_page` are numbers, 0 where there is none."""

    shown: tuple[Question, ...]
    previous_page: int
    next_page: int


def parse_page(text: str) -> int:
    """From 1 on; the first for what is no page."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= PAGES_MAX else 1


async def load_questions(services: Services, brand: Brand, psu: Psu, page: int = 1) -> Questions:
    """No organisation's many requests hide another's."""
    skip, now = (page - 1) * PAGE_MAX, services.clock.wall()
    async with services.database.read() as connection:
        waiting = await load_waiting_by_turns(connection, brand.name, psu.id, now, skip=skip, at_most=PAGE_MAX + 1)
        clients = await load_clients(connection, brand.name, sorted({request.client_id for request in waiting}))
    if page > 1 and not waiting:
        return await load_questions(services, brand, psu)
    questions = tuple(
        Question(
            path=f"{REQUESTS}/{request.id}",
            name=clients[request.client_id].name,
            binding_message=request.wanted.binding_message,
            asked=render_instant(brand, request.created_at),
            until=render_instant(brand, request.expires_at),
        )
        for request in waiting[:PAGE_MAX]
    )
    return Questions(questions, page - 1, page + 1 if len(waiting) > PAGE_MAX and page < PAGES_MAX else 0)


async def show_request(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown, AuthenticationAnswered and what forbids the answer."""
    psu = await load_psu(services, brand, session.journey)
    waiting = await _load(services, brand, psu, request)
    options = await _load_options(services, brand, session, psu, waiting)
    fixed = settled(waiting.consent, options)
    return render_page(
        brand,
        "request" if options else "request_without_account",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        action=f"{REQUESTS}/{waiting.request.id}",
        binding_message=waiting.request.wanted.binding_message,
        terms=render_terms(services, brand, waiting.client, waiting.consent, options=options),
        is_change=False,
        is_given=bool(kept(waiting.consent, options)),
        client_name=waiting.client.name,
        fixed=fixed,
        withheld=withheld(waiting.consent, options),
        options=tuple(option for option in options if option not in fixed),
        psu_name=psu.display_name,
        is_foreign=False,
        wording=kind_of(waiting.consent).wording,
    )


async def take_answer(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises what `show_request` raises, or FormStale without evidence of strong authentication."""
    psu = await load_psu(services, brand, session.journey)
    waiting = await _load(services, brand, psu, request)
    form, evidence = parse_form(request), evidence_of(session)
    if form.get("action") == "deny":
        await deny_request(services, brand, waiting, evidence=evidence)
        return await _lead(services, session, DASHBOARD, Notice.REQUEST_DENIED)
    options = await _load_options(services, brand, session, psu, waiting)
    fixed = settled(waiting.consent, options)
    chosen = (*fixed, *(option for option in choose(options, form.accounts) if option not in fixed))
    if not chosen:
        return await _lead(services, session, request.path, Notice.NO_ACCOUNT)
    shown = render_shown(render_terms(services, brand, waiting.client, waiting.consent, options=chosen), chosen)
    try:
        await approve_request(services, brand, waiting, psu=psu, evidence=evidence, chosen=chosen, shown=shown)
    except AccountClosed:
        return await _lead(services, session, request.path, Notice.ACCOUNT_CLOSED)
    except SignersUnable:
        return await _lead(services, session, request.path, Notice.SIGNERS_UNABLE)
    return await _lead(services, session, DASHBOARD, Notice.REQUEST_APPROVED)


async def _load(services: Services, brand: Brand, psu: Psu, request: Request) -> Waiting:
    """The request that the path names, /consents/requests/{id}; for anyone else it does not exist."""
    waiting = await load_waiting_request(services, brand, request.path.split("/")[3])
    if waiting.request.psu_id != psu.id:
        raise AccessUnknown("another PSU is asked")
    return waiting


async def _load_options(services: Services, brand: Brand, session: Session, psu: Psu, waiting: Waiting) -> tuple[Option, ...]:
    return offered(waiting.consent, await load_options(services, brand, psu, session.journey.id))


async def _lead(services: Services, session: Session, path: str, notice: Notice) -> Response:
    log_notice(session.journey, notice)
    await services.commands.run(PutNotice(session.journey, notice))
    return see_other(path)

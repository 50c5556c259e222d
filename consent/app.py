"""The consent server's surface: every endpoint of the authorization server and every page of the PSU, on both listeners alike.

One table says what exists. Every answer carries the interaction id, the caller's own where it sent one. Three boundaries say how a refusal looks: OAuth JSON (RFC 6749 section 5.2) for clients, the same with a
challenge (RFC 6750 section 3) for who presents a token, a page for people.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import structlog
from structlog.contextvars import bind_contextvars, reset_contextvars, unbind_contextvars

from consent.admission import Admission, Lane
from consent.authorization.backchannel.endpoint import ask_customer
from consent.authorization.endpoints.authorize import authorizes
from consent.authorization.endpoints.discovery import discover
from consent.authorization.endpoints.grant_management import PATH as GRANTS_PATH
from consent.authorization.endpoints.grant_management import ROUTES as GRANT_MANAGEMENT
from consent.authorization.endpoints.introspection import introspect
from consent.authorization.endpoints.jwks import publish_keys
from consent.authorization.endpoints.par import push
from consent.authorization.endpoints.revocation import revoke
from consent.authorization.endpoints.token import issue_tokens
from consent.authorization.endpoints.userinfo import return_claims
from consent.authorization.messages.json_document import render_preflight
from consent.authorization.messages.json_response import render_json_error, render_json_failure, render_resource_error
from consent.authorization.registration import MANAGEMENT, REGISTRATION
from consent.customer.dashboard import ROUTES as DASHBOARD
from consent.customer.journey import ROUTES as PAGES
from consent.customer.journey.start import begin
from consent.customer.pages.render import render_error_page
from consent.customer.session.problems import page_error, page_text
from consent.services import Services
from kernel.brand import Brand
from kernel.clock import monotonic
from kernel.errors import MethodNotAllowed, OperationUnknown, Problem
from kernel.http.message import Request, Response
from kernel.http.retry_after import PERSON_SECONDS, add_retry_after
from kernel.observability.answer_log import log_answer, log_problem
from kernel.observability.interaction import HEADER, interaction_id, sent_interaction_id
from kernel.observability.telemetry import Telemetry

Handler = Callable[[Services, Brand, Request], Awaitable[Response]]
Face = Literal["document", "oauth", "resource", "page"]

UNKNOWN = "unknown"  # a path that leads nowhere, in metrics and log lines
METHOD_CHARACTERS_MAX = 16  # of a method in a log line
REVOCATION = "/revoke"
FAILED = "Something went wrong on our side. Please go back to the app or website you came from, see there whether it was done, and try again."

log = structlog.get_logger(__name__)

AUTHORIZE = authorizes(begin)

ROUTES: tuple[tuple[str, str, Face, Handler], ...] = (
    ("GET", "/.well-known/openid-configuration", "document", discover),
    ("GET", "/.well-known/oauth-authorization-server", "document", discover),
    ("GET", "/jwks", "document", publish_keys),
    ("POST", "/par", "oauth", push),
    ("POST", "/token", "oauth", issue_tokens),
    ("POST", REVOCATION, "oauth", revoke),
    ("POST", "/introspect", "oauth", introspect),
    ("GET", "/userinfo", "resource", return_claims),
    ("POST", "/userinfo", "resource", return_claims),
    ("POST", "/bc-authorize", "oauth", ask_customer),
    *((method, path, "oauth", handler) for method, path, handler in REGISTRATION),
    *((method, path, "resource", handler) for method, path, handler in MANAGEMENT),
    *((method, path, "resource", handler) for method, path, handler in GRANT_MANAGEMENT),
    ("GET", "/authorize", "page", AUTHORIZE),
    ("POST", "/authorize", "page", AUTHORIZE),
    *((method, path, "page", handler) for method, path, handler in PAGES),
    *((method, path, "page", handler) for method, path, handler in DASHBOARD),
)


@dataclass(slots=True)
class Path:
    """One path, its face, and a handler per method. `{id}` in it stands for one segment of any form, which the handler checks."""

    template: str
    face: Face
    handlers: dict[str, Handler] = field(default_factory=dict)

    def lane(self, method: str) -> Lane:
        """Among which callers a worker counts the request while its caller is unknown."""
        if self.template == REVOCATION or (method == "DELETE" and self.template.startswith(GRANTS_PATH)):
            return "ending"
        return "page" if self.face == "page" else "client"

    @property
    def methods(self) -> tuple[str, ...]:
        implied = (("HEAD",) if "GET" in self.handlers else ()) + (("OPTIONS",) if self.face == "document" else ())
        return (*self.handlers, *implied)


def _index(routes: tuple[tuple[str, str, Face, Handler], ...]) -> Mapping[str, Path]:
    paths: dict[str, Path] = {}
    for method, path, face, handler in routes:
        known = paths.setdefault(path, Path(path, face))
        if method in known.handlers or known.face != face:
            raise ValueError(f"{method} {path} is routed twice, or has two faces")
        known.handlers[method] = handler
    return paths


def _first_segment(path: str) -> str:
    return path[1:].partition("/")[0]


PATHS = _index(ROUTES)
PATTERNS = tuple(
    (re.compile(re.escape(template).replace(r"\{id\}", "[^/]+")), path) for template, path in PATHS.items() if "{id}" in template
)


FIRST_SEGMENTS = frozenset(_first_segment(path.template) for _, path in PATTERNS)


def find(path: str) -> Path | None:
    """The Path for a request's path: a literal one first, then a pattern. Most other surfaces' paths are known by their first segment."""
    known = PATHS.get(path)
    if known is not None or _first_segment(path) not in FIRST_SEGMENTS:
        return known
    return next((found for pattern, found in PATTERNS if pattern.fullmatch(path)), None)


class ConsentServer:
    """`handle` answers every request with a response; it raises nothing."""

    paths: Mapping[str, Path] = PATHS

    def __init__(self, services: Services, telemetry: Telemetry) -> None:
        self._services = services
        self._admission = Admission(services)
        self._telemetry = telemetry

    def owns(self, path: str) -> bool:
        return find(path) is not None

    async def handle(self, brand: Brand, request: Request) -> Response:
        started = monotonic()
        path = find(request.path)
        with self._interaction(request, path) as interaction:
            response = await self._respond(brand, path, request)
            response.headers[HEADER] = interaction
            seconds = monotonic() - started
            log_answer(response.status, seconds)
        self._telemetry.operation("consent", path.template if path else UNKNOWN).observe(response.status, seconds)
        return response

    async def _respond(self, brand: Brand, path: Path | None, request: Request) -> Response:
        try:
            if path is None:
                raise OperationUnknown("no such endpoint")
            response = await self._answer(path, brand, request)
        except Problem as problem:
            response = self._refuse(brand, path, problem)
        except Exception:  # the surface's last boundary: the details of a broken invariant go to the log only
            log.exception("consent_server_failed")
            is_page = path is not None and path.face == "page"
            response = render_error_page(brand, "server_error", FAILED, 500) if is_page else render_json_failure()
        if request.method == "HEAD":
            response.body = None
        return response

    def refuse(self, brand: Brand, request: Request, problem: Problem) -> Response:
        """The answer to a head that the listener could not read."""
        path = find(request.path)
        with self._interaction(request, path) as interaction:
            response = self._refuse(brand, path, problem)
            response.headers[HEADER] = interaction
        return response

    @contextmanager
    def _interaction(self, request: Request, path: Path | None) -> Iterator[str]:
        """The interaction id of one request, which every log line until its answer carries; with the place, and the client once known."""
        interaction = sent_interaction_id(request) or self._services.ids.uuid()
        current = interaction_id.set(interaction)
        place = bind_contextvars(method=request.method[:METHOD_CHARACTERS_MAX], path=path.template if path else UNKNOWN)
        try:
            yield interaction
        finally:
            reset_contextvars(**place)
            unbind_contextvars("client_id")
            interaction_id.reset(current)

    def _refuse(self, brand: Brand, path: Path | None, problem: Problem) -> Response:
        """A refusal as its reader may see it."""
        log_problem(problem)
        if path is None or path.face in {"document", "oauth"}:
            return render_json_error(problem)
        return render_resource_error(problem) if path.face == "resource" else _render_page_error(brand, problem)

    async def _answer(self, path: Path, brand: Brand, request: Request) -> Response:
        if request.method == "OPTIONS" and path.face == "document":
            return render_preflight(path.methods)
        handler = path.handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            raise MethodNotAllowed(request.method[:METHOD_CHARACTERS_MAX], allowed=path.methods)
        if path.face == "document":
            return await handler(self._services, brand, request)
        async with self._admission.admit(path.lane(request.method), brand, request) as admitted:
            return await handler(self._services, brand, admitted)


def _render_page_error(brand: Brand, problem: Problem) -> Response:
    status, code = page_error(problem)
    text, reason = page_text(problem)
    response = add_retry_after(render_error_page(brand, code, text, status, reason=reason), problem, seconds=PERSON_SECONDS)
    if isinstance(problem, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(problem.allowed)
    return response

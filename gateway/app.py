"""The resource surface: every request gets exactly one response.

The error boundary is here: a Problem becomes the dialect's refusal, anything else its unexpected error without a detail. Every
answer carries the interaction id and is not cacheable. Resource APIs exist on the mTLS listener, public data on both.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence

import structlog

from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.exchange import Exchange
from gateway.pipeline.pipeline import Pipeline
from gateway.pipeline.policy import Policy
from gateway.ports import Decisions
from gateway.render import render_problem
from gateway.routing import Place, Routing
from gateway.use_case import UseCase
from gateway.versions import chosen_of
from kernel.access import Caller
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import Problem
from kernel.http.message import Request, Response
from kernel.ids import Ids
from kernel.observability.answer_log import log_answer, log_problem
from kernel.observability.interaction import interaction_id
from kernel.observability.telemetry import Telemetry
from kernel.operations import Operation
from openapi.dialect import Dialect

log = structlog.get_logger("gateway")


class Gateway:
    """`brands` and their `dialects` are routed at construction: what is ambiguous or unanswered refuses to boot (ValueError).
    `monotonic` is a clock in seconds that never jumps."""

    def __init__(
        self,
        *,
        brands: Sequence[Brand],
        dialects: Sequence[Dialect],
        chain: Sequence[Policy],
        use_cases: Mapping[Operation, UseCase],
        decisions: Decisions,
        in_flight: CallsInFlight,
        clock: Clock,
        ids: Ids,
        monotonic: Callable[[], float],
        telemetry: Telemetry,
    ) -> None:
        self._routing = Routing.build(brands, dialects)
        self._pipeline = Pipeline(
            rows=self._routing.rows(),
            chain=chain,
            use_cases=use_cases,
            decisions=decisions,
            in_flight=in_flight,
            clock=clock,
            monotonic=monotonic,
        )
        self._clock = clock
        self._ids = ids
        self._monotonic = monotonic
        self._telemetry = telemetry

    async def handle(self, brand: Brand, request: Request) -> Response:
        """The answer to any request at all. Raises nothing but cancellation."""
        started = self._monotonic()
        place = self._routing.locate(brand, request.path)
        interaction = self._interaction_id(place.dialect, request)
        token = interaction_id.set(interaction)
        try:
            exchange: Exchange | None = None
            try:
                exchange = self._open(brand, place, request, interaction)
                response = await self._pipeline.run(exchange)
            except Exception as error:
                response = self._refuse(place.dialect, request, interaction, error, exchange)
            if exchange is not None:
                exchange.milliseconds = (self._monotonic() - started) * 1000
                response = self._close(exchange, response)
            seconds = self._monotonic() - started
            self._observe(exchange, response.status, seconds)
            log_answer(response.status, seconds, **_facts(exchange))
            return _stamped(response, place.dialect, interaction)
        finally:
            interaction_id.reset(token)

    def refuse(self, brand: Brand, request: Request, problem: Problem) -> Response:
        """The answer to a request whose head could not be read."""
        dialect = self._routing.locate(brand, request.path).dialect
        interaction = self._interaction_id(dialect, request)
        return _stamped(self._refuse(dialect, request, interaction, problem, None), dialect, interaction)

    def is_outside(self, brand: Brand, path: str) -> bool:
        """True for a path that is below no standard's base path, and no operation's."""
        place = self._routing.locate(brand, path)
        return not place.service.base_path and not place.rows

    def _observe(self, exchange: Exchange | None, status: int, seconds: float) -> None:
        self._telemetry.operation("gateway", exchange.row.operation.value if exchange else "unknown").observe(status, seconds)
        if exchange is not None and exchange.problem is not None:
            self._telemetry.refused("gateway", exchange.problem.code)

    def _open(self, brand: Brand, place: Place, request: Request, interaction: str) -> Exchange:
        rows, path = place.operation(request.method, request.listener)
        row, served = chosen_of(place.dialect, rows, request)
        return Exchange(brand, place.dialect, place.service, row, request, path, self._clock.wall(), interaction, served)

    def _close(self, exchange: Exchange, response: Response) -> Response:
        """Run the response phase of the chain. A policy that refuses there replaces the answer as a whole."""
        try:
            self._pipeline.answer(exchange, response)
        except Exception as error:
            response = self._refuse(exchange.dialect, exchange.request, exchange.interaction_id, error, exchange)
        response.headers.extend(exchange.headers)
        return response

    def _refuse(
        self, dialect: Dialect, request: Request, interaction: str, error: Exception, exchange: Exchange | None
    ) -> Response:
        if isinstance(error, Problem):
            problem = error
            log_problem(problem, dialect=dialect.name, **_facts(exchange))
        else:
            problem = Problem(public="An unexpected error occurred.")
            # an exception's own text may quote data of customers: its type and place suffice to find it
            log.error("unexpected", error=type(error).__qualname__, at=_places(error))
        if exchange is not None:
            exchange.problem = problem
        row = None if exchange is None else exchange.row
        return render_problem(dialect, row, problem, interaction, request.header("Accept"))

    def _interaction_id(self, dialect: Dialect, request: Request) -> str:
        """The caller's interaction id if it has the form that the dialect asks for, else one of ours. A policy refuses bad ones."""
        try:
            return dialect.headers.parse_interaction_id(request) or self._ids.uuid()
        except Problem:
            return self._ids.uuid()


def _facts(exchange: Exchange | None) -> dict[str, str]:
    """The operation and its caller, as far as a log line can name them."""
    if exchange is None:
        return {}
    return {"operation": exchange.row.operation.value} | (_named(exchange.caller))


def _named(caller: Caller | None) -> dict[str, str]:
    if caller is None:
        return {}
    return {"organisation_id": caller.organisation_id} if caller.client_id is None else {"client_id": caller.client_id}


def _stamped(response: Response, dialect: Dialect, interaction: str) -> Response:
    """The response with the headers of every answer, refusals included."""
    response.headers[dialect.headers.interaction_header] = interaction
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _places(error: Exception) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]

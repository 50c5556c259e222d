"""Run one operation through the chain: identify and authorise on cached snapshots, decide in one call to the hot state, operate,
encode.

A refusal is confirmed by the same call without spending; if a version moved, the policies judge again on the new snapshot. An
answer that is not ready within a second of its decision is decided again, so that data whose consent was revoked meanwhile is not returned.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from multidict import CIMultiDict

from gateway.pipeline.calls_in_flight import CallsInFlight
from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.operation_costs import cost_of
from gateway.pipeline.policy import Policy, Steps, derive_steps
from gateway.ports import Decisions
from gateway.use_case import UseCase
from kernel import json
from kernel.clock import Clock
from kernel.errors import Overloaded, Problem
from kernel.hot_state.checks import Current, Moved, VersionIs
from kernel.http.message import Response
from kernel.operations import Operation
from openapi.codec import Rendering, rendered
from openapi.dialect import Row, Service

ATTEMPTS_MAX = 3  # attempts to decide while the versions of snapshots move
ANSWER_WITHIN_SECONDS = 1.0  # after its decision an answer is sent; a later one is decided again
DECIDE_SECONDS_MAX = 2.0  # for the hot state's verdicts
OPERATION_SECONDS_MAX = 10.0  # for one operation, from its decision to its answer


class Pipeline:
    """`rows` are all operations that will ever be asked for. `monotonic` is a clock in seconds that never jumps."""

    def __init__(
        self,
        *,
        rows: Sequence[tuple[Service, Row]],
        chain: Sequence[Policy],
        use_cases: Mapping[Operation, UseCase],
        decisions: Decisions,
        in_flight: CallsInFlight,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        missing = sorted({row.operation for _, row in rows} - set(use_cases))
        if missing:
            raise ValueError(f"no use case answers {', '.join(missing)}")
        keys = (_key(service, row) for service, row in rows)
        self._steps = dict(zip(keys, derive_steps(chain, (row for _, row in rows)), strict=True))
        self._use_cases = use_cases
        self._decisions = decisions
        self._in_flight = in_flight
        self._clock = clock
        self._monotonic = monotonic

    async def run(self, exchange: Exchange) -> Response:
        """The answer. Raises Problem to refuse."""
        with self._in_flight.call(cost_of(exchange.row.operation)) as exchange.call:
            if exchange.row.method != "GET":
                return await self._change(exchange)
            return await self._read(exchange)

    async def _change(self, exchange: Exchange) -> Response:
        """Runs to its end even if its caller goes: the change is committed, by a command that looked again under its lock, so say so."""
        await self._authorise(exchange, self._steps_of(exchange), spend=True)
        return await self._operate(exchange)

    async def _read(self, exchange: Exchange) -> Response:
        steps = self._steps_of(exchange)
        decided_at = await self._authorise(exchange, steps, spend=True)
        response = await self._operate_for_caller(exchange)
        for _ in range(ATTEMPTS_MAX):
            if self._monotonic() - decided_at < ANSWER_WITHIN_SECONDS:
                return response
            before = _versions(exchange)
            decided_at = await self._authorise(exchange, steps, spend=False)
            if _versions(exchange) != before:
                response = await self._operate_for_caller(exchange)
        raise Overloaded("no answer was ready within a second of its decision")

    def answer(self, exchange: Exchange, response: Response) -> None:
        """Show the answer, allowing or refusing, to the policies on the way back up. Raises Problem to replace it."""
        for policy in self._steps_of(exchange).responses:
            policy.on_response(exchange, response)

    def _steps_of(self, exchange: Exchange) -> Steps:
        return self._steps[_key(exchange.service, exchange.row)]

    async def _authorise(self, exchange: Exchange, steps: Steps, *, spend: bool) -> float:
        """When the decision was asked for, at the latest. Raises what a policy raised, once it is confirmed."""
        exchange.moved = {}
        for _ in range(ATTEMPTS_MAX):
            exchange.begin()
            refusal = await _judge(exchange, steps)
            asked_at = self._monotonic()
            await self._decide(exchange, spend=spend and refusal is None)
            if exchange.moved:
                continue
            if refusal is not None:
                raise refusal
            if spend:
                for policy in steps.decisions:
                    policy.on_decision(exchange)
                for step in steps.allowances:
                    await step.on_allowed(exchange)
            return asked_at
        raise Overloaded(f"versions kept moving: {', '.join(exchange.moved)}")

    async def _decide(self, exchange: Exchange, *, spend: bool) -> None:
        """Ask, and note what moved. Without spending, only versions are asked about."""
        checks = [check for check in exchange.checks if spend or isinstance(check, VersionIs)]
        exchange.moved = {}
        if not checks:
            return
        try:
            async with asyncio.timeout(DECIDE_SECONDS_MAX):
                verdicts = await self._decisions.decide(checks, spend=spend)
        except TimeoutError:
            raise Overloaded("the hot state did not answer in time") from None
        exchange.verdicts = dict(zip(checks, verdicts, strict=True))
        for check, verdict in exchange.verdicts.items():
            if not isinstance(check, VersionIs):
                continue
            if isinstance(verdict, Moved):
                exchange.moved[check.subject] = verdict.version
            elif not isinstance(verdict, Current):
                raise Overloaded(f"the current version of {check.subject} is unknown: {verdict}")

    async def _operate_for_caller(self, exchange: Exchange) -> Response:
        """Stops when the caller goes: a read leaves nothing half-done. Raises CallerGone."""
        async with exchange.request.departure.stops():
            return await self._operate(exchange)

    async def _operate(self, exchange: Exchange) -> Response:
        async with present(exchange.call).turn():
            return await self._answer(exchange)

    async def _answer(self, exchange: Exchange) -> Response:
        row = exchange.row
        try:
            async with asyncio.timeout(OPERATION_SECONDS_MAX):
                exchange.result = await self._use_cases[row.operation].run(exchange)
        except TimeoutError:
            raise Overloaded(f"{row.operation} took longer than {OPERATION_SECONDS_MAX} s") from None
        if row.encode is None:
            return Response(row.success)
        return _response(exchange, row.encode(exchange.result, _rendering(exchange, self._clock)))


async def _judge(exchange: Exchange, steps: Steps) -> Problem | None:
    try:
        for policy in steps.requests:
            await policy.on_request(exchange)
    except Problem as refusal:
        return refusal
    return None


def _response(exchange: Exchange, encoded: Any) -> Response:
    answer = rendered(encoded)
    headers = CIMultiDict(answer.headers)
    body: bytes | None = None
    if answer.body is not None:
        body = answer.body if isinstance(answer.body, bytes) else json.encode(answer.body)
        headers["Content-Type"] = answer.media_type or exchange.dialect.media_types_of(exchange.row)[0]
    return Response(answer.status or exchange.row.success, body, headers)


def _rendering(exchange: Exchange, clock: Clock) -> Rendering:
    brand, request, parameter = exchange.brand, exchange.request, exchange.dialect.paging.parameter
    host = brand.mtls_url if request.listener == "mtls" else brand.issuer
    url = host + quote(request.path.rstrip("/"))
    filters = [(name, value) for name, value in request.query if name != parameter]
    return Rendering(
        url=url,
        base_url=host + exchange.service.base_path,
        query=request.query,
        consent=exchange.consent,
        zone=brand.zone,
        now=clock.now(),
        page=lambda page: f"{url}?{urlencode([*filters, (parameter, page)])}",
        members_on=brand.members_on,
        issuer=brand.issuer,
    )


def _versions(exchange: Exchange) -> set[VersionIs]:
    return {check for check in exchange.checks if isinstance(check, VersionIs)}


def _key(service: Service, row: Row) -> tuple[str, str, str, int | None]:
    return (service.base_path, row.method, row.path, row.version)

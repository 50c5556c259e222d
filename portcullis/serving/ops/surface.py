"""The operations listener: liveness, readiness, metrics, the operator's commands, and notices of the core bank.

Plain HTTP on a loopback port, never for the outside.
"""

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from multidict import CIMultiDict

from kernel import json
from kernel.errors import Overloaded
from kernel.http.message import Request, Response
from kernel.observability.telemetry import CONTENT_TYPE, Telemetry
from portcullis.compose.composition import Composition, Parts
from portcullis.serving.ops.bank_notices import BankNotices
from portcullis.serving.ops.callers import OpsCallers
from portcullis.serving.ops.commands import PATHS, OperatorCommands, operator_commands

PROBE_SECONDS = 2.0  # for the database's answer to a readiness check
Probe = Callable[[], Awaitable[bool]]


class Ops:
    """`probes` name what readiness needs; each answers within its own time limit."""

    def __init__(
        self,
        callers: OpsCallers,
        telemetry: Telemetry,
        probes: dict[str, Probe],
        commands: OperatorCommands,
        notices: BankNotices | None = None,
    ) -> None:
        self._callers = callers
        self._telemetry = telemetry
        self._probes = probes
        self._commands = commands
        self._notices = notices
        self.accepting = False  # set once every listener accepts, cleared when the server begins to stop

    async def handle(self, request: Request) -> Response:
        return self._callers.refuse(request) or await self._answer(request)

    async def _answer(self, request: Request) -> Response:
        match (request.method, request.path):
            case ("GET", "/health/live"):
                return _json(200, {"status": "live"})
            case ("GET", "/health/ready"):
                return await self._readiness()
            case ("GET", "/metrics"):
                return Response(200, self._telemetry.render(), CIMultiDict({"Content-Type": CONTENT_TYPE}))
            case (_, path) if path in PATHS:
                return await self._commands.handle(request)
            case (_, path) if self._notices is not None and self._notices.owns(path):
                return await self._notices.handle(request)
            case (_, "/health/live" | "/health/ready" | "/metrics"):
                return Response(405, headers=CIMultiDict({"Allow": "GET"}))
            case _:
                return Response(404)

    async def check(self) -> dict[str, bool]:
        """The conditions of readiness, by name."""
        return {"listeners": self.accepting} | {name: await probe() for name, probe in self._probes.items()}

    async def _readiness(self) -> Response:
        checks = await self.check()
        ready = all(checks.values())
        return _json(200 if ready else 503, {"status": "ready" if ready else "not ready", "checks": checks})


def ops_of(parts: Parts, composition: Composition) -> Ops:
    """Ready means: the listeners accept, the database answers, and versions come from the hot state."""

    async def database() -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS), parts.database.reserved.read() as connection:
                return await connection.scalar(sa.select(1)) == 1
        except (TimeoutError, Overloaded, sa.exc.SQLAlchemyError):
            return False

    async def hot_state() -> bool:
        return composition.versions.is_trusted

    commands = operator_commands(parts, composition)
    notices = BankNotices(composition.orders, composition.brands, parts.settings.core_bank_notice_token)
    callers = OpsCallers.of(parts.settings.ops_port, parts.settings.ops_hosts)
    return Ops(callers, parts.telemetry, {"database": database, "hot_state": hot_state}, commands, notices)


def _json(status: int, document: object) -> Response:
    return Response(status, json.encode(document), CIMultiDict({"Content-Type": "application/json"}))

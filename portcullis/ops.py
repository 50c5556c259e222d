"""The operations listener: is it alive, is it ready, what does it count. Plain HTTP on a loopback port, never for the outside."""

from collections.abc import Awaitable, Callable

from multidict import CIMultiDict

from kernel import json, telemetry
from kernel.http.message import Request, Response

Probe = Callable[[], Awaitable[bool]]


class Ops:
    """`probes` name what readiness needs; each answers within its own time limit."""

    def __init__(self, probes: dict[str, Probe]) -> None:
        self._probes = probes
        self.accepting = False  # set once every listener accepts, cleared when the server begins to stop

    async def handle(self, request: Request) -> Response:
        match (request.method, request.path):
            case ("GET", "/health/live"):
                return _json(200, {"status": "live"})
            case ("GET", "/health/ready"):
                return await self._readiness()
            case ("GET", "/metrics"):
                return Response(200, telemetry.render(), CIMultiDict({"Content-Type": telemetry.CONTENT_TYPE}))
            case (_, "/health/live" | "/health/ready" | "/metrics"):
                return Response(405, headers=CIMultiDict({"Allow": "GET"}))
            case _:
                return Response(404)

    async def _readiness(self) -> Response:
        checks = {"listeners": self.accepting} | {name: await probe() for name, probe in self._probes.items()}
        ready = all(checks.values())
        return _json(200 if ready else 503, {"status": "ready" if ready else "not ready", "checks": checks})


def _json(status: int, document: object) -> Response:
    return Response(status, json.encode(document), CIMultiDict({"Content-Type": "application/json"}))

"""The control API: a developer's test answers for a PSU, moves the clock and acts as a directory.

It acts only through ports that production also has: a decision on a consent, the clock's offset, client registration, seeding.
It answers on the public listener to loopback callers and to callers with the control token, and refuses requests from pages of
other sites.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from multidict import CIMultiDict

from consent.errors import AuthenticationAnswered
from kernel import json
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import (
    BodyTooLarge,
    ConsentUnknown,
    FieldInvalid,
    MediaTypeUnsupported,
    MethodNotAllowed,
    OperationUnknown,
    Overloaded,
    Problem,
    RequestMalformed,
)
from kernel.http.message import Request, Response
from kernel.http.retry_after import add_retry_after
from kernel.observability.answer_log import log_answer, log_problem
from sandbox.clock import MovedClock, parse_duration
from sandbox.tpps.new_tpp import NewTpp

Answering = Callable[[Brand, Request], Awaitable[dict[str, Any]]]

PREFIX = "/sandbox/"
BODY_BYTES_MAX = 16_384
FORWARDED = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)  # a proxy stands between


class CallerRefused(Problem):
    code, public = (
        "caller_refused",
        "The control API answers loopback callers, or a bearer of the sandbox token, and no other site.",
    )


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """`accounts`: account numbers, nicknames or bank references as personas.json lists them; absent means every eligible one."""

    persona: str
    accounts: list[str] | None = None


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """A customer's answer to a backchannel request. `persona` absent: the customer who was asked; `accounts` as in a decision."""

    persona: str | None = None
    accounts: list[str] | None = None


class ClockMove(msgspec.Struct, forbid_unknown_fields=True):
    advance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """`decide(brand, consent_id, approve, decision)` raises ConsentUnknown, `answer(brand, auth_req_id, allow, answer)`
    AuthenticationAnswered; `list_tpps`, `new_tpp` and `renew_tpp` answer the documents of client.json."""

    token: str
    clock: Clock
    moved_clock: MovedClock
    decide: Callable[[Brand, str, bool, Decision], Awaitable[None]]
    answer: Callable[[Brand, str, bool, Answer], Awaitable[None]]
    list_tpps: Callable[[], Awaitable[list[dict[str, Any]]]]
    new_tpp: Callable[[Brand, NewTpp], Awaitable[dict[str, Any]]]
    revoke_tpp: Callable[[str], Awaitable[dict[str, Any]]]
    renew_tpp: Callable[[Brand, str], Awaitable[dict[str, Any]]]
    reset: Callable[[Brand], Awaitable[None]]

    async def handle(self, brand: Brand, request: Request) -> Response:
        return await answer_call(brand, request, self.token, self._answer)

    def refuse(self, _brand: Brand, _request: Request, problem: Problem) -> Response:
        """The answer to a request whose head could not be read."""
        return render_refusal(problem)

    async def _answer(self, brand: Brand, request: Request) -> dict[str, Any]:
        match request.path.removeprefix(PREFIX).split("/"):
            case ["consents", consent_id, "approve" | "deny" as verb]:
                check_method(request, "POST")
                await self.decide(brand, consent_id, verb == "approve", json.decode(request.body, Decision))
                return {"consent_id": consent_id, "decision": verb}
            case ["ciba", auth_req_id, "allow" | "deny" as verb]:
                check_method(request, "POST")
                await self.answer(brand, auth_req_id, verb == "allow", json.decode(request.body or b"{}", Answer))
                return {"answer": verb}
            case ["clock"]:
                check_method(request, "GET", "POST")
                if request.method == "POST":
                    await self.moved_clock.advance(parse_duration(json.decode(request.body, ClockMove).advance))
                return {"now": self.clock.now(), "wall": self.clock.wall()}
            case ["reset"]:
                check_method(request, "POST")
                await self.reset(brand)
                return {
                    "reset": True,
                    "removed": ["consents", "tokens", "journeys"],
                    "kept": ["tpps", "keys"],
                    "now": self.clock.now(),
                }
            case ["tpps"]:
                check_method(request, "GET", "POST")
                if request.method == "GET":
                    return {"tpps": await self.list_tpps()}
                return await self.new_tpp(brand, json.decode(request.body, NewTpp))
            case ["tpps", name, "revoke"]:
                check_method(request, "POST")
                return await self.revoke_tpp(name)
            case ["tpps", name, "renew"]:
                check_method(request, "POST")
                return await self.renew_tpp(brand, name)
            case _:
                raise OperationUnknown


async def answer_call(brand: Brand, request: Request, token: str, answer: Answering, *methods: str) -> Response:
    """The one way into each part of the control API: the caller is judged, then the method if `methods` are the same for every path,
    and only then is the body read and `answer` asked."""
    try:
        check_caller(request, brand, token)
        if methods:
            check_method(request, *methods)
        return render_json(200, await answer(brand, await request.received(BODY_BYTES_MAX)))
    except Problem as problem:
        return render_refusal(problem)


def check_caller(request: Request, brand: Brand, token: str) -> None:
    """Raises CallerRefused for a stranger, or for a page of another site in a developer's own browser."""
    scheme, _, shown = (request.header("Authorization") or "").partition(" ")
    bears_token = bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(shown.encode(), token.encode())
    if request.listener != "public":
        raise CallerRefused(f"on the {request.listener} listener")
    if not bears_token and (not _is_loopback(request.peer) or any(name in request.headers for name in FORWARDED)):
        raise CallerRefused(f"peer {request.peer}")
    origins = request.headers.getall("Origin", [])
    if any(origin != brand.issuer for origin in origins):
        raise CallerRefused("foreign Origin")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise CallerRefused("foreign Sec-Fetch-Site")


def check_method(request: Request, *allowed: str) -> None:
    if request.method not in allowed:
        raise MethodNotAllowed(allowed=allowed)


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return False


STATUSES: dict[type[Problem], int] = {
    AuthenticationAnswered: 409,
    CallerRefused: 403,
    OperationUnknown: 404,
    ConsentUnknown: 404,
    MethodNotAllowed: 405,
    BodyTooLarge: 413,
    MediaTypeUnsupported: 415,
    Overloaded: 503,
    RequestMalformed: 400,
    FieldInvalid: 400,
}


def render_refusal(problem: Problem) -> Response:
    """Also said in the log: it is the terminal of the developer."""
    log_problem(problem, path=problem.path)
    response = render_json(
        STATUSES.get(type(problem), 400), {"error": problem.code, "message": problem.public, "path": problem.path}
    )
    if isinstance(problem, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(problem.allowed)
    return add_retry_after(response, problem)


def render_json(status: int, document: object) -> Response:
    log_answer(status)
    return Response(status, json.encode(document), CIMultiDict({"Content-Type": "application/json", "Cache-Control": "no-store"}))

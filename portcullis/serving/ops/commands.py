"""Operator's commands to a running server on its operations port, so that no server goes on with state that a command has changed.

The port is on loopback and plain HTTP: any user of the machine can reach it, and can listen on it while the server is down. So
a command carries no secret. One that shows is signed with a key that is derived from the sealing keys, for one target, one minute and one use;
one that changes money or consents with an operator's own key (credentials.py).
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import structlog
from multidict import CIMultiDict

from consent.authorization.keys.rotation import begin_rotation, rotate_keys
from kernel import json
from kernel.clock import Clock
from kernel.errors import FieldInvalid, Overloaded, Problem
from kernel.http.message import Request, Response
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import Sealer
from orders.operators.requests import TakeRequest
from portcullis.compose.composition import Composition, Parts
from portcullis.serving.ops.credentials import (
    AGE_SECONDS_MAX,
    NONCE_CHARACTERS_MAX,
    CommandForbidden,
    Credentials,
    OperatorRefused,
    OperatorsMissing,
    Signed,
)
from portcullis.serving.ops.event_commands import forget_sink, list_parked, release_parked, resend_notices
from portcullis.serving.ops.given import Given
from portcullis.serving.ops.order_commands import approve_order, decide_order, explain_order, hold_order, list_orders, show_order
from portcullis.serving.ops.recall_commands import (
    agree_to_recall,
    approve_recall,
    ask_recall,
    give_up_recall,
    list_recalls,
    refuse_recall,
    show_recall,
    write_message,
)
from portcullis.serving.ops.reconciliation_commands import (
    DOCUMENT_BYTES_MAX,
    approve_resolution,
    assign_break,
    import_document,
    list_breaks,
    propose_discard,
    propose_resolution,
    report_reconciliation,
    run_reconciliation,
)

SCHEME = "Portcullis-Command"
PURPOSE = "operator-command"
NONCES_MAX = 1_000  # used nonces remembered: at one more, a command is refused
EVERY_BRAND = ""

Command = Callable[[Composition, str, Mapping[str, str]], Awaitable[object]]  # of a brand, and what else the command names
COMMANDS: Mapping[str, Command] = {  # signed with the sealing keys: they show, or turn keys
    "/keys/rotate": lambda composition, brand, _asked: rotate_keys(composition.services, brand),
    "/keys/publish": lambda composition, brand, _asked: begin_rotation(composition.services, brand),
    "/events/parked": list_parked,
    "/orders/list": list_orders,
    "/orders/show": show_order,
    "/orders/explain": explain_order,
    "/recalls/list": list_recalls,
    "/recalls/show": show_recall,
    "/recalls/message": write_message,
    "/reconcile/report": report_reconciliation,
    "/reconcile/breaks": list_breaks,
}
Act = Callable[[Composition, str, Given], Awaitable[object]]
ACTS: Mapping[str, Act] = {  # signed by an operator: they change money, consents, or what others hear of them
    "/events/release": release_parked,
    "/events/forget": forget_sink,
    "/events/resend": resend_notices,
    "/orders/decide": decide_order,
    "/orders/approve": approve_order,
    "/orders/hold": hold_order,
    "/recalls/ask": ask_recall,
    "/recalls/agree": agree_to_recall,
    "/recalls/approve": approve_recall,
    "/recalls/refuse": refuse_recall,
    "/recalls/give-up": give_up_recall,
    "/reconcile/import": import_document,
    "/reconcile/run": run_reconciliation,
    "/reconcile/assign": assign_break,
    "/reconcile/propose": propose_resolution,
    "/reconcile/discard": propose_discard,
    "/reconcile/approve": approve_resolution,
}
FILES = frozenset({"/reconcile/import"})  # acts about a document, which is the body: of one brand
PATHS = COMMANDS.keys() | ACTS.keys()

log = structlog.get_logger(__name__)


class CommandRefused(Problem):
    code, public = (
        "command_refused",
        "Commands are signed by `portcullis`, with the sealing keys of the server that they are for.",
    )


def target_of(path: str, brand: str, asked: Mapping[str, str]) -> str:
    """All of a command: what is signed is what is carried out."""
    return f"{path}?{urlencode({'brand': brand, **asked})}"


def sign_command(sealer: Sealer, target: str, at: datetime, nonce: str) -> str:
    """The Authorization header of a POST to `target`, good once."""
    stamp = int(at.timestamp())
    return f"{SCHEME} {stamp}.{nonce}.{_mac(sealer, target, str(stamp), nonce)}"


@dataclass(slots=True)
class CommandGuard:
    """`used` remembers what was presented, for as long as it would be accepted."""

    sealer: Sealer
    clock: Clock
    used: dict[str, float] = field(default_factory=dict, init=False)

    def check(self, target: str, authorization: str) -> str:
        """The nonce of the command. Raises CommandRefused, or Overloaded when too many were given in a minute."""
        scheme, _, credential = authorization.partition(" ")
        stamp, _, rest = credential.partition(".")
        nonce, _, mac = rest.partition(".")
        expected = _mac(self.sealer, target, stamp, nonce)
        if scheme != SCHEME or not hmac.compare_digest(mac.encode(errors="replace"), expected.encode()):
            raise CommandRefused("not signed with our sealing keys")
        now = self.clock.wall().timestamp()
        if not stamp.isdigit() or abs(now - int(stamp)) > AGE_SECONDS_MAX or not 0 < len(nonce) <= NONCE_CHARACTERS_MAX:
            raise CommandRefused("not of this minute")
        self.used = {each: until for each, until in self.used.items() if until >= now}
        if nonce in self.used:
            raise CommandRefused("presented before")
        if len(self.used) >= NONCES_MAX:
            raise Overloaded("too many commands within a minute")
        self.used[nonce] = int(stamp) + AGE_SECONDS_MAX
        return nonce


@dataclass(frozen=True, slots=True)
class OperatorCommands:
    """`handle` answers a POST to one of `PATHS`; it raises nothing."""

    composition: Composition
    guard: CommandGuard
    credentials: Credentials

    async def handle(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(405, headers=CIMultiDict({"Allow": "POST"}))
        asked = dict(request.query)
        brand = asked.pop("brand", EVERY_BRAND)
        authorization = request.header("Authorization") or ""
        try:
            if request.path in COMMANDS:
                self.guard.check(target_of(request.path, brand, asked), authorization)
                return _render(200, await run_command(self.composition, request.path, brand, asked))
            signed = self.check_act(request.path, brand, asked, authorization)
            document = (await request.received(DOCUMENT_BYTES_MAX)).body
            return _render(200, await self.act(request.path, brand, asked, signed, document))
        except (CommandRefused, OperatorRefused, OperatorsMissing, CommandForbidden) as problem:
            log.warning("command_refused", path=request.path, code=problem.code, detail=problem.detail)
            return _render_refusal(403, problem.public)
        except Problem as problem:
            log.warning("command_failed", path=request.path, code=problem.code, detail=problem.detail or problem.public)
            return _render_refusal(400 if isinstance(problem, FieldInvalid) else 503, problem.public)
        except KeyStoreFailed as failed:
            log.exception("command_failed", path=request.path)
            return _render_refusal(503, str(failed))
        except Exception:  # the last boundary of this surface
            log.exception("command_failed", path=request.path)
            return _render_refusal(500, "The server failed; its log says why.")

    def check_act(self, path: str, brand: str, asked: Mapping[str, str], authorization: str) -> Signed:
        """The request of an operator, before its document is read. Raises OperatorsMissing, OperatorRefused or CommandForbidden."""
        return self.credentials.check(path.removeprefix("/").replace("/", " "), target_of(path, brand, asked), authorization)

    async def act(self, path: str, brand: str, asked: Mapping[str, str], signed: Signed, document: bytes) -> dict[str, object]:
        """The result for each brand; for every brand if none is named. Raises FieldInvalid, and OperatorRefused for another document than
        was signed, or a request that any server has carried out before."""
        signed.check_body(document)
        chosen = _choose(self.composition, brand)
        if path in FILES and len(chosen) > 1:
            raise FieldInvalid("brand", public="Name the brand whose document it is.", path="brand")
        services = self.composition.services
        request = TakeRequest(
            operator=signed.operator,
            command=path,
            target=target_of(path, brand, asked),
            brands=chosen,
            nonce=signed.nonce,
            now=services.clock.wall(),
        )
        if not await services.commands.run(request):
            raise OperatorRefused("presented before")
        given = Given(operator=signed.operator, asked=asked, document=document)
        made = await asyncio.gather(*(ACTS[path](self.composition, name, given) for name in chosen))
        return dict(zip(chosen, made, strict=True))


async def run_command(composition: Composition, path: str, brand: str, asked: Mapping[str, str]) -> dict[str, object]:
    """As `OperatorCommands.act`, of a command that shows or turns keys. Raises FieldInvalid."""
    chosen = _choose(composition, brand)
    made = await asyncio.gather(*(COMMANDS[path](composition, name, asked) for name in chosen))
    return dict(zip(chosen, made, strict=True))


def operator_commands(parts: Parts, composition: Composition) -> OperatorCommands:
    credentials = Credentials.of(parts.settings.operators, parts.brands[0].issuer, parts.clock)
    return OperatorCommands(composition, CommandGuard(parts.sealer, parts.clock), credentials)


def _choose(composition: Composition, brand: str) -> list[str]:
    """The brand that is named, or every one. Raises FieldInvalid for an unknown one."""
    brands = list(composition.brands)
    chosen = [each for each in brands if brand in (each, EVERY_BRAND)]
    if not chosen:
        raise FieldInvalid(f"brand {brand}", public=f"There is no such brand; there are {', '.join(brands)}.", path="brand")
    return chosen


def _mac(sealer: Sealer, target: str, stamp: str, nonce: str) -> str:
    message = "\n".join(("POST", target, stamp, nonce)).encode(errors="replace")
    return hmac.new(sealer.derive(PURPOSE), message, hashlib.sha256).hexdigest()


def _render(status: int, document: object) -> Response:
    return Response(status, json.encode(document), CIMultiDict({"Content-Type": "application/json", "Cache-Control": "no-store"}))


def _render_refusal(status: int, message: str) -> Response:
    return _render(status, {"message": message, "path": ""})

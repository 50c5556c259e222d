"""Operator's commands to a running server on its operations port, so that no server goes on with state that a command has changed.

The port is on loopback and plain HTTP: any user of the machine can reach it, and can listen on it while the server is down. So
a command carries no secret: it is signed with a key that is derived from the sealing keys, for one target, one minute and one use.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import structlog
from multidict import CIMultiDict

from consent.authorization.keys.rotation import begin_rotation, rotate_keys
from consent.services import Services
from kernel import json
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import FieldInvalid, Overloaded, Problem
from kernel.http.message import Request, Response
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import Sealer
from portcullis.serving.ops.event_commands import list_parked, release_parked

SCHEME = "Portcullis-Command"
PURPOSE = "operator-command"
AGE_SECONDS_MAX = 60  # either way: the signer is on the same machine
NONCE_CHARACTERS_MAX = 64  # of the nonce of an operator's command
NONCES_MAX = 1_000  # used nonces remembered: at one more, a command is refused
EVERY_BRAND = ""

Command = Callable[[Services, str, Mapping[str, str]], Awaitable[object]]  # of a brand, and what else the command names
COMMANDS: Mapping[str, Command] = {
    "/keys/rotate": lambda services, brand, _asked: rotate_keys(services, brand),
    "/keys/publish": lambda services, brand, _asked: begin_rotation(services, brand),
    "/events/parked": list_parked,
    "/events/release": release_parked,
}

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

    def check(self, target: str, authorization: str) -> None:
        """Raises CommandRefused, or Overloaded when too many were given in a minute."""
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


@dataclass(frozen=True, slots=True)
class OperatorCommands:
    """`handle` answers a POST to one of `COMMANDS`; it raises nothing."""

    services: Services
    brands: Sequence[Brand]
    guard: CommandGuard

    async def handle(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(405, headers=CIMultiDict({"Allow": "POST"}))
        asked = dict(request.query)
        brand = asked.pop("brand", EVERY_BRAND)
        try:
            self.guard.check(target_of(request.path, brand, asked), request.header("Authorization") or "")
            return _render(200, await run_command(self.services, self.brands, request.path, brand, asked))
        except CommandRefused as problem:
            log.warning("command_refused", path=request.path, detail=problem.detail)
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


async def run_command(
    services: Services, brands: Sequence[Brand], path: str, brand: str, asked: Mapping[str, str]
) -> dict[str, object]:
    """The result for each brand; for every brand if none is named. Raises FieldInvalid for an unknown one."""
    chosen = [each.name for each in brands if brand in (each.name, EVERY_BRAND)]
    if not chosen:
        raise FieldInvalid(
            f"brand {brand}", public=f"There is no such brand; there are {', '.join(each.name for each in brands)}.", path="brand"
        )
    made = await asyncio.gather(*(COMMANDS[path](services, name, asked) for name in chosen))
    return dict(zip(chosen, made, strict=True))


def _mac(sealer: Sealer, target: str, stamp: str, nonce: str) -> str:
    message = "\n".join(("POST", target, stamp, nonce)).encode(errors="replace")
    return hmac.new(sealer.derive(PURPOSE), message, hashlib.sha256).hexdigest()


def _render(status: int, document: object) -> Response:
    return Response(status, json.encode(document), CIMultiDict({"Content-Type": "application/json", "Cache-Control": "no-store"}))


def _render_refusal(status: int, message: str) -> Response:
    return _render(status, {"message": message, "path": ""})

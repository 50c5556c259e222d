"""Callers of the operations listener: programs of this machine that name it as it is, and no page of a site in a browser here.

Any page may have a name of its own lead to 127.0.0.1 (DNS rebinding) and then read what answers there. So another name in Host than
loopback's, or than configuration has, is not answered: RFC 9110 section 15.5.20.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kernel.http.message import Request, Response
from kernel.observability.answer_log import log_refusal

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
MISDIRECTED, FORBIDDEN = 421, 403
HTTP_PORT = 80
HOST_CHARACTERS_MAX = 100  # of an unknown host in a log line


@dataclass(frozen=True, slots=True)
class OpsCallers:
    """`hosts`: what Host may say."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, port: int, names: Iterable[str] = ()) -> "OpsCallers":
        """`names`: further ones, `host` or `host:port`, by which a proxy on this machine asks; a host alone is taken without a
        port or with ours."""
        hosts = {spelled for name in LOOPBACK_NAMES for spelled in _spellings(name, port)}
        for name in names:
            hosts |= {name.lower()} if _has_port(name) else {name.lower(), *_spellings(name.lower(), port)}
        return cls(frozenset(hosts))

    def refuse(self, request: Request) -> Response | None:
        """The refusal of a caller that may not ask, None for one that may."""
        if request.host not in self.hosts:
            log_refusal("host_unknown", f"{request.host[:HOST_CHARACTERS_MAX]} is no name of the ops listener", listener="ops")
            return Response(MISDIRECTED)
        foreign = any(origin != f"http://{request.host}" for origin in request.headers.getall("Origin", ()))
        if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            log_refusal("caller_refused", "a page of another site asks the ops listener", listener="ops")
            return Response(FORBIDDEN)
        return None


def _spellings(name: str, port: int) -> tuple[str, ...]:
    return (name, f"{name}:{port}") if port == HTTP_PORT else (f"{name}:{port}",)


def _has_port(name: str) -> bool:
    return name.rpartition(":")[2].isdigit() and not name.endswith("]")

"""The hot state: what every worker must know at once, asked in one round trip. One verb, `decide(checks) -> verdicts`.

It holds versions of snapshots, rate limits (GCRA), unattended counters and first uses (jti): nothing that cannot be lost.
Subjects and keys are strings that begin with the brand ("main/consent/<id>"), so that no brand can see another's.

All version questions are settled first; if any snapshot is not current nothing is spent. Then every limit, counter and first
use is looked at, and spent only if all of them allow and the caller asked to spend. Time is the hot state's own clock. The keys of
one call are distinct.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

VERSION_SECONDS = 300  # after which a version is forgotten: this bounds any fault that was not foreseen
FILL_SECONDS = 10  # for which a fill token is accepted: the time a reader has to ask the database
CLOSED_SECONDS = 30  # after its last `close` a subject opens again, forgotten: longer than any change takes


class VersionIs(msgspec.Struct, frozen=True):
    """Is `version` still the current version of `subject`?"""

    subject: str
    version: int


class WithinRate(msgspec.Struct, frozen=True):
    """GCRA: at most `limit` units per `window_seconds`, smoothly, with a burst of `limit`. The call spends `cost` units, at least
    one, and never more than the whole limit."""

    key: str
    limit: int
    window_seconds: int
    rule: str = "default"
    cost: int = 1


class WithinCount(msgspec.Struct, frozen=True):
    """At most `limit` uses in a window that starts at the first use and ends `window_seconds` later."""

    key: str
    limit: int
    window_seconds: int
    rule: str = "unattended"


class Share(msgspec.Struct, frozen=True):
    """At most `limit` first uses of `owner` are remembered at a time: what one caller may fill of a memory that all share."""

    owner: str
    limit: int


class FirstUse(msgspec.Struct, frozen=True):
    """Has `key` never been used within `ttl_seconds`? With `issued_at` (seconds since the epoch), what was issued before the
    memory of first uses began is refused: it may have been used before then. With a `share` that is full: `Exceeded`."""

    key: str
    ttl_seconds: int
    issued_at: float | None = None
    share: Share | None = None


Check = VersionIs | WithinRate | WithinCount | FirstUse


class Current(msgspec.Struct, frozen=True):
    """The version asked about is the current one."""


class Moved(msgspec.Struct, frozen=True):
    """Another version is current: load the snapshot again. Version 0 from the database: there is no such thing any more."""

    version: int


class Unknown(msgspec.Struct, frozen=True):
    """The hot state does not know (or knows less than who asks): ask the database and, if `fill_token` is given, `fill` the answer
    with it."""

    fill_token: str | None


class Allowed(msgspec.Struct, frozen=True):
    """`remaining` uses or units are left; the limit is whole again after `reset_seconds`."""

    limit: int
    remaining: int
    reset_seconds: int


class Exceeded(msgspec.Struct, frozen=True):
    """Not enough is left; come back after `retry_after` seconds."""

    limit: int
    retry_after: int


class Fresh(msgspec.Struct, frozen=True):
    """Never used before."""


class Replayed(msgspec.Struct, frozen=True):
    """Used before, or issued before the memory of first uses began."""


class Unavailable(msgspec.Struct, frozen=True):
    """The hot state cannot be reached. Each kind of check says what that means: versions go to the database, first uses fail
    closed, limits fall back to a local share."""


Verdict = Current | Moved | Unknown | Allowed | Exceeded | Fresh | Replayed | Unavailable
ALLOWING = (Current, Allowed, Fresh)  # what every verdict of a call must be for anything to be spent


class HotState(Protocol):
    async def decide(self, checks: Sequence[Check], *, spend: bool = True) -> tuple[Verdict, ...]:
        """One verdict per check, in order. Never raises for an outage: every verdict is then `Unavailable`."""
        ...

    async def fill(self, subject: str, version: int, fill_token: str) -> None:
        """Answer an `Unknown`. Ignored if the subject moved or was closed since the token was given."""
        ...

    async def close(self, subjects: Sequence[str]) -> bool:
        """Before a change commits: from now on the subjects are `Unknown` without a fill token, until as many `publish` as `close`
        named them, or CLOSED_SECONDS. False if the hot state cannot be reached."""
        ...

    async def publish(self, versions: Mapping[str, int]) -> bool:
        """After a change committed: the highest version ever published or filled wins. False if it cannot be reached."""
        ...

    async def born_at(self) -> float:
        """When the memory of first uses began, in seconds since the epoch; infinity while it cannot be reached."""
        ...

"""The schedule of a brand's signing keys: from the present keys and the time to the next version of the key set.

A key is published ahead of its use, so that readers who cache our JWK Set have it before it signs; then used; then trusted for as long as
anything that it signed may live; then retired; and in the end removed. After an emergency no former key is trusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.authorization.keys.ring import PURPOSES, KeyPurpose, KeyState, SigningKey
from consent.settings import ACCESS_TOKEN_SECONDS_MAX, KeySchedule
from kernel.jose.jwt import Algorithm

SKEW = timedelta(minutes=5)  # by which clocks of servers and clients may differ
TRUSTED_AFTER_USE = (
    timedelta(seconds=ACCESS_TOKEN_SECONDS_MAX) + SKEW
)  # a key is published after its last signature: no token of any kind lives longer
RECORD_KEPT = timedelta(days=30)  # the record of a retired key is kept


@dataclass(frozen=True, slots=True)
class Issue:
    """A key to be made."""

    purpose: KeyPurpose
    alg: Algorithm
    state: KeyState
    activates_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """The changes that lead to the next version of a key set; empty if none is due."""

    issue: tuple[Issue, ...] = ()
    activate: tuple[SigningKey, ...] = ()
    step_down: tuple[SigningKey, ...] = ()  # no longer used, trusted until `TRUSTED_AFTER_USE`
    retire: tuple[SigningKey, ...] = ()
    remove: tuple[SigningKey, ...] = ()

    def __bool__(self) -> bool:
        return any((self.issue, self.activate, self.step_down, self.retire, self.remove))


def plan_missing(keys: Sequence[SigningKey], now: datetime) -> Change:
    """Issue keys for the purposes for which the brand has none, and use them at once: no reader holds a former key for them."""
    used = {(key.purpose, key.alg) for key in keys if key.state is KeyState.ACTIVE}
    return Change(issue=tuple(Issue(*each, KeyState.ACTIVE, now) for each in PURPOSES if each not in used))


def plan_due(keys: Sequence[SigningKey], now: datetime, schedule: KeySchedule) -> Change:
    """The changes that the schedule demands by `now`. Even if it runs late, no key is used before it has been published long enough."""
    succeeding, superseded, issued = list[SigningKey](), list[SigningKey](), list[Issue]()
    for purpose, alg in PURPOSES:
        active, coming = (_in_state(keys, purpose, alg, state) for state in (KeyState.ACTIVE, KeyState.PUBLISHED))
        due = [key for key in coming if key.activates_at <= now]
        if due:
            succeeding.append(due[-1])
            superseded += [*active, *due[:-1]]
        elif active and not coming:
            ends_at = active[-1].activates_at + schedule.rotate_every
            if ends_at - schedule.publish_ahead <= now:
                issued.append(Issue(purpose, alg, KeyState.PUBLISHED, max(ends_at, now + schedule.publish_ahead)))
    return Change(
        issue=tuple(issued),
        activate=tuple(succeeding),
        step_down=tuple(superseded),
        retire=tuple(key for key in keys if key.state is KeyState.RETIRING and _is_over(key, now)),
        remove=tuple(key for key in keys if key.state is KeyState.RETIRED and _is_over(key, now - RECORD_KEPT)),
    )


def plan_ahead(keys: Sequence[SigningKey], now: datetime, schedule: KeySchedule) -> Change:
    """The next scheduled rotation begins now: successors for all that have none yet."""
    coming = {(key.purpose, key.alg) for key in keys if key.state is KeyState.PUBLISHED}
    activates_at = now + schedule.publish_ahead
    return Change(issue=tuple(Issue(*each, KeyState.PUBLISHED, activates_at) for each in PURPOSES if each not in coming))


def plan_emergency(keys: Sequence[SigningKey], now: datetime) -> Change:
    """Replace all keys at once, and trust none of the former ones: a thief of one may have the published ones too."""
    return Change(
        issue=tuple(Issue(purpose, alg, KeyState.ACTIVE, now) for purpose, alg in PURPOSES),
        retire=tuple(key for key in keys if key.state is not KeyState.RETIRED),
    )


def _in_state(keys: Sequence[SigningKey], purpose: KeyPurpose, alg: str, state: KeyState) -> list[SigningKey]:
    """The earliest first."""
    found = [key for key in keys if (key.purpose, key.alg, key.state) == (purpose, alg, state)]
    return sorted(found, key=lambda key: key.activates_at)


def _is_over(key: SigningKey, at: datetime) -> bool:
    return key.retires_at is not None and key.retires_at <= at

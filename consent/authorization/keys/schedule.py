"""What becomes of a brand's signing keys, and when: from the keys there are and the time, to the next version of the key set.

Published ahead of its use, so that whoever keeps our JWK Set has the key before anything is signed with it; used; trusted for as long as
anything that it signed may live; retired; and in the end not even recorded. An emergency trusts nothing that was there before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.authorization.keys.ring import PURPOSES, KeyPurpose, KeyState, SigningKey
from consent.settings import ACCESS_TOKEN_SECONDS_MAX, KeySchedule
from kernel.jose.jwt import Algorithm

SKEW = timedelta(minutes=5)  # clocks of servers and clients may disagree
TRUSTED_AFTER_USE = timedelta(seconds=ACCESS_TOKEN_SECONDS_MAX) + SKEW  # no token of any kind lives longer
RECORD_KEPT = timedelta(days=30)  # of a retired key


@dataclass(frozen=True, slots=True)
class Issue:
    """A key to be made."""

    purpose: KeyPurpose
    alg: Algorithm
    state: KeyState
    activates_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What the next version of a key set does; nothing, if nothing is due."""

    issue: tuple[Issue, ...] = ()
    activate: tuple[SigningKey, ...] = ()
    step_down: tuple[SigningKey, ...] = ()  # no longer used, trusted until `TRUSTED_AFTER_USE`
    retire: tuple[SigningKey, ...] = ()
    remove: tuple[SigningKey, ...] = ()

    def __bool__(self) -> bool:
        return any((self.issue, self.activate, self.step_down, self.retire, self.remove))


def plan_missing(keys: Sequence[SigningKey], now: datetime) -> Change:
    """Keys for what this version signs and the brand has no key for, used at once: nobody can miss what never was."""
    used = {(key.purpose, key.alg) for key in keys if key.state is KeyState.ACTIVE}
    return Change(issue=tuple(Issue(*each, KeyState.ACTIVE, now) for each in PURPOSES if each not in used))


def plan_due(keys: Sequence[SigningKey], now: datetime, schedule: KeySchedule) -> Change:
    """What the schedule asks for by `now`. However late it is looked at, no key is used before its time ahead has passed."""
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
    """Other keys at once, and no trust in any that there are: whoever stole one may have stolen those that wait, too."""
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

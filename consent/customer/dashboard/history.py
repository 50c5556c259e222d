"""The history of a consent for its PSU: the newest event first, each with its moment in the bank's own time.

An expiry is shown from its moment on, recorded or not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.authorization.agreement.terms import render_instant
from consent.store.lifecycle import ConsentEvent, expiry_of
from consent.store.rows.authorisations import Authorisation, Shown
from consent.store.rows.snapshots import LODGED, Recorded
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentState
from kernel.brand import Brand

# {name} is the third party.
_SENTENCES: Mapping[str, str] = {
    LODGED: "{name} asked for access",
    ConsentEvent.REJECT: "You did not agree",
    ConsentEvent.LAPSE: "Not everyone who must agree did so in time",
    ConsentEvent.SUSPEND: "Sharing was paused",
    ConsentEvent.RESUME: "Sharing went on",
    ConsentEvent.REVOKE: "You stopped sharing",
    ConsentEvent.WITHDRAW: "{name} gave up its access",
    ConsentEvent.EXPIRE: "The time that you agreed to was over",
    ConsentEvent.CONSUME: "It was for one use, and that is over",
    ConsentEvent.SUPERSEDE: "Newer access took its place",
    ConsentEvent.REMOVE_ACCOUNT: "An account that you no longer have with us was taken out",
}
AGREED_FIRST = "One of those who must agree agreed"
AGREED_LAST = "The last of those who must agree agreed"
AGREED = "You agreed to share"
AGREED_AGAIN = "You agreed to go on sharing"
AGREED_CHANGE = "You agreed to a change of what you share"
_OVER = frozenset({ConsentState.EXPIRED, ConsentState.CONSUMED})
_OTHER = "Its state changed"
_AGREEING = (ConsentEvent.AUTHORISE_PARTIALLY, ConsentEvent.AUTHORISE, ConsentEvent.AMEND)


@dataclass(frozen=True, slots=True)
class Step:
    at: str
    text: str
    accounts: tuple[str, ...] = ()  # as they were called then


def tell(
    brand: Brand, name: str, recorded: Sequence[Recorded], authorisations: Iterable[Authorisation], now: datetime
) -> tuple[Step, ...]:
    """`recorded` oldest first; `now` is business time."""
    shown = [one.shown for one in authorisations if one.status is AuthorisationStatus.SUCCEEDED]
    steps = []
    agreed = 0
    for version in (*recorded, *_unrecorded(recorded, now)):
        at = render_instant(brand, version.at)
        if version.event in _AGREEING:
            steps.append(Step(at, _render_agreed(version, is_first=not agreed), _accounts(shown, agreed)))
            agreed += 1
        else:
            steps.append(Step(at, _SENTENCES.get(version.event, _OTHER).format(name=name)))
    return tuple(reversed(steps))


def _render_agreed(version: Recorded, *, is_first: bool) -> str:
    if version.event == ConsentEvent.AUTHORISE_PARTIALLY:
        return AGREED_FIRST
    if version.consent.signing_rules:
        return AGREED_LAST
    if is_first:
        return AGREED
    return AGREED_CHANGE if version.event == ConsentEvent.AMEND else AGREED_AGAIN


def _unrecorded(recorded: Sequence[Recorded], now: datetime) -> tuple[Recorded, ...]:
    """The expiry that has come and is not recorded yet, if any."""
    latest = recorded[-1].consent
    if latest.state is latest.effective_state(now) or latest.effective_state(now) not in _OVER:
        return ()
    return (Recorded(latest, expiry_of(latest, now), latest.effective_since(now)),)


def _accounts(shown: Sequence[Shown | None], number: int) -> tuple[str, ...]:
    page = shown[number] if number < len(shown) else None
    return page.accounts if page is not None else ()

"""The life of a consent, as one table. Any pair that the table lacks is refused.

UK Open Banking R/W 4.0 consent states (AWAU, AUTH, RJCT, COND, CANC, EXPD), Berlin Group 1.3.x consentStatus; DESIGN names are ours.
Authorising an authorised or suspended consent again is the UK's re-authentication: same consent, new authorisation. Amending it is
Grant Management's merge or replace: same consent, new authorisation, other terms.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from consent.store.kinds.registry import kind_of
from kernel.banking.consents import LIVE_STATES, Consent, ConsentState
from kernel.errors import ConsentExpired, ConsentNotAuthorised, ConsentRevoked, ConsentSuspended, ConsentUnknown, Problem
from openapi.rulebook import rules_of


class ConsentEvent(StrEnum):
    UPLOAD = "upload"  # the file that it is about has come
    AUTHORISE_PARTIALLY = "authorise_partially"  # one signed, and others must too
    AUTHORISE = "authorise"
    AMEND = "amend"  # the PSU agreed to other terms of what stands
    REJECT = "reject"
    SUSPEND = "suspend"
    RESUME = "resume"
    CONSUME = "consume"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"  # by the PSU
    WITHDRAW = "withdraw"  # by the TPP
    EXPIRE = "expire"
    LAPSE = "lapse"  # it was not authorised in time, or not by all who must sign
    REMOVE_ACCOUNT = "remove_account"  # an account that the consent covers has been closed or has moved to another bank


# Events that only record what time has decided: they apply to the recorded state, not to the effective one.
RECORDING_EVENTS = frozenset({ConsentEvent.EXPIRE, ConsentEvent.LAPSE})


_S, _E = ConsentState, ConsentEvent

TRANSITIONS: Mapping[tuple[ConsentState, ConsentEvent], ConsentState] = MappingProxyType(
    {
        (_S.AWAITING_UPLOAD, _E.UPLOAD): _S.AWAITING,
        (_S.AWAITING_UPLOAD, _E.REJECT): _S.REJECTED,
        (_S.AWAITING_UPLOAD, _E.WITHDRAW): _S.WITHDRAWN_BY_TPP,
        (_S.AWAITING_UPLOAD, _E.EXPIRE): _S.EXPIRED,
        (_S.AWAITING_UPLOAD, _E.LAPSE): _S.REJECTED,
        (_S.AWAITING, _E.AUTHORISE_PARTIALLY): _S.PARTIALLY_AUTHORISED,
        (_S.AWAITING, _E.AUTHORISE): _S.AUTHORISED,
        (_S.AWAITING, _E.REJECT): _S.REJECTED,
        (_S.AWAITING, _E.WITHDRAW): _S.WITHDRAWN_BY_TPP,
        (_S.AWAITING, _E.EXPIRE): _S.EXPIRED,
        (_S.AWAITING, _E.LAPSE): _S.REJECTED,
        (_S.PARTIALLY_AUTHORISED, _E.AUTHORISE_PARTIALLY): _S.PARTIALLY_AUTHORISED,
        (_S.PARTIALLY_AUTHORISED, _E.AUTHORISE): _S.AUTHORISED,
        (_S.PARTIALLY_AUTHORISED, _E.REJECT): _S.REJECTED,
        (_S.PARTIALLY_AUTHORISED, _E.REVOKE): _S.REVOKED_BY_PSU,
        (_S.PARTIALLY_AUTHORISED, _E.WITHDRAW): _S.WITHDRAWN_BY_TPP,
        (_S.PARTIALLY_AUTHORISED, _E.EXPIRE): _S.EXPIRED,
        (_S.PARTIALLY_AUTHORISED, _E.LAPSE): _S.REJECTED,
        (_S.PARTIALLY_AUTHORISED, _E.REMOVE_ACCOUNT): _S.PARTIALLY_AUTHORISED,
        (_S.AUTHORISED, _E.AUTHORISE): _S.AUTHORISED,
        (_S.AUTHORISED, _E.AMEND): _S.AUTHORISED,
        (_S.AUTHORISED, _E.SUSPEND): _S.SUSPENDED,
        (_S.AUTHORISED, _E.CONSUME): _S.CONSUMED,
        (_S.AUTHORISED, _E.SUPERSEDE): _S.SUPERSEDED,
        (_S.AUTHORISED, _E.REVOKE): _S.REVOKED_BY_PSU,
        (_S.AUTHORISED, _E.WITHDRAW): _S.WITHDRAWN_BY_TPP,
        (_S.AUTHORISED, _E.EXPIRE): _S.EXPIRED,
        (_S.AUTHORISED, _E.REMOVE_ACCOUNT): _S.AUTHORISED,
        (
            _S.SUSPENDED,
            _E.AUTHORISE_PARTIALLY,
        ): _S.PARTIALLY_AUTHORISED,  # other accounts were chosen, and others must sign for them
        (_S.SUSPENDED, _E.AUTHORISE): _S.AUTHORISED,
        (_S.SUSPENDED, _E.AMEND): _S.AUTHORISED,
        (_S.SUSPENDED, _E.RESUME): _S.AUTHORISED,
        (_S.SUSPENDED, _E.SUPERSEDE): _S.SUPERSEDED,
        (_S.SUSPENDED, _E.REVOKE): _S.REVOKED_BY_PSU,
        (_S.SUSPENDED, _E.WITHDRAW): _S.WITHDRAWN_BY_TPP,
        (_S.SUSPENDED, _E.EXPIRE): _S.EXPIRED,
        (_S.SUSPENDED, _E.REMOVE_ACCOUNT): _S.SUSPENDED,
    }
)

# What a kind of consent that is given once lacks: it is agreed to neither again nor to other terms, and nothing that was taken from it
# brings it back.
GIVEN_ONCE = frozenset(
    {
        *((_S.AUTHORISED, _E.AUTHORISE), (_S.AUTHORISED, _E.AMEND)),
        *((_S.SUSPENDED, _E.AUTHORISE), (_S.SUSPENDED, _E.AMEND), (_S.SUSPENDED, _E.AUTHORISE_PARTIALLY)),
    }
)

# What a rule of the consent's dialect may allow in addition (Rules.stopped_may_return): the same consent, a new authorisation.
RETURNS: Mapping[tuple[ConsentState, ConsentEvent], ConsentState] = MappingProxyType(
    {
        (_S.REVOKED_BY_PSU, _E.AUTHORISE): _S.AUTHORISED,
        (_S.REVOKED_BY_PSU, _E.AUTHORISE_PARTIALLY): _S.PARTIALLY_AUTHORISED,
    }
)

# What brings a suspended consent back, withdraws or supersedes it: nothing does where a suspended one is at its end (Rules.suspended).
OF_A_PAUSE = frozenset({_E.AUTHORISE, _E.AUTHORISE_PARTIALLY, _E.AMEND, _E.RESUME, _E.WITHDRAW, _E.SUPERSEDE})

TERMINAL_STATES = frozenset(ConsentState) - LIVE_STATES

_REFUSALS: Mapping[ConsentState, type[Problem]] = MappingProxyType(
    {
        ConsentState.SUSPENDED: ConsentSuspended,
        ConsentState.EXPIRED: ConsentExpired,
        ConsentState.SUPERSEDED: ConsentExpired,
        ConsentState.REVOKED_BY_PSU: ConsentRevoked,
        ConsentState.WITHDRAWN_BY_TPP: ConsentUnknown,  # to its TPP a withdrawn consent is gone, unless its dialect says that it is terminated
    }
)


def next_state(state: ConsentState, event: ConsentEvent) -> ConsentState:
    """The state that `event` leads to. Raises ConsentExpired, ConsentRevoked, ConsentSuspended, ConsentUnknown (withdrawn) or
    ConsentNotAuthorised."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        refusal = _REFUSALS.get(state, ConsentNotAuthorised)
        raise refusal(f"no {event} from {state}")
    return following


def check_authorised(consent: Consent, now: datetime) -> None:
    """Raises as `next_state` does unless the consent is authorised at `now` (business time)."""
    state = consent.effective_state(now)
    if state is not ConsentState.AUTHORISED:
        refusal = _REFUSALS.get(state, ConsentNotAuthorised)
        raise refusal(f"the consent is {state}")


def state_after(consent: Consent, event: ConsentEvent, now: datetime) -> ConsentState:
    """As `next_state`, from the state that counts at `now` (business time): what has run out cannot be changed, only recorded so."""
    state = consent.state if is_recording(consent, event, now) else consent.effective_state(now)
    if (state, event) in GIVEN_ONCE and kind_of(consent).is_given_once:
        raise ConsentNotAuthorised(f"no {event} of a {consent.kind} from {state}")
    if _returns(consent, state, event, now):
        return RETURNS[state, event]
    if _is_at_its_end(consent, state, event):
        raise ConsentRevoked(f"no {event} from {state}")
    if state is ConsentState.CONSUMED and not consent.is_recurring:
        raise ConsentExpired(f"no {event} from {state}: it was for one use")
    if state is ConsentState.WITHDRAWN_BY_TPP and rules_of(consent.lodged_as).withdrawn == "terminated":
        raise ConsentRevoked(f"no {event} from {state}")
    return next_state(state, event)


def _returns(consent: Consent, state: ConsentState, event: ConsentEvent, now: datetime) -> bool:
    """True if the event brings back what its PSU stopped: by the rule of its dialect, until its validity ends. A consent that
    is given once never returns."""
    return (
        (state, event) in RETURNS
        and not kind_of(consent).is_given_once
        and (consent.valid_until is None or now < consent.valid_until)
        and consent.kind in rules_of(consent.lodged_as).stopped_may_return
    )


def _is_at_its_end(consent: Consent, state: ConsentState, event: ConsentEvent) -> bool:
    return state is ConsentState.SUSPENDED and event in OF_A_PAUSE and rules_of(consent.lodged_as).suspended == "ended"


def is_recording(consent: Consent, event: ConsentEvent, now: datetime) -> bool:
    """True if the event only records what time has decided: for a consent for one use also its use, once its time of use is over."""
    is_used_up = event is ConsentEvent.CONSUME and consent.effective_state(now) is ConsentState.CONSUMED
    return event in RECORDING_EVENTS or is_used_up


def expiry_of(consent: Consent, now: datetime) -> ConsentEvent:
    """The event that records the end of a consent's validity."""
    return ConsentEvent.CONSUME if consent.effective_state(now) is ConsentState.CONSUMED else ConsentEvent.EXPIRE


def allows(consent: Consent, event: ConsentEvent, now: datetime) -> bool:
    pair = (consent.effective_state(now), event)
    given_once = pair in GIVEN_ONCE and kind_of(consent).is_given_once
    stands = not given_once and not _is_at_its_end(consent, *pair)
    return _returns(consent, *pair, now) or (pair in TRANSITIONS and stands)

"""The life of a consent is one table: what it lists happens, everything else is refused, and an end is an end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.store.events import FACTS
from consent.store.lifecycle import TERMINAL_STATES, TRANSITIONS, ConsentEvent, allows, next_state, state_after
from kernel.banking.consents import LIVE_STATES, AccountsTerms, Consent, ConsentKind, ConsentState, Permission
from kernel.errors import ConsentExpired, ConsentNotAuthorised, ConsentRevoked, ConsentUnknown, Problem

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def consent(state: ConsentState, valid_until: datetime | None = None) -> Consent:
    return Consent(
        id="c",
        brand="main",
        version=1,
        kind=ConsentKind.ACCOUNTS,
        state=state,
        client_id="acme",
        organisation_id="acme",
        lodged_as="uk_obie/v4.0",
        terms=AccountsTerms(permissions=frozenset({Permission.BALANCES})),
        created_at=NOW,
        state_changed_at=NOW,
        valid_until=valid_until,
    )


@pytest.mark.parametrize("state", ConsentState)
@pytest.mark.parametrize("event", ConsentEvent)
def test_a_pair_that_the_table_lacks_is_refused(state, event):
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(Problem):
            next_state(state, event)


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_nothing_leads_out_of_an_end(state):
    assert [event for event in ConsentEvent if (state, event) in TRANSITIONS] == []


@given(st.lists(st.sampled_from(ConsentEvent), max_size=30))
def test_no_sequence_of_events_leaves_an_end(events):
    state = ConsentState.AWAITING
    for event in events:
        try:
            following = next_state(state, event)
        except Problem:
            continue
        assert state in LIVE_STATES
        state = following


@given(st.lists(st.sampled_from(ConsentEvent), max_size=30))
def test_nothing_is_authorised_without_an_authorisation(events):
    state, authorised = ConsentState.AWAITING, False
    for event in events:
        try:
            state = next_state(state, event)
        except Problem:
            continue
        authorised = authorised or event is ConsentEvent.AUTHORISE  # amending takes one that was authorised
        assert authorised or state is not ConsentState.AUTHORISED


@pytest.mark.parametrize("state", sorted(LIVE_STATES))
def test_every_live_consent_can_be_withdrawn_and_can_expire(state):
    assert next_state(state, ConsentEvent.WITHDRAW) is ConsentState.WITHDRAWN_BY_TPP
    assert next_state(state, ConsentEvent.EXPIRE) is ConsentState.EXPIRED


def test_every_state_but_the_first_is_reached():
    reached = set(TRANSITIONS.values())
    assert set(ConsentState) - reached == {ConsentState.AWAITING_UPLOAD}


def test_every_event_has_a_fact_to_show():
    assert set(FACTS) == set(ConsentEvent)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (ConsentState.EXPIRED, ConsentExpired),
        (ConsentState.REVOKED_BY_PSU, ConsentRevoked),
        (ConsentState.WITHDRAWN_BY_TPP, ConsentUnknown),
        (ConsentState.REJECTED, ConsentNotAuthorised),
        (ConsentState.CONSUMED, ConsentNotAuthorised),
    ],
)
def test_a_refusal_names_the_fact(state, refusal):
    with pytest.raises(refusal):
        next_state(state, ConsentEvent.AUTHORISE)


def test_what_has_run_out_cannot_be_changed_before_anybody_recorded_it():
    past = consent(ConsentState.AUTHORISED, NOW)
    assert allows(past, ConsentEvent.SUSPEND, NOW - timedelta(microseconds=1))
    assert not allows(past, ConsentEvent.SUSPEND, NOW)
    with pytest.raises(ConsentExpired):
        state_after(past, ConsentEvent.WITHDRAW, NOW)
    assert state_after(past, ConsentEvent.EXPIRE, NOW) is ConsentState.EXPIRED

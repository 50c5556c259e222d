"""The life of a signing key by the calendar: what the next version of a key set does, from the keys and the time alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.authorization.keys.ring import PURPOSES, KeyPurpose, KeyState, SigningKey
from consent.authorization.keys.schedule import RECORD_KEPT, TRUSTED_AFTER_USE, plan_ahead, plan_due, plan_emergency, plan_missing
from consent.settings import ACCESS_TOKEN_SECONDS_MAX, JWKS_CACHE_SECONDS, KEY_PUBLISH_AHEAD_MIN, KeySchedule
from kernel.jose.jwt import JwtKey

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEDULE = KeySchedule(rotate_every=timedelta(days=90), publish_ahead=timedelta(days=1))
ACCESS = (KeyPurpose.ACCESS_TOKEN, "ES256")
TICK = timedelta(microseconds=1)


def key(kid, state=KeyState.ACTIVE, activates_at=START, retires_at=None, purpose=ACCESS) -> SigningKey:
    stand_in = JwtKey(kid, purpose[1], None)
    return SigningKey(
        kid=kid,
        purpose=purpose[0],
        alg=purpose[1],
        state=state,
        activates_at=activates_at,
        retires_at=retires_at,
        public=stand_in,
        private=stand_in,
    )


def kids(keys) -> list[str]:
    return [each.kid for each in keys]


def test_a_brand_without_keys_gets_one_for_each_purpose_and_algorithm():
    change = plan_missing((), START)
    assert [(issue.purpose, issue.alg) for issue in change.issue] == list(PURPOSES)
    assert {issue.state for issue in change.issue} == {KeyState.ACTIVE}


def test_a_database_of_an_earlier_version_gets_only_what_it_lacks():
    change = plan_missing([key("old")], START)
    assert ACCESS not in {(issue.purpose, issue.alg) for issue in change.issue}
    assert len(change.issue) == len(PURPOSES) - 1


def test_nothing_is_due_before_the_successor_must_be_seen():
    now = START + SCHEDULE.rotate_every - SCHEDULE.publish_ahead
    assert not plan_due([key("old")], now - TICK, SCHEDULE)
    (issue,) = plan_due([key("old")], now, SCHEDULE).issue
    assert (issue.state, issue.activates_at) == (KeyState.PUBLISHED, START + SCHEDULE.rotate_every)


def test_a_successor_is_used_when_its_time_has_come_and_the_old_key_stays_trusted():
    keys = [key("old"), key("new", KeyState.PUBLISHED, START + SCHEDULE.rotate_every)]
    assert not plan_due(keys, START + SCHEDULE.rotate_every - TICK, SCHEDULE)
    change = plan_due(keys, START + SCHEDULE.rotate_every, SCHEDULE)
    assert (kids(change.activate), kids(change.step_down), change.issue, change.retire) == (["new"], ["old"], (), ())


def test_a_server_that_was_away_for_a_year_still_publishes_ahead():
    """Otherwise tokens would be signed with a key that no client has seen."""
    now = START + timedelta(days=365)
    (issue,) = plan_due([key("old")], now, SCHEDULE).issue
    assert (issue.state, issue.activates_at) == (KeyState.PUBLISHED, now + SCHEDULE.publish_ahead)


def test_a_key_is_trusted_longer_than_anything_that_it_signed():
    assert timedelta(seconds=ACCESS_TOKEN_SECONDS_MAX) < TRUSTED_AFTER_USE
    leaving = key("old", KeyState.RETIRING, retires_at=START)
    assert not plan_due([leaving], START - TICK, SCHEDULE)
    assert kids(plan_due([leaving], START, SCHEDULE).retire) == ["old"]


def test_a_retired_key_is_recorded_for_a_while_and_then_removed():
    gone = key("old", KeyState.RETIRED, retires_at=START)
    assert not plan_due([gone], START + RECORD_KEPT - TICK, SCHEDULE)
    assert kids(plan_due([gone], START + RECORD_KEPT, SCHEDULE).remove) == ["old"]


def test_a_rotation_that_is_begun_by_hand_publishes_what_is_not_published_yet():
    change = plan_ahead([key("old"), key("new", KeyState.PUBLISHED, START + timedelta(days=9))], START, SCHEDULE)
    assert ACCESS not in {(issue.purpose, issue.alg) for issue in change.issue}
    assert {(issue.state, issue.activates_at) for issue in change.issue} == {(KeyState.PUBLISHED, START + SCHEDULE.publish_ahead)}


def test_an_emergency_trusts_nothing_that_was_there_before():
    """The thief of the active key may have taken the one that waits; and what is retiring still verifies."""
    keys = [
        key("active"),
        key("waiting", KeyState.PUBLISHED, START + timedelta(days=1)),
        key("leaving", KeyState.RETIRING, retires_at=START + timedelta(hours=1)),
        key("gone", KeyState.RETIRED, retires_at=START),
    ]
    change = plan_emergency(keys, START)
    assert kids(change.retire) == ["active", "waiting", "leaving"]
    assert {issue.state for issue in change.issue} == {KeyState.ACTIVE}
    assert [(issue.purpose, issue.alg) for issue in change.issue] == list(PURPOSES)


def test_everyone_has_a_key_before_it_is_used():
    """RFC 7517 section 5 leaves caching to HTTP: the cached set must be old before its successor is needed."""
    assert timedelta(seconds=JWKS_CACHE_SECONDS) * 10 <= KEY_PUBLISH_AHEAD_MIN


@pytest.mark.parametrize(
    ("rotate_every", "publish_ahead", "named"),
    [
        (timedelta(days=90), timedelta(minutes=59), "publish_ahead"),
        (timedelta(days=90), timedelta(), "publish_ahead"),
        (timedelta(days=1), timedelta(hours=13), "rotate_every"),
        (timedelta(days=731), timedelta(days=1), "rotate_every"),
        (timedelta(days=-90), timedelta(days=1), "rotate_every"),
    ],
)
def test_a_schedule_that_leaves_no_time_to_see_a_key_is_refused(rotate_every, publish_ahead, named):
    with pytest.raises(ValueError, match=named):
        KeySchedule(rotate_every, publish_ahead)


@given(st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=200)), max_size=40))
def test_however_irregularly_it_is_looked_at_there_is_one_key_that_signs_and_each_was_seen_first(steps):
    """A model of one purpose: each step is the time until the rotator next runs."""
    now, keys, serial = START, [key("k0")], 0
    seen_since = {"k0": START}
    for step in steps:
        now += step
        change = plan_due(keys, now, SCHEDULE)
        moved = {each.kid: key(each.kid, KeyState.ACTIVE, now) for each in change.activate}
        moved |= {
            each.kid: key(each.kid, KeyState.RETIRING, each.activates_at, now + TRUSTED_AFTER_USE) for each in change.step_down
        }
        moved |= {each.kid: key(each.kid, KeyState.RETIRED, each.activates_at, now) for each in change.retire}
        removed = set(kids(change.remove))
        keys = [moved.get(each.kid, each) for each in keys if each.kid not in removed]
        for issue in change.issue:
            serial += 1
            keys.append(key(f"k{serial}", issue.state, issue.activates_at))
            seen_since[f"k{serial}"] = now
        (active,) = [each for each in keys if each.state is KeyState.ACTIVE]
        assert active.kid == "k0" or active.activates_at - seen_since[active.kid] >= SCHEDULE.publish_ahead
        assert len([each for each in keys if each.state is KeyState.PUBLISHED]) <= 1
        assert len(keys) <= 4

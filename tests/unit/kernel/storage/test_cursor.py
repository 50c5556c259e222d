"""A page link opens only unaltered, in time, and for the request it was made for."""

import base64
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import CursorInvalid
from kernel.storage.cursor import CURSOR_CHARACTERS_MAX, Cursor, CursorSealer
from kernel.storage.sealed import Sealer

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
SEALER = CursorSealer(Sealer({1: b"k" * 32}))
CURSOR = Cursor(41, NOW - timedelta(days=3, microseconds=1), "up1", "t1", NOW + timedelta(hours=24))
SEALED = SEALER.seal(CURSOR, "client-1", "consent-1")

CURSORS = st.builds(
    Cursor,
    as_of=st.integers(0, 2**62),
    at=st.datetimes(timezones=st.just(UTC)),
    account_id=st.text(max_size=40),
    row_id=st.text(max_size=40),
    expires_at=st.just(NOW + timedelta(seconds=1)),
)


@given(cursor=CURSORS, bound_to=st.lists(st.text(max_size=40), max_size=4))
def test_what_was_sealed_opens_the_same(cursor, bound_to):
    text = SEALER.seal(cursor, *bound_to)
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")
    assert SEALER.open(text, NOW, *bound_to) == cursor


@given(place=st.integers(0, len(SEALED) - 1), character=st.sampled_from(string.ascii_letters + string.digits + "-_=+/ .\n\u00e9"))
def test_any_altered_character_is_refused(place, character):
    altered = SEALED[:place] + character + SEALED[place + 1 :]
    if altered != SEALED:
        with pytest.raises(CursorInvalid):
            SEALER.open(altered, NOW, "client-1", "consent-1")


@given(place=st.integers(0, len(base64.urlsafe_b64decode(SEALED + "==")) - 1), flip=st.integers(1, 255))
def test_any_altered_byte_is_refused(place, flip):
    sealed = bytearray(base64.urlsafe_b64decode(SEALED + "=="))
    sealed[place] ^= flip
    with pytest.raises(CursorInvalid):
        SEALER.open(base64.urlsafe_b64encode(sealed).rstrip(b"=").decode(), NOW, "client-1", "consent-1")


@given(st.text(max_size=300))
def test_any_invented_text_is_refused(text):
    with pytest.raises(CursorInvalid):
        SEALER.open(text, NOW, "client-1", "consent-1")


@given(st.lists(st.text(max_size=10), max_size=4).filter(lambda facts: facts != ["client-1", "consent-1"]))
def test_another_request_cannot_use_it(bound_to):
    with pytest.raises(CursorInvalid):
        SEALER.open(SEALED, NOW, *bound_to)


def test_facts_do_not_run_together():
    text = SEALER.seal(CURSOR, "ab", "c")
    with pytest.raises(CursorInvalid):
        SEALER.open(text, NOW, "a", "bc")


def test_it_ends_at_its_instant():
    SEALER.open(SEALED, CURSOR.expires_at - timedelta(microseconds=1), "client-1", "consent-1")
    with pytest.raises(CursorInvalid):
        SEALER.open(SEALED, CURSOR.expires_at, "client-1", "consent-1")


def test_an_oversized_text_is_not_even_decoded():
    with pytest.raises(CursorInvalid):
        SEALER.open("A" * (CURSOR_CHARACTERS_MAX + 1), NOW)


def test_another_key_does_not_open_it():
    with pytest.raises(CursorInvalid):
        CursorSealer(Sealer({1: b"q" * 32})).open(SEALED, NOW, "client-1", "consent-1")


def test_the_same_position_never_looks_the_same():
    assert SEALER.seal(CURSOR) != SEALER.seal(CURSOR)

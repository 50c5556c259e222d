"""One place judges identifiers and texts that are to be stored."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from kernel.identifiers import IDENTIFIER_CHARACTERS_MAX, is_identifier, is_storable
from kernel.storage.database import Database

HOSTILE = st.text(st.characters(codec=None, exclude_categories=[]), max_size=40)


@pytest.mark.parametrize("text", ["", "\0", "a\0", "a b", "a\n", "é", "\ud800", "a" * (IDENTIFIER_CHARACTERS_MAX + 1)])
def test_what_can_be_no_identifier_is_none(text):
    assert not is_identifier(text)


@given(HOSTILE)
def test_an_identifier_is_storable_and_visible(text):
    if is_identifier(text):
        assert is_storable(text)
        assert text.isprintable()
        assert " " not in text


@given(HOSTILE)
def test_what_is_storable_can_be_sent(text):
    if is_storable(text):
        text.encode()


@pytest.mark.parametrize("text", ["\x01\x1f\x7f", "\ufffe\uffff", "\U0010ffff", "\u200b\u202e", "'; --", "\\u0000"])
async def test_what_is_storable_is_stored_by_every_database(migrated_url, text):
    assert is_storable(text)
    async with Database.open(migrated_url) as database, database.read() as connection:
        assert await connection.scalar(sa.select(sa.literal(text))) == text

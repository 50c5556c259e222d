"""Strict JSON: where a document is wrong, in the caller's own notation, and nothing of the caller's in the log."""

from enum import StrEnum
from typing import Annotated

import msgspec
import pytest

from kernel import json
from kernel.errors import FieldDateInvalid, FieldDuplicated, FieldInvalid, FieldMissing, FieldUnexpected, RequestMalformed
from kernel.json import DEPTH_MAX


class Colour(StrEnum):
    RED = "red"


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    colours: list[Colour]
    day: msgspec.UnsetType | Annotated[str, msgspec.Meta(pattern="^[0-9]+$")] = msgspec.UNSET


class Outer(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    data: Inner
    named: dict[str, Colour] = {}


@pytest.mark.parametrize(
    ("body", "problem", "path"),
    [
        (b"{}", FieldMissing, "Data"),
        (b'{"Data":{}}', FieldMissing, "Data.colours"),
        (b'{"Data":{"colours":[]},"canary":1}', FieldUnexpected, "canary"),
        (b'{"Data":{"colours":[],"canary":1}}', FieldUnexpected, "Data.canary"),
        (b'{"Data":{"colours":["red","canary"]}}', FieldInvalid, "Data.colours[1]"),
        (b'{"Data":{"colours":["can\'ary"]}}', FieldInvalid, "Data.colours[0]"),
        (b'{"Data":{"colours":["can\\"ary"]}}', FieldInvalid, "Data.colours[0]"),
        (b'{"Data":{"colours":["Invalid RFC3339 canary"]}}', FieldInvalid, "Data.colours[0]"),
        (b'{"Data":{"colours":[7]}}', FieldInvalid, "Data.colours[0]"),
        (b'{"Data":{"colours":[],"day":"canary"}}', FieldInvalid, "Data.day"),
        (b'{"Data":{"colours":[]},"Named":{"canary":"canary"}}', FieldInvalid, "Named[...]"),
        (b'{"Data":{"colours":[]},"Data":{"colours":["canary"]}}', FieldDuplicated, "Data"),
        (b"[]", FieldInvalid, ""),
        (b"", RequestMalformed, ""),
        (b'{"canary"', RequestMalformed, ""),
        (b'{"Data":NaN}', RequestMalformed, ""),
        (b'{"Data":{"colours":["\xff"]}}', RequestMalformed, ""),
        (b'{"Data":{"colours":["\\ud800"]}}', RequestMalformed, ""),
        (b'{"Data":{"colours":["canary\\u0000"]}}', RequestMalformed, ""),
        (b'{"Data":{"colours":[]},"canary\\u0000":1}', RequestMalformed, ""),
        (b'{"canary\\udfff":1}', RequestMalformed, ""),
        (b"[" * 100_000, RequestMalformed, ""),
        (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), RequestMalformed, ""),
    ],
)
def test_says_where_a_document_is_wrong_and_logs_nothing_of_it(body, problem, path):
    with pytest.raises(problem) as refused:
        json.decode(body, Outer)
    assert type(refused.value) is problem
    assert refused.value.path == path
    assert "canary" not in refused.value.detail.replace("'", "")


def test_a_date_that_msgspec_reads_itself_is_distinguished_from_another_value():
    from datetime import datetime

    with pytest.raises(FieldDateInvalid) as refused:
        json.decode(b'{"at":"canary"}', msgspec.defstruct("At", [("at", datetime)]))
    assert (refused.value.path, "canary" in refused.value.detail) == ("at", False)


def test_what_only_looks_like_an_escape_is_text():
    assert json.decode(rb'["\\u0000", "\ud83d\ude42"]', list[str]) == [r"\u0000", "\U0001f642"]


def test_reads_what_is_right():
    assert json.decode(b'{"Data":{"colours":["red"]}}', Outer) == Outer(Inner([Colour.RED]))


class Counted(str):
    """A member's name that counts how often it is compared."""

    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return str.__eq__(self, other)


def test_many_members_cost_no_more_than_their_number():
    """A 55 KB document of thousands of names and one duplicate once stalled a server for a second; the work is counted, not timed."""
    pairs = [(Counted(f"member-{number}"), 1) for number in range(5000)] + [(Counted("member-4999"), 1)]
    Counted.comparisons = 0
    with pytest.raises(FieldDuplicated) as refused:
        json._object_without_duplicates(pairs)
    assert refused.value.path == "member-4999"
    assert Counted.comparisons < 10 * len(pairs)


def test_a_name_that_cannot_be_said_back_is_still_refused_as_a_duplicate():
    with pytest.raises(FieldDuplicated) as refused:
        json.decode(b'{"\\ud800":1,"\\ud800":1}', Outer)
    assert refused.value.path.encode() == b"?"

"""Versions in a header: the highest that both sides know, or the standard's refusal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import HeaderMissing
from openapi.versions import HeaderVersions, VersionInvalid, VersionUnsupported
from tests.world.gateway.world import request

VERSIONS = HeaderVersions("x-v", "x-min-v")


def choose(*headers: tuple[str, str], served: tuple[int, ...] = (1, 2, 4)) -> int:
    return VERSIONS.choose(request(headers=headers), served)


@given(served=st.sets(st.integers(1, 9), min_size=1), wanted=st.integers(1, 9), least=st.none() | st.integers(1, 9))
def test_the_highest_version_that_both_sides_know_answers(served: set[int], wanted: int, least: int | None) -> None:
    headers = [("x-v", str(wanted))] + ([] if least is None else [("x-min-v", str(least))])
    lowest = wanted if least is None or least >= wanted else least
    known = [version for version in served if lowest <= version <= wanted]
    if known:
        assert choose(*headers, served=tuple(served)) == max(known)
    else:
        with pytest.raises(VersionUnsupported):
            choose(*headers, served=tuple(served))


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ([], HeaderMissing),
        ([("x-min-v", "1")], HeaderMissing),
        *(([("x-v", text)], VersionInvalid) for text in ("", "0", "-1", "1.0", "v1", "+1", "١", "1234567890")),
        ([("x-v", "1"), ("x-v", "1")], VersionInvalid),
        ([("x-v", "4"), ("x-min-v", "none")], VersionInvalid),
        ([("x-v", "3")], VersionUnsupported),
    ],
)
def test_anything_else_is_refused_at_its_header(headers: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as refused:
        choose(*headers)
    assert refused.value.path in {"x-v", "x-min-v"}  # type: ignore[attr-defined]

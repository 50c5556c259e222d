"""Pages by number: what a query asks for, and where a page leads."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.results import Numbered
from kernel.errors import FieldDuplicated, FieldInvalid, Problem
from openapi.codec import Rendering
from openapi.pages import NUMBER_MAX, NumberedPages, PageSizeInvalid, PageUnknown, links_of
from tests.world.gateway.dialect import BRAND

PAGES = NumberedPages("page", "page-size", size=25, size_max=1000)


@given(number=st.integers(1, NUMBER_MAX), size=st.integers(1, 1000))
def test_what_is_asked_for_within_bounds_is_understood(number: int, size: int) -> None:
    assert PAGES.asked((("page", str(number)), ("page-size", str(size)), ("else", "x"))) == (number, size)
    assert PAGES.asked((("page", str(number)),)) == (number, 25)
    assert PAGES.asked(()) == (1, 25)


@pytest.mark.parametrize(
    ("query", "refusal", "path"),
    [
        *(((("page", text),), FieldInvalid, "page") for text in ("0", "-1", "", "1.0", "01", "1 ", "٣", "9" * 19)),
        ((("page", "1"), ("page", "1")), FieldDuplicated, "page"),
        ((("page", str(NUMBER_MAX + 1)),), PageUnknown, "page"),
        *(((("page-size", text),), PageSizeInvalid, "page-size") for text in ("0", "1001", "-5", "all", "")),
        ((("page-size", "1"), ("page-size", "2")), FieldDuplicated, "page-size"),
    ],
)
def test_anything_else_is_refused_at_its_parameter(query: Any, refusal: type[Problem], path: str) -> None:
    with pytest.raises(refusal) as refused:
        PAGES.asked(query)
    assert refused.value.path == path


@given(records=st.integers(0, 200), size=st.integers(1, 60), number=st.integers(1, 200))
def test_links_lead_from_every_page_to_its_neighbours_and_to_both_ends(records: int, size: int, number: int) -> None:
    page = Numbered(min(number, max(1, -(-records // size))), size, records)
    rendering = Rendering("", "", (), None, BRAND.zone, datetime(2026, 7, 1, tzinfo=UTC), lambda text: text)
    links = links_of(rendering, page)
    assert links.here == str(page.number)
    assert (links.first, links.previous) == (("1", str(page.number - 1)) if page.number > 1 else (None, None))
    is_last = page.number * size >= records
    assert (links.following, links.last) == ((None, None) if is_last else (str(page.number + 1), str(page.pages)))

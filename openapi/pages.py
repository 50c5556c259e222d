"""The pages of a listing, in the two ways that standards have: by a cursor, which is ours and opaque, or by a number, with totals.

By a number a caller may ask for any page; so each of them is counted, by the bank, and no other way of paging pays for that.
"""

import re
from dataclasses import dataclass

from kernel.banking.results import Numbered
from kernel.errors import FieldDuplicated, FieldInvalid, Problem
from kernel.http.message import Query
from openapi.codec import Rendering
from openapi.parameters import QueryParameter

NUMBER_MAX = 1_000_000  # the largest page number: no listing is that long

_POSITIVE = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class PageSizeInvalid(Problem):
    code, public = "page_size_invalid", "The size of a page is not within the bounds."


class PageUnknown(Problem):
    code, public = "page_unknown", "The listing has no such page."


@dataclass(frozen=True, slots=True)
class CursorPages:
    """`parameter`: of the query, in which a later page's cursor travels."""

    parameter: str = "page"


@dataclass(frozen=True, slots=True)
class NumberedPages:
    """Pages have numbers from 1, and a size (in rows) that the caller chooses within bounds."""

    parameter: str = "page"
    size_parameter: str = "page-size"
    size: int = 25
    size_max: int = 1000

    @property
    def query(self) -> tuple[QueryParameter, ...]:
        """For the published document."""
        number = {"type": "integer", "minimum": 1, "default": 1}
        size = {"type": "integer", "minimum": 1, "maximum": self.size_max, "default": self.size}
        return (
            QueryParameter(self.parameter, "The number of the page.", number),
            QueryParameter(self.size_parameter, "The number of rows of each page.", size),
        )

    def asked(self, query: Query) -> tuple[int, int]:
        """The number and the size of the page that a query asks for. Raises FieldInvalid or FieldDuplicated (a number that is none),
        PageSizeInvalid, or PageUnknown (a number beyond any listing)."""
        size = _positive(query, self.size_parameter, self.size)
        if size is None or size > self.size_max:
            raise PageSizeInvalid(f"1 to {self.size_max} are allowed", path=self.size_parameter)
        number = _positive(query, self.parameter, 1)
        if number is None:
            raise FieldInvalid("not a positive integer", path=self.parameter)
        if number > NUMBER_MAX:
            raise PageUnknown(f"beyond {NUMBER_MAX}", path=self.parameter)
        return number, size


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """The absolute addresses of a listing's pages; None: this page is that one."""

    here: str
    first: str | None
    previous: str | None
    following: str | None
    last: str | None


def links_of(rendering: Rendering, page: Numbered) -> PageLinks:
    """The links of a page by its number; each keeps the filters and the size that the caller gave."""
    before, after = page.number > 1, page.number < page.pages
    return PageLinks(
        here=rendering.page(str(page.number)),
        first=rendering.page("1") if before else None,
        previous=rendering.page(str(page.number - 1)) if before else None,
        following=rendering.page(str(page.number + 1)) if after else None,
        last=rendering.page(str(page.pages)) if after else None,
    )


def _positive(query: Query, name: str, usual: int) -> int | None:
    """The parameter, or what is usual where it is absent; None for anything but one positive integer."""
    values = [value for each, value in query if each == name]
    if len(values) > 1:
        raise FieldDuplicated(f"{len(values)} times", path=name)
    if not values:
        return usual
    return int(values[0]) if _POSITIVE.fullmatch(values[0]) else None

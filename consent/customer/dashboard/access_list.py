"""The list of what a PSU agreed to: those who ask and wait for an answer, what waits for their signature, those who can see
something now, those who no longer can, then the rest by kind. Searched and sorted by a plain form."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from consent.customer.dashboard.access import Access
from consent.customer.dashboard.agreed import Section
from consent.customer.dashboard.asked import load_questions, parse_page
from consent.customer.dashboard.overview import load_overview
from consent.customer.dashboard.signatures.consents import load_unsigned_consents
from consent.customer.dashboard.signatures.orders import load_unsigned_orders
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.session import Session, load_psu
from consent.services import Services
from consent.store.rows.journeys import Stage
from kernel.brand import Brand
from kernel.http.message import Request, Response

SEARCH_CHARACTERS_MAX = 100  # of what a customer searches for; the rest is cut
SORT_DEFAULT = "granted"
_NEVER = datetime.min.replace(tzinfo=UTC)

# What a list may be sorted by: its name on the page, and the key.
SORTS: Mapping[str, tuple[str, Callable[[Access], Any]]] = {
    "granted": ("Newest first", lambda access: (-access.granted_at.timestamp(), access.name.casefold())),
    "used": ("Last used first", lambda access: (-(access.last_used_at or _NEVER).timestamp(), access.name.casefold())),
    "name": ("Name", lambda access: (access.name.casefold(), -access.granted_at.timestamp())),
}


async def show_list(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    psu = await load_psu(services, brand, session.journey)
    query = dict(reversed(request.query))  # the first of each name counts
    search = query.get("q", "").strip()[:SEARCH_CHARACTERS_MAX]
    sort = query.get("sort") if query.get("sort") in SORTS else SORT_DEFAULT
    assert sort is not None
    overview = await load_overview(services, brand, psu)
    found = sorted((access for access in overview.accesses if matches(access, search)), key=SORTS[sort][1])
    return render_page(
        brand,
        "access_list",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        psu_name=psu.display_name,
        questions=await load_questions(services, brand, psu, parse_page(query.get("asked", ""))),
        unsigned=(*await load_unsigned_orders(services, brand, psu), *await load_unsigned_consents(services, brand, psu)),
        active=[access for access in found if access.is_active],
        past=[access for access in found if not access.is_active],
        sections=[matching for section in overview.sections if (matching := _search(section, search)).rows],
        has_any=bool(overview.accesses or any(section.rows for section in overview.sections)),
        search=search,
        sort=sort,
        sorts=[(name, label) for name, (label, _) in SORTS.items()],
    )


def _search(section: Section, search: str) -> Section:
    return replace(section, rows=tuple(row for row in section.rows if contains(row.names, search)))


def matches(access: Access, search: str) -> bool:
    """By any name that a PSU may know the third party by."""
    return contains((access.name, access.organisation, access.on_behalf_of), search)


def contains(names: Iterable[str], search: str) -> bool:
    return any(search.casefold() in name.casefold() for name in names)

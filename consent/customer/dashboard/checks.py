"""The page of a consent to checks of funds: each check that its card issuer made, with the answer that we gave, the newest first.

Directive (EU) 2015/2366 article 65(5); Payment Services Regulations 2017, regulation 68(6).
"""

from dataclasses import dataclass

from consent.authorization.agreement.terms import render_instant
from consent.customer.dashboard.agreed import Agreed
from consent.customer.dashboard.overview import load_stoppable
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session, load_psu
from consent.services import Services
from consent.store.kinds.words import render_money
from consent.store.rows.funds_checks import load_checks
from consent.store.rows.journeys import Stage
from kernel.banking.funds_checks import FundsCheck
from kernel.brand import Brand
from kernel.http.message import Request, Response

CHECKS_PER_PAGE = 50  # on one page of the history
PAGE_DIGITS_MAX = 3  # of the number of a page; a longer one is none
ANSWERS = {True: "Yes, it was there", False: "No, it was not there"}


@dataclass(frozen=True, slots=True)
class Answered:
    """One check, as its customer reads it."""

    at: str
    amount: str
    reference: str
    answer: str


async def show_checks(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    psu = await load_psu(services, brand, session.journey)
    found = await load_stoppable(services, brand, psu, request.path.split("/")[3])
    if not isinstance(found, Agreed) or not found.page:
        raise AccessUnknown("nothing is asked under it")
    page = _page_in(request)
    skip = (page - 1) * CHECKS_PER_PAGE
    async with services.database.read() as connection:
        checks = await load_checks(connection, services.sealer, brand.name, found.id, skip=skip, at_most=CHECKS_PER_PAGE + 1)
    return render_page(
        brand,
        "checks",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        agreed=found,
        checks=[_describe(brand, check) for check in checks[:CHECKS_PER_PAGE]],
        previous_page=page - 1,
        next_page=page + 1 if len(checks) > CHECKS_PER_PAGE else None,
    )


def _page_in(request: Request) -> int:
    """From 1 on; the first for what is no page."""
    text = next((value for name, value in request.query if name == "page"), "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= PAGE_DIGITS_MAX else 1


def _describe(brand: Brand, check: FundsCheck) -> Answered:
    return Answered(
        at=render_instant(brand, check.at),
        amount=render_money(check.amount),
        reference=check.reference,
        answer=ANSWERS[check.is_available],
    )

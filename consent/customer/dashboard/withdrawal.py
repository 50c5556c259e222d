"""Stop sharing: one page that says what will happen, one button that does it. From the answer on nothing is read under the consent.

UK Customer Experience Guidelines: cancelling is as easy as viewing, and nothing argues against it.
"""

from consent.customer.dashboard.access import Access
from consent.customer.dashboard.detail import named_in
from consent.customer.dashboard.overview import load_own, load_stoppable
from consent.customer.journey.boundary import DASHBOARD, log_notice, see_other
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.progress import PutNotice
from consent.customer.session.session import Session, load_psu
from consent.services import Services
from consent.store.rows.journeys import Notice, Stage
from kernel.brand import Brand
from kernel.errors import ConsentExpired, ConsentNotAuthorised, ConsentRevoked, ConsentUnknown
from kernel.http.message import Request, Response


async def show_confirmation(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    psu = await load_psu(services, brand, session.journey)
    found = await load_stoppable(services, brand, psu, named_in(request))
    if not found.may_stop:
        return see_other(f"{DASHBOARD}/{found.id}" if isinstance(found, Access) else DASHBOARD)
    return render_page(
        brand,
        "access_stop" if isinstance(found, Access) else "agreement_stop",
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        access=found,
    )


async def take_withdrawal(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown. What had ended meanwhile is said to have ended."""
    psu = await load_psu(services, brand, session.journey)
    async with services.database.read() as connection:
        consent = await load_own(connection, services, brand, psu, named_in(request))
    try:
        await services.store.revoke_by_psu(brand, psu.id, consent.id)
        notice = Notice.SHARING_STOPPED
    except (ConsentRevoked, ConsentExpired, ConsentNotAuthorised, ConsentUnknown):  # unknown: withdrawn by its third party
        notice = Notice.NOT_SHARING
    log_notice(session.journey, notice)
    await services.commands.run(PutNotice(session.journey, notice))
    return see_other(DASHBOARD)

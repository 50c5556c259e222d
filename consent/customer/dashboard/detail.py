"""One third party's access in full: each permission in the customer's language, and what has happened to it so far."""

from consent.customer.dashboard.history import Step, tell
from consent.customer.dashboard.overview import load_access
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.session import Session, load_psu
from consent.services import Services
from consent.store.rows.authorisations import load_authorisations
from consent.store.rows.journeys import Stage
from consent.store.rows.snapshots import load_recorded
from kernel.brand import Brand
from kernel.http.message import Request, Response


def named_in(request: Request) -> str:
    """The consent that the path names: /consents/{id}, or a page below it."""
    return request.path.split("/")[2]


async def show_detail(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    psu = await load_psu(services, brand, session.journey)
    access = await load_access(services, brand, psu, named_in(request))
    return render_page(
        brand,
        "access_detail",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        access=access,
        history=await _load_history(services, brand, access.id, access.name),
    )


async def _load_history(services: Services, brand: Brand, consent_id: str, name: str) -> tuple[Step, ...]:
    async with services.database.read() as connection:
        recorded = await load_recorded(connection, services.sealer, brand.name, consent_id)
        authorisations = await load_authorisations(connection, services.sealer, brand.name, consent_id)
    return tell(brand, name, recorded, authorisations, services.clock.now())

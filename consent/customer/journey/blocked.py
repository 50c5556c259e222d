"""The page in place of a form that is locked: why, until when, and the way out. It has no field, because any entry would be refused."""

from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token
from consent.customer.session.paths import path_of
from consent.customer.session.session import Session
from consent.services import Services
from consent.store.rows.journeys import Stage
from kernel.brand import Brand
from kernel.http.message import Response


def show_blocked(services: Services, brand: Brand, session: Session) -> Response:
    """For a journey whose notice says what is locked."""
    journey = session.journey
    return render_page(
        brand,
        "blocked",
        redirect_uri=session.redirect_uri,
        notice=journey.notice,
        form_token=form_token(services.sealer, brand, journey, session.secret, journey.stage),
        action=path_of(journey),
        is_login=journey.stage is Stage.PASSWORD,
        client_name=session.client_name,
        wording=session.wording,
    )

"""The page in place of a form that is locked: why, until when, and the way out. It has no field, because any entry would be refused."""

from consent.journey.forms import form_token
from consent.journey.rows import Stage, path_of
from consent.journey.session import Session
from consent.pages.render import render_page
from consent.services import Services
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
        is_payment=session.is_payment,
    )

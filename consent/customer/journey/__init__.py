"""The pages of the PSU's journey, in the order in which they are met. `GET /authorize` leads here (consent/customer/journey/start.py)."""

from consent.customer.journey.boundary import Handler, shows, takes
from consent.customer.journey.stages import show_at, take_at
from consent.customer.pages.icon import FAVICON_PATH, ICON_PATH, show_icon
from consent.customer.pages.stylesheet import STYLESHEET_PATH, show_stylesheet
from consent.store.rows.journeys import Stage

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/login", shows(Stage.PASSWORD, show_at(Stage.PASSWORD))),
    ("POST", "/login", takes(Stage.PASSWORD, take_at(Stage.PASSWORD))),
    ("GET", "/sca", shows(Stage.SCA, show_at(Stage.SCA))),
    ("POST", "/sca", takes(Stage.SCA, take_at(Stage.SCA))),
    ("GET", "/consent", shows(Stage.CONSENT, show_at(Stage.CONSENT))),
    ("POST", "/consent", takes(Stage.CONSENT, take_at(Stage.CONSENT))),
    ("GET", STYLESHEET_PATH, show_stylesheet),
    ("GET", ICON_PATH, show_icon),
    ("GET", FAVICON_PATH, show_icon),
)

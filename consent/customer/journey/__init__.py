"""The pages of the PSU's journey, in the order in which they are met. `GET /authorize` leads here (consent/customer/journey/start.py)."""

from consent.customer.journey.boundary import Handler, shows, takes
from consent.customer.journey.choice import show_consent, take_consent
from consent.customer.journey.login import show_login, take_login
from consent.customer.journey.sca import show_sca, take_sca
from consent.customer.pages.icon import FAVICON_PATH, ICON_PATH, show_icon
from consent.customer.pages.stylesheet import STYLESHEET_PATH, show_stylesheet
from consent.store.rows.journeys import Stage

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/login", shows(Stage.PASSWORD, show_login)),
    ("POST", "/login", takes(Stage.PASSWORD, take_login)),
    ("GET", "/sca", shows(Stage.SCA, show_sca)),
    ("POST", "/sca", takes(Stage.SCA, take_sca)),
    ("GET", "/consent", shows(Stage.CONSENT, show_consent)),
    ("POST", "/consent", takes(Stage.CONSENT, take_consent)),
    ("GET", STYLESHEET_PATH, show_stylesheet),
    ("GET", ICON_PATH, show_icon),
    ("GET", FAVICON_PATH, show_icon),
)

"""The PSU's access dashboard: who may see their accounts, how to stop it, and who asks for more while the PSU is elsewhere. UK
Customer Experience Guidelines, Access Dashboards.

Each visit begins with the same login and strong authentication as a journey (consent/journey), under a cookie of its own.
"""

from consent.dashboard.asked import REQUESTS, show_request, take_answer
from consent.dashboard.boundary import inside, submits
from consent.dashboard.detail import show_detail
from consent.dashboard.listing import show_list
from consent.dashboard.withdrawal import show_confirmation, take_withdrawal
from consent.journey.boundary import Handler, shows, takes
from consent.journey.leaving import LOGGED_OUT, show_logged_out, take_logout
from consent.journey.login import show_login, take_login
from consent.journey.rows import PATHS, Purpose, Stage
from consent.journey.sca import show_sca, take_sca

_PAGES = PATHS[Purpose.DASHBOARD]

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", _PAGES[Stage.PASSWORD], shows(Stage.PASSWORD, show_login, Purpose.DASHBOARD)),
    ("POST", _PAGES[Stage.PASSWORD], takes(Stage.PASSWORD, take_login, Purpose.DASHBOARD)),
    ("GET", _PAGES[Stage.SCA], shows(Stage.SCA, show_sca, Purpose.DASHBOARD)),
    ("POST", _PAGES[Stage.SCA], takes(Stage.SCA, take_sca, Purpose.DASHBOARD)),
    ("POST", "/consents/logout", takes(Stage.DASHBOARD, take_logout, Purpose.DASHBOARD)),
    ("GET", LOGGED_OUT, show_logged_out),
    ("GET", _PAGES[Stage.DASHBOARD], inside(show_list)),
    ("GET", "/consents/{id}", inside(show_detail)),
    ("GET", "/consents/{id}/revoke", inside(show_confirmation)),
    ("POST", "/consents/{id}/revoke", submits(take_withdrawal)),
    ("GET", f"{REQUESTS}/{{id}}", inside(show_request)),
    ("POST", f"{REQUESTS}/{{id}}", submits(take_answer)),
)

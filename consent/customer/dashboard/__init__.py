"""The PSU's access dashboard: the accesses that the PSU gave and how to stop them, the requests of the backchannel, and the consents and
payments that wait for the PSU's signature. UK Customer Experience Guidelines, Access Dashboards.

Each visit begins with the same login and strong authentication as a journey (consent/customer/journey), under a cookie of its own.
"""

from consent.customer.dashboard.access_list import show_list
from consent.customer.dashboard.agreed import CHECKS
from consent.customer.dashboard.asked import REQUESTS, show_request, take_answer
from consent.customer.dashboard.boundary import inside, submits
from consent.customer.dashboard.checks import show_checks
from consent.customer.dashboard.detail import show_detail
from consent.customer.dashboard.payments.cancellation import CANCELLATIONS, show_cancellation, take_cancellation
from consent.customer.dashboard.payments.page import show_payment
from consent.customer.dashboard.signatures.code import show_code, take_code
from consent.customer.dashboard.signatures.consents import RESULTS, SIGNATURES
from consent.customer.dashboard.signatures.orders import PAYMENTS
from consent.customer.dashboard.signatures.page import show_signature, take_signature
from consent.customer.dashboard.signatures.result import show_result
from consent.customer.dashboard.withdrawal import show_confirmation, take_withdrawal
from consent.customer.journey.boundary import Handler, shows, takes
from consent.customer.journey.departure import LOGGED_OUT, show_logged_out, take_logout
from consent.customer.journey.login import show_login, take_login
from consent.customer.journey.sca import show_sca, take_sca
from consent.customer.session.paths import PATHS
from consent.store.rows.journeys import Purpose, Stage

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
    ("GET", f"{CHECKS}/{{id}}", inside(show_checks)),
    ("GET", f"{SIGNATURES}/{{id}}", inside(show_signature)),
    ("POST", f"{SIGNATURES}/{{id}}", submits(take_signature)),
    ("GET", f"{SIGNATURES}/{{id}}/{{id}}", inside(show_code)),
    ("POST", f"{SIGNATURES}/{{id}}/{{id}}", submits(take_code)),
    ("GET", f"{RESULTS}/{{id}}", inside(show_result)),
    ("GET", f"{PAYMENTS}/{{id}}", inside(show_payment)),
    ("POST", f"{PAYMENTS}/{{id}}", submits(take_signature)),
    ("GET", f"{PAYMENTS}/{{id}}/{{id}}", inside(show_code)),
    ("POST", f"{PAYMENTS}/{{id}}/{{id}}", submits(take_code)),
    ("GET", f"{CANCELLATIONS}/{{id}}", inside(show_cancellation)),
    ("POST", f"{CANCELLATIONS}/{{id}}", submits(take_cancellation)),
    ("GET", f"{REQUESTS}/{{id}}", inside(show_request)),
    ("POST", f"{REQUESTS}/{{id}}", submits(take_answer)),
)

"""UK Open Banking Read/Write API v4.0: everything about it in one value. A resource group of the standard is a service here."""

from datetime import timedelta

from kernel.banking.consents import ConsentKind
from openapi.dialect import Dialect, Rules, Service
from openapi.pages import CursorPages
from openapi.uk_obie.v4_0.aisp import operations as aisp
from openapi.uk_obie.v4_0.aisp.arrangements.standing_orders import NUMBER_OF_PAYMENTS
from openapi.uk_obie.v4_0.aisp.consents import PATHS
from openapi.uk_obie.v4_0.aisp.filters import PAGE
from openapi.uk_obie.v4_0.authorization import Authorization
from openapi.uk_obie.v4_0.cbpii import operations as cbpii
from openapi.uk_obie.v4_0.errors import ErrorTable
from openapi.uk_obie.v4_0.events import operations as events
from openapi.uk_obie.v4_0.events.notices import Notices
from openapi.uk_obie.v4_0.headers import Headers
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp import operations as pisp
from openapi.uk_obie.v4_0.signatures import Signatures

RESOURCE_GROUPS = (
    Service("aisp", "UK Open Banking Account Information", "/open-banking/v4.0/aisp", aisp.ROWS),
    Service("pisp", "UK Open Banking Payment Initiation", "/open-banking/v4.0/pisp", pisp.ROWS),
    Service("cbpii", "UK Open Banking Confirmation of Funds", "/open-banking/v4.0/cbpii", cbpii.ROWS),
)

DIALECT = Dialect(
    name=NAME,
    services=(*RESOURCE_GROUPS, Service("events", "UK Open Banking Event Notification", "/open-banking/v4.0", events.ROWS)),
    audience_path="/open-banking/v4.0",
    headers=Headers(),
    errors=ErrorTable(),
    authorization=Authorization(),
    rules=Rules(
        owner="client",  # R/W 4.0 Profile, "Consent": only the client that created a consent may use it
        withdrawn="unknown",  # R/W 4.0 Account Access Consents: DELETE removes the resource
        # R/W 4.0 Account Access Consents, "Consent Re-authentication": CANC may become AUTH. A consent to checks of funds is authorised
        # again only while it is AUTH.
        stopped_may_return=frozenset({ConsentKind.ACCOUNTS, ConsentKind.VRP}),
        suspended="paused",  # R/W 4.0, status reason TKSP: until its PSU authenticates again
        unanswered_wait=timedelta(hours=24),  # R/W 4.0 Profile, "Archiving": at least 24 hours
        authorised_by={
            ConsentKind.ACCOUNTS: "one",  # R/W 4.0 Account Access Consents: no state stands between AWAU and AUTH
            ConsentKind.PAYMENT: "first",  # R/W 4.0 Payment Initiation, "Multi-Auth": the payment order collects the others
            ConsentKind.SCHEDULED: "first",  # likewise
            ConsentKind.STANDING_ORDER: "first",  # likewise
            ConsentKind.FILE: "first",  # likewise
            ConsentKind.INTERNATIONAL: "first",  # likewise
            ConsentKind.INTERNATIONAL_SCHEDULED: "first",  # likewise
            ConsentKind.INTERNATIONAL_STANDING_ORDER: "first",  # likewise
            ConsentKind.VRP: "alone",  # R/W 4.0 VRP Consents: an account that takes several signatures gives none
            ConsentKind.FUNDS: "one",
        },
        one_recurring=frozenset(),  # R/W 4.0 Account Access Consents: a PSU may give several to one AISP
        half_signed_wait=timedelta(days=7),  # the standard leaves it to the bank
    ),
    paths={**PATHS, **pisp.PATHS},
    version="4.0.0",
    signatures=Signatures(),
    notices=Notices(RESOURCE_GROUPS),
    paging=CursorPages(PAGE),
    later_members=(NUMBER_OF_PAYMENTS,),
)

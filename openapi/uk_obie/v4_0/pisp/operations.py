"""The payment operations of this standard, as one table. OBIE R/W 4.0, specification of the resource group `pisp`."""

from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.domestic import rows as domestic
from openapi.uk_obie.v4_0.pisp.files import rows as files
from openapi.uk_obie.v4_0.pisp.files.initiation import PATHS as OF_FILES
from openapi.uk_obie.v4_0.pisp.international import rows as international
from openapi.uk_obie.v4_0.pisp.international_scheduled import rows as international_scheduled
from openapi.uk_obie.v4_0.pisp.international_standing_orders import rows as international_standing_orders
from openapi.uk_obie.v4_0.pisp.scheduled import rows as scheduled
from openapi.uk_obie.v4_0.pisp.shared.initiation import DAY
from openapi.uk_obie.v4_0.pisp.shared.mandates import FINAL, FIRST, RECURRING
from openapi.uk_obie.v4_0.pisp.shared.quotes import PATHS as QUOTED
from openapi.uk_obie.v4_0.pisp.shared.rows import SCOPE
from openapi.uk_obie.v4_0.pisp.standing_orders import rows as standing_orders
from openapi.uk_obie.v4_0.vrp import rows as vrp

__all__ = ["PATHS", "ROWS", "SCOPE"]

PATHS = {
    "pays_on": DAY,
    "first_on": FIRST,
    "recurs_on": RECURRING,
    "last_on": FINAL,
    **QUOTED,
    **OF_FILES,
}  # of the members that the bank's calendar judges, or its rates
ROWS: tuple[Row, ...] = (
    *domestic.ROWS,
    *scheduled.ROWS,
    *standing_orders.ROWS,
    *international.ROWS,
    *international_scheduled.ROWS,
    *international_standing_orders.ROWS,
    *files.ROWS,
    *vrp.ROWS,
)

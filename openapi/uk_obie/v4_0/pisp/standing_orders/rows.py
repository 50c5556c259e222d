"""The operations of domestic standing orders."""

from kernel.banking.consents import ConsentKind
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.shared.rows import Product, rows_of
from openapi.uk_obie.v4_0.pisp.standing_orders import consents, payments
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import (
    OBWriteDomesticStandingOrder3,
    OBWriteDomesticStandingOrderConsent5,
    OBWriteDomesticStandingOrderConsentResponse6,
    OBWriteDomesticStandingOrderResponse6,
)

PRODUCT = Product(
    kind=ConsentKind.STANDING_ORDER,
    payment="a domestic standing order",
    order="Set up the domestic standing order of a consent",
    details="Read the payments of a domestic standing order",
    resource_id="DomesticStandingOrderId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteDomesticStandingOrderConsent5,
    consent_response=OBWriteDomesticStandingOrderConsentResponse6,
    request=OBWriteDomesticStandingOrder3,
    response=OBWriteDomesticStandingOrderResponse6,
)
ROWS: tuple[Row, ...] = rows_of(PRODUCT)

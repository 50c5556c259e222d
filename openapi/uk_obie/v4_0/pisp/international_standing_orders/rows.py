"""The operations of international standing orders."""

from kernel.banking.consents import ConsentKind
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.international_standing_orders import consents, payments
from openapi.uk_obie.v4_0.pisp.shared.rows import Product, rows_of
from openapi.uk_obie.v4_0.pisp.wire.international_standing_orders import (
    OBWriteInternationalStandingOrder4,
    OBWriteInternationalStandingOrderConsent6,
    OBWriteInternationalStandingOrderConsentResponse7,
    OBWriteInternationalStandingOrderResponse7,
)

PRODUCT = Product(
    kind=ConsentKind.INTERNATIONAL_STANDING_ORDER,
    payment="an international standing order",
    order="Set up the international standing order of a consent",
    details="Read the payments of an international standing order",
    resource_id="InternationalStandingOrderPaymentId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteInternationalStandingOrderConsent6,
    consent_response=OBWriteInternationalStandingOrderConsentResponse7,
    request=OBWriteInternationalStandingOrder4,
    response=OBWriteInternationalStandingOrderResponse7,
)
ROWS: tuple[Row, ...] = rows_of(PRODUCT)

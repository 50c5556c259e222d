"""The operations of domestic scheduled payments."""

from kernel.banking.consents import ConsentKind
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.scheduled import consents, payments
from openapi.uk_obie.v4_0.pisp.shared.rows import Product, rows_of
from openapi.uk_obie.v4_0.pisp.wire.scheduled import (
    OBWriteDomesticScheduled2,
    OBWriteDomesticScheduledConsent4,
    OBWriteDomesticScheduledConsentResponse5,
    OBWriteDomesticScheduledResponse5,
)

PRODUCT = Product(
    kind=ConsentKind.SCHEDULED,
    payment="a domestic payment on a later day",
    order="Order the domestic payment of a consent, on a later day",
    details="Read the details of a domestic payment on a later day",
    resource_id="DomesticScheduledPaymentId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteDomesticScheduledConsent4,
    consent_response=OBWriteDomesticScheduledConsentResponse5,
    request=OBWriteDomesticScheduled2,
    response=OBWriteDomesticScheduledResponse5,
)
ROWS: tuple[Row, ...] = rows_of(PRODUCT)

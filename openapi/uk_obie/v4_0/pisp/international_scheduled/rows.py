"""The operations of international scheduled payments."""

from kernel.banking.consents import ConsentKind
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.international_scheduled import consents, payments
from openapi.uk_obie.v4_0.pisp.shared.rows import Product, funds_row, rows_of
from openapi.uk_obie.v4_0.pisp.wire.international_scheduled import (
    OBWriteInternationalScheduled3,
    OBWriteInternationalScheduledConsent5,
    OBWriteInternationalScheduledConsentResponse6,
    OBWriteInternationalScheduledResponse6,
)

PRODUCT = Product(
    kind=ConsentKind.INTERNATIONAL_SCHEDULED,
    payment="an international payment on a later day",
    order="Order the international payment of a consent, on a later day",
    details="Read the details of an international payment on a later day",
    resource_id="InternationalScheduledPaymentId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteInternationalScheduledConsent5,
    consent_response=OBWriteInternationalScheduledConsentResponse6,
    request=OBWriteInternationalScheduled3,
    response=OBWriteInternationalScheduledResponse6,
)
FUNDS = funds_row(PRODUCT.kind, consents.COLLECTION, payments.decode_funds, payments.encode_funds)
ROWS: tuple[Row, ...] = rows_of(PRODUCT, FUNDS)

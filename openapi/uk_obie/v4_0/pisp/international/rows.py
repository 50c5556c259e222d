"""The operations of international payments."""

from kernel.banking.consents import ConsentKind
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.international import consents, payments
from openapi.uk_obie.v4_0.pisp.shared.rows import Product, funds_row, rows_of
from openapi.uk_obie.v4_0.pisp.wire.international import (
    OBWriteInternational3,
    OBWriteInternationalConsent5,
    OBWriteInternationalConsentResponse6,
    OBWriteInternationalResponse5,
)

PRODUCT = Product(
    kind=ConsentKind.INTERNATIONAL,
    payment="an international payment",
    order="Order the international payment of a consent",
    details="Read the details of an international payment",
    resource_id="InternationalPaymentId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteInternationalConsent5,
    consent_response=OBWriteInternationalConsentResponse6,
    request=OBWriteInternational3,
    response=OBWriteInternationalResponse5,
)
FUNDS = funds_row(PRODUCT.kind, consents.COLLECTION, payments.decode_funds, payments.encode_funds)
ROWS: tuple[Row, ...] = rows_of(PRODUCT, FUNDS)

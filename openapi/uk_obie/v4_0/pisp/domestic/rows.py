"""The operations of domestic payments."""

from kernel.banking.consents import ConsentKind
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.domestic import consents, payments
from openapi.uk_obie.v4_0.pisp.shared.rows import Product, funds_row, rows_of
from openapi.uk_obie.v4_0.pisp.wire.domestic import (
    OBWriteDomestic2,
    OBWriteDomesticConsent4,
    OBWriteDomesticConsentResponse5,
    OBWriteDomesticResponse5,
)

PRODUCT = Product(
    kind=ConsentKind.PAYMENT,
    payment="a domestic payment",
    order="Order the domestic payment of a consent",
    details="Read the details of a domestic payment",
    resource_id="DomesticPaymentId",
    consents=consents,
    payments=payments,
    consent_request=OBWriteDomesticConsent4,
    consent_response=OBWriteDomesticConsentResponse5,
    request=OBWriteDomestic2,
    response=OBWriteDomesticResponse5,
)
FUNDS = funds_row(PRODUCT.kind, consents.COLLECTION, payments.decode_funds, payments.encode_funds)
ROWS: tuple[Row, ...] = rows_of(PRODUCT, FUNDS)

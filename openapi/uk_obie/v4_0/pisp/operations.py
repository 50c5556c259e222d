"""The payment operations of this standard, as one table. OBIE R/W 4.0, specification of the resource group `pisp`.

Consents are lodged and orders are read with the caller's own authority; to ask for funds and to order takes a token that the payer
authorised.
"""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import ConsentKind
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.parameters import AnswerHeader, HeaderParameter
from openapi.uk_obie.v4_0.headers import IDEMPOTENCY_KEY
from openapi.uk_obie.v4_0.pisp import consents, payments
from openapi.uk_obie.v4_0.pisp.wire.domestic import (
    OBWriteDomestic2,
    OBWriteDomesticConsent4,
    OBWriteDomesticConsentResponse5,
    OBWriteDomesticResponse5,
    OBWriteFundsConfirmationResponse1,
    OBWritePaymentDetailsResponse1,
)
from openapi.uk_obie.v4_0.signatures import HEADER

SCOPE = "payments"
SENT = (
    HeaderParameter(IDEMPOTENCY_KEY, "A key of the caller's; a repeat under it makes nothing new, for 24 hours.", required=True),
    HeaderParameter(HEADER, "A detached JWS over the body.", required=True),
)
SIGNED = (AnswerHeader(HEADER, "A detached JWS over the body."),)

_row = partial(Row, scope=SCOPE, consent_kind=ConsentKind.PAYMENT, signed=True, answer_headers=SIGNED)
_manage = partial(_row, grant=Grant.CLIENT_CREDENTIALS)
_pay = partial(_row, grant=Grant.AUTHORIZATION_CODE)

# fmt: off
ROWS: tuple[Row, ...] = (
    _manage("POST", "/domestic-payment-consents", Operation.LODGE_PAYMENT_CONSENT,
            consents.decode_lodge, consents.encode_consent, success=201, idempotent=True, headers=SENT,
            request=OBWriteDomesticConsent4, example=consents.EXAMPLE, response=OBWriteDomesticConsentResponse5,
            summary="Lodge a consent to a domestic payment"),
    _manage("GET", "/domestic-payment-consents/{ConsentId}", Operation.READ_PAYMENT_CONSENT,
            consents.decode_read, consents.encode_consent,
            response=OBWriteDomesticConsentResponse5, summary="Read a consent to a domestic payment"),
    _pay("GET", "/domestic-payment-consents/{ConsentId}/funds-confirmation", Operation.CONFIRM_PAYMENT_FUNDS,
         payments.decode_funds, payments.encode_funds,
         response=OBWriteFundsConfirmationResponse1, summary="Ask whether the payer has the funds"),
    _pay("POST", "/domestic-payments", Operation.PLACE_PAYMENT,
         payments.decode_place, payments.encode_order, success=201, idempotent=True, headers=SENT,
         request=OBWriteDomestic2, example=payments.EXAMPLE, response=OBWriteDomesticResponse5,
         summary="Order the domestic payment of a consent"),
    _manage("GET", "/domestic-payments/{DomesticPaymentId}", Operation.READ_PAYMENT,
            payments.decode_read, payments.encode_order,
            response=OBWriteDomesticResponse5, summary="Read a domestic payment"),
    _manage("GET", "/domestic-payments/{DomesticPaymentId}/payment-details", Operation.READ_PAYMENT_DETAILS,
            payments.decode_read, payments.encode_details,
            response=OBWritePaymentDetailsResponse1, conditional=True, summary="Read the details of a domestic payment"),
)
# fmt: on

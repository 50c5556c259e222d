"""The operations of variable recurring payments. OBIE R/W 4.0, Domestic VRP Consents, Domestic VRPs.

Payments and questions about funds take a token that the payer authorised, as the standard's text says; its document marks them as the
caller's own.
"""

from kernel.banking.consents import ConsentKind
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.shared.rows import SENT, manage_of, pay_of
from openapi.uk_obie.v4_0.signatures import HEADER
from openapi.uk_obie.v4_0.vrp import confirmations, consents, payments
from openapi.uk_obie.v4_0.vrp.wire import (
    OBDomesticVRPConsentRequest,
    OBDomesticVRPConsentResponse,
    OBDomesticVRPDetails,
    OBDomesticVRPRequest,
    OBDomesticVRPResponse,
    OBVRPFundsConfirmationRequest,
    OBVRPFundsConfirmationResponse,
)

manage, pay = manage_of(ConsentKind.VRP), pay_of(ConsentKind.VRP)
SIGNATURE = tuple(each for each in SENT if each.name == HEADER)  # a question has no key: each is answered as of now

# fmt: off
ROWS: tuple[Row, ...] = (
    manage("POST", "/domestic-vrp-consents", Operation.LODGE_PAYMENT_CONSENT,
           consents.decode_lodge, consents.encode_consent, success=201, idempotent=True, headers=SENT,
           request=OBDomesticVRPConsentRequest, example=consents.EXAMPLE, response=OBDomesticVRPConsentResponse,
           summary="Lodge a consent to variable recurring payments"),
    manage("GET", "/domestic-vrp-consents/{ConsentId}", Operation.READ_PAYMENT_CONSENT,
           consents.decode_read, consents.encode_consent,
           response=OBDomesticVRPConsentResponse, summary="Read a consent to variable recurring payments"),
    manage("DELETE", "/domestic-vrp-consents/{ConsentId}", Operation.WITHDRAW_PAYMENT_CONSENT,
           consents.decode_withdraw, None, success=204, answer_headers=(),
           summary="Withdraw a consent to variable recurring payments"),
    pay("POST", "/domestic-vrp-consents/{ConsentId}/funds-confirmation", Operation.CONFIRM_PAYMENT_FUNDS,
        confirmations.decode_funds, confirmations.encode_funds, success=201, headers=SIGNATURE,
        request=OBVRPFundsConfirmationRequest, example=confirmations.EXAMPLE, response=OBVRPFundsConfirmationResponse,
        summary="Ask whether the payer has an amount"),
    pay("POST", "/domestic-vrps", Operation.PLACE_PAYMENT,
        payments.decode_place, payments.encode_order, success=201, idempotent=True, headers=SENT,
        request=OBDomesticVRPRequest, example=payments.EXAMPLE, response=OBDomesticVRPResponse,
        summary="Order a payment under a consent to variable recurring payments"),
    manage("GET", "/domestic-vrps/{DomesticVRPId}", Operation.READ_PAYMENT,
           payments.decode_read, payments.encode_order,
           response=OBDomesticVRPResponse, summary="Read a variable recurring payment"),
    manage("GET", "/domestic-vrps/{DomesticVRPId}/payment-details", Operation.READ_PAYMENT_DETAILS,
           payments.decode_read, payments.encode_details,
           response=OBDomesticVRPDetails, conditional=True, summary="Read the details of a variable recurring payment"),
)
# fmt: on

"""Order an international scheduled payment, read what became of it, ask for funds. OBIE R/W 4.0, International Scheduled Payments, Payment
Details.
"""

from functools import partial

import msgspec

from kernel import json
from kernel.banking.commands import ConfirmFunds, PlacePayment, ReadPayment
from kernel.banking.consents import ConsentKind
from kernel.banking.orders import OrderRequest, PaymentOrder
from kernel.banking.results import FundsView
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.international_scheduled import consents
from openapi.uk_obie.v4_0.pisp.international_scheduled.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.answers import abroad_members, details_of, funds_of
from openapi.uk_obie.v4_0.pisp.shared.comparison import check_same
from openapi.uk_obie.v4_0.pisp.wire.international_scheduled import (
    OBWriteInternationalScheduled3,
    OBWriteInternationalScheduledResponse6,
    OBWriteInternationalScheduledResponse6Data,
)
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWriteFundsConfirmationResponse1, OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/international-scheduled-payments"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Initiation": {"InstructionIdentification": "ACME412",'
    b' "EndToEndIdentification": "FRESCO.21302.GFX.20", "RequestedExecutionDateTime":'
    b' "2026-07-10T00:00:00+01:00", "CurrencyOfTransfer": "EUR", "ChargeBearer": "Shared",'
    b' "InstructedAmount": {"Amount": "165.88", "Currency": "EUR"}, "ExchangeRateInformation": {"UnitCurrency": "GBP",'
    b' "RateType": "Indicative"}, "CreditorAccount": {"SchemeName": "UK.OBIE.IBAN", "Identification": "DE89370400440532013000",'
    b' "Name": "ACME GmbH"}, "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    ordered = json.decode(request.body, OBWriteInternationalScheduled3)
    document = msgspec.json.decode(request.body)
    terms = parse_initiation(ordered.data.initiation, request.body, request.zone)
    order = OrderRequest(
        consent_id=ordered.data.consent_id,
        kind=ConsentKind.INTERNATIONAL_SCHEDULED,
        terms=terms.payment,
        cross_border=terms.cross_border,
        lodged_as=NAME,
        document=json.encode(document),
    )
    return PlacePayment(order, partial(check_same, document))


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["InternationalScheduledPaymentId"])


def decode_funds(request: WireRequest) -> ConfirmFunds:
    return ConfirmFunds(request.path["ConsentId"])


def encode_order(order: PaymentOrder, rendering: Rendering) -> OBWriteInternationalScheduledResponse6:
    return OBWriteInternationalScheduledResponse6(
        data=OBWriteInternationalScheduledResponse6Data(international_scheduled_payment_id=order.id, **abroad_members(order)),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{order.id}"),
        meta=MetaData(),
    )


def encode_details(order: PaymentOrder, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    return details_of(order, f"{rendering.base_url}{COLLECTION}/{order.id}/payment-details")


def encode_funds(funds: FundsView, rendering: Rendering) -> OBWriteFundsConfirmationResponse1:
    return funds_of(funds, f"{rendering.base_url}{consents.COLLECTION}/{funds.consent_id}/funds-confirmation")

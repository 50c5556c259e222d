"""Order a domestic scheduled payment and read what became of it. OBIE R/W 4.0, Domestic Scheduled Payments, Payment Details."""

from functools import partial

import msgspec

from kernel import json
from kernel.banking.commands import PlacePayment, ReadPayment
from kernel.banking.consents import ConsentKind
from kernel.banking.orders import OrderRequest, PaymentOrder
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.codes.statuses import PLANNED_PAYMENT_STATUSES
from openapi.uk_obie.v4_0.pisp.scheduled.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.answers import details_of, order_members, refund_of
from openapi.uk_obie.v4_0.pisp.shared.comparison import check_same
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.pisp.wire.scheduled import (
    OBWriteDomesticScheduled2,
    OBWriteDomesticScheduledResponse5,
    OBWriteDomesticScheduledResponse5Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-scheduled-payments"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Initiation": {"InstructionIdentification": "ACME412",'
    b' "EndToEndIdentification": "FRESCO.21302.GFX.20", "RequestedExecutionDateTime": "2026-07-10T00:00:00+01:00",'
    b' "InstructedAmount": {"Amount": "165.88", "Currency": "GBP"},'
    b' "CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698",'
    b' "Name": "ACME Inc"}, "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    ordered = json.decode(request.body, OBWriteDomesticScheduled2)
    document = msgspec.json.decode(request.body)
    order = OrderRequest(
        consent_id=ordered.data.consent_id,
        kind=ConsentKind.SCHEDULED,
        terms=parse_initiation(ordered.data.initiation, request.zone).payment,
        lodged_as=NAME,
        document=json.encode(document),
    )
    return PlacePayment(order, partial(check_same, document))


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["DomesticScheduledPaymentId"])


def encode_order(order: PaymentOrder, rendering: Rendering) -> OBWriteDomesticScheduledResponse5:
    return OBWriteDomesticScheduledResponse5(
        data=OBWriteDomesticScheduledResponse5Data(
            **order_members(order),
            domestic_scheduled_payment_id=order.id,
            status=PLANNED_PAYMENT_STATUSES[order.rail_status],
            refund=refund_of(order),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{order.id}"),
        meta=MetaData(),
    )


def encode_details(order: PaymentOrder, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    return details_of(order, f"{rendering.base_url}{COLLECTION}/{order.id}/payment-details")

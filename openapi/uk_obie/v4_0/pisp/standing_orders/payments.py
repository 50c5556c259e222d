"""Order a domestic standing order and read what became of it and of its payments. OBIE R/W 4.0, Domestic Standing Orders, Payment Details."""

from functools import partial

import msgspec

from kernel import json
from kernel.banking.commands import PlacePayment, ReadPayment
from kernel.banking.consents import ConsentKind
from kernel.banking.planned.instructions import Instruction, InstructionDetails, InstructionRequest
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.shared.answers import details_of_all, refund_of, standing_order_members
from openapi.uk_obie.v4_0.pisp.shared.comparison import check_same
from openapi.uk_obie.v4_0.pisp.standing_orders.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import (
    OBWriteDomesticStandingOrder3,
    OBWriteDomesticStandingOrderResponse6,
    OBWriteDomesticStandingOrderResponse6Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-standing-orders"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Initiation": {"MandateRelatedInformation": {"FirstPaymentDateTime": "2026-07-10T00:00:00+01:00",'
    b' "FinalPaymentDateTime": "2027-07-10T00:00:00+01:00", "Frequency": {"Type": "MNTH", "PointInTime": "10"}},'
    b' "FirstPaymentAmount": {"Amount": "6.66", "Currency": "GBP"}, "RecurringPaymentAmount": {"Amount": "7.00", "Currency": "GBP"},'
    b' "FinalPaymentAmount": {"Amount": "7.77", "Currency": "GBP"}, "CreditorAccount": {"SchemeName":'
    b' "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Bob Clements"},'
    b' "RemittanceInformation": {"Structured": [{"CreditorReferenceInformation": {"Reference": "Pocket money"}}]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    ordered = json.decode(request.body, OBWriteDomesticStandingOrder3)
    document = msgspec.json.decode(request.body)
    instruction = InstructionRequest(
        consent_id=ordered.data.consent_id,
        kind=ConsentKind.STANDING_ORDER,
        terms=parse_initiation(ordered.data.initiation, request.zone),
        lodged_as=NAME,
        document=json.encode(document),
    )
    return PlacePayment(instruction, partial(check_same, document))


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["DomesticStandingOrderId"])


def encode_order(instruction: Instruction, rendering: Rendering) -> OBWriteDomesticStandingOrderResponse6:
    return OBWriteDomesticStandingOrderResponse6(
        data=OBWriteDomesticStandingOrderResponse6Data(
            domestic_standing_order_id=instruction.id,
            **standing_order_members(instruction),
            refund=refund_of(instruction),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{instruction.id}"),
        meta=MetaData(),
    )


def encode_details(details: InstructionDetails, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    return details_of_all(details.executions, f"{rendering.base_url}{COLLECTION}/{details.instruction.id}/payment-details")

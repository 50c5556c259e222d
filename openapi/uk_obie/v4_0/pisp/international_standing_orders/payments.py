"""Order an international standing order and read what became of it and of its payments. OBIE R/W 4.0, International Standing Orders, Payment Details."""

from functools import partial

import msgspec
from msgspec import UNSET

from kernel import json
from kernel.banking.commands import PlacePayment, ReadPayment
from kernel.banking.consents import ConsentKind
from kernel.banking.planned.instructions import Instruction, InstructionDetails, InstructionRequest
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.international_standing_orders.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.answers import details_of_all, refund_abroad_of, standing_order_members
from openapi.uk_obie.v4_0.pisp.shared.comparison import check_same
from openapi.uk_obie.v4_0.pisp.shared.quotes import charges_of
from openapi.uk_obie.v4_0.pisp.wire.international_standing_orders import (
    OBWriteInternationalStandingOrder4,
    OBWriteInternationalStandingOrderResponse7,
    OBWriteInternationalStandingOrderResponse7Data,
)
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/international-standing-orders"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Initiation": {"MandateRelatedInformation": {"FirstPaymentDateTime": "2026-07-10T00:00:00+01:00",'
    b' "FinalPaymentDateTime": "2027-07-10T00:00:00+01:00", "Frequency": {"Type": "MNTH", "PointInTime": "10"}},'
    b' "CurrencyOfTransfer": "EUR",'
    b' "InstructedAmount": {"Amount": "165.88", "Currency": "EUR"}, "CreditorAccount": {"SchemeName": "UK.OBIE.IBAN",'
    b' "Identification": "DE89370400440532013000", "Name": "ACME GmbH"},'
    b' "RemittanceInformation": {"Structured": [{"CreditorReferenceInformation": {"Reference": "Rent"}}]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    ordered = json.decode(request.body, OBWriteInternationalStandingOrder4)
    document = msgspec.json.decode(request.body)
    instruction = InstructionRequest(
        consent_id=ordered.data.consent_id,
        kind=ConsentKind.INTERNATIONAL_STANDING_ORDER,
        terms=parse_initiation(ordered.data.initiation, request.zone),
        lodged_as=NAME,
        document=json.encode(document),
    )
    return PlacePayment(instruction, partial(check_same, document))


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["InternationalStandingOrderPaymentId"])


def encode_order(instruction: Instruction, rendering: Rendering) -> OBWriteInternationalStandingOrderResponse7:
    return OBWriteInternationalStandingOrderResponse7(
        data=OBWriteInternationalStandingOrderResponse7Data(
            international_standing_order_id=instruction.id,
            **standing_order_members(instruction),
            refund=refund_abroad_of(instruction),
            charges=UNSET if instruction.cross_border is None else charges_of(instruction.cross_border),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{instruction.id}"),
        meta=MetaData(),
    )


def encode_details(details: InstructionDetails, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    return details_of_all(details.executions, f"{rendering.base_url}{COLLECTION}/{details.instruction.id}/payment-details")

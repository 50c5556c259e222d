"""Order a domestic payment, read what became of it, ask for funds. OBIE R/W 4.0, Domestic Payments, Payment Details."""

from functools import partial
from typing import Any

import msgspec

from kernel import json
from kernel.banking.commands import ConfirmFunds, PlacePayment, ReadPayment
from kernel.banking.consents import Consent
from kernel.banking.orders import OrderRequest, PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.banking.results import FundsView
from kernel.errors import ConsentMismatch
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.codes.statuses import PAYMENT_STATUSES
from openapi.uk_obie.v4_0.pisp.domestic import consents
from openapi.uk_obie.v4_0.pisp.domestic.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.shared.answers import details_of, funds_of, order_members, refund_of
from openapi.uk_obie.v4_0.pisp.shared.comparison import check_same, find_difference_in_terms
from openapi.uk_obie.v4_0.pisp.wire.domestic import OBWriteDomestic2, OBWriteDomesticResponse5, OBWriteDomesticResponse5Data
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWriteFundsConfirmationResponse1, OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/domestic-payments"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Initiation": {"InstructionIdentification": "ACME412",'
    b' "EndToEndIdentification": "FRESCO.21302.GFX.20", "InstructedAmount": {"Amount": "165.88", "Currency": "GBP"},'
    b' "CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698",'
    b' "Name": "ACME Inc"}, "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]}}},'
    b' "Risk": {"PaymentContextCode": "TransferToThirdParty"}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    ordered = json.decode(request.body, OBWriteDomestic2)
    document = msgspec.json.decode(request.body)
    terms = parse_initiation(ordered.data.initiation)
    order = OrderRequest(consent_id=ordered.data.consent_id, terms=terms, lodged_as=NAME, document=json.encode(document))
    return PlacePayment(order, partial(check_agreed, document, terms))


def check_agreed(document: Any, terms: PaymentTerms, consent: Consent) -> None:
    """Raises ConsentMismatch with the path of the first member in which the order differs from its consent. One that was lodged here is
    compared document with document, one that was lodged in other words term by term."""
    if consent.lodged_as == NAME:
        return check_same(document, consent)
    assert isinstance(consent.terms, PaymentTerms)
    difference = find_difference_in_terms(consent.terms, terms)
    if difference is not None:
        raise ConsentMismatch(path=difference)
    return None


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["DomesticPaymentId"])


def decode_funds(request: WireRequest) -> ConfirmFunds:
    return ConfirmFunds(request.path["ConsentId"])


def encode_order(order: PaymentOrder, rendering: Rendering) -> OBWriteDomesticResponse5:
    return OBWriteDomesticResponse5(
        data=OBWriteDomesticResponse5Data(
            **order_members(order, _initiation_of(order)),
            domestic_payment_id=order.id,
            status=PAYMENT_STATUSES[order.rail_status],
            refund=refund_of(order),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{order.id}"),
        meta=MetaData(),
    )


def encode_details(order: PaymentOrder, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    return details_of(order, f"{rendering.base_url}{COLLECTION}/{order.id}/payment-details")


def encode_funds(funds: FundsView, rendering: Rendering) -> OBWriteFundsConfirmationResponse1:
    return funds_of(funds, f"{rendering.base_url}{consents.COLLECTION}/{funds.consent_id}/funds-confirmation")


def _initiation_of(order: PaymentOrder) -> Any:
    if order.lodged_as == NAME:
        return msgspec.json.decode(order.document)["Data"]["Initiation"]
    return consents.initiation_of(order.terms, order.id)

"""Order a domestic payment, read what became of it, ask for funds. OBIE R/W 4.0, Domestic Payments, Payment Details."""

from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from kernel import json
from kernel.banking.commands import ConfirmFunds, PlacePayment, ReadPayment
from kernel.banking.consents import Consent
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.banking.results import FundsView
from kernel.errors import ConsentMismatch
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time, render_known
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp import consents
from openapi.uk_obie.v4_0.pisp.codes.schemes import SCHEME_NAMES
from openapi.uk_obie.v4_0.pisp.codes.statuses import PAYMENT_STATUSES, REASON_CODES, REASON_TEXTS, TRANSACTION_STATUSES
from openapi.uk_obie.v4_0.pisp.initiation import (
    PATH,
    find_difference,
    find_difference_in_terms,
    parse_initiation,
    raw,
)
from openapi.uk_obie.v4_0.pisp.wire.domestic import (
    FundsAvailableResult,
    MultiAuthorisation,
    OBStatusReason,
    OBWriteDomestic2,
    OBWriteDomesticResponse5,
    OBWriteDomesticResponse5Data,
    OBWriteFundsConfirmationResponse1,
    OBWriteFundsConfirmationResponse1Data,
    OBWritePaymentDetails1,
    OBWritePaymentDetailsResponse1,
    OBWritePaymentDetailsResponse1Data,
    Refund,
    StatusDetail,
)
from openapi.uk_obie.v4_0.pisp.wire.parties import RefundAccount
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
        agreed = consents.document_of(consent)
        difference = find_difference(agreed["Data"]["Initiation"], document["Data"]["Initiation"], PATH) or find_difference(
            agreed["Risk"], document["Risk"], "Risk"
        )
    else:
        assert isinstance(consent.terms, PaymentTerms)
        difference = find_difference_in_terms(consent.terms, terms)
    if difference is not None:
        raise ConsentMismatch(path=difference)


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["DomesticPaymentId"])


def decode_funds(request: WireRequest) -> ConfirmFunds:
    return ConfirmFunds(request.path["ConsentId"])


def encode_order(order: PaymentOrder, rendering: Rendering) -> OBWriteDomesticResponse5:
    return OBWriteDomesticResponse5(
        data=OBWriteDomesticResponse5Data(
            domestic_payment_id=order.id,
            consent_id=order.consent_id,
            creation_date_time=render_date_time(order.created_at),
            status=PAYMENT_STATUSES[order.rail_status],
            status_update_date_time=render_date_time(order.updated_at),
            status_reason=_reasons_of(order),
            expected_execution_date_time=render_known(order.execute_at),
            expected_settlement_date_time=render_known(order.settles_at),
            refund=_refund_of(order),
            initiation=raw(_initiation_of(order)),
            multi_authorisation=_signatures_of(order),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{order.id}"),
        meta=MetaData(),
    )


def encode_details(order: PaymentOrder, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    status = TRANSACTION_STATUSES[PAYMENT_STATUSES[order.rail_status]]
    code = None if order.reason is None else REASON_CODES[order.reason]
    detail = StatusDetail(
        status=status,
        status_reason=UNSET if code is None else code,
        status_reason_description=UNSET if code is None else REASON_TEXTS[code],
    )
    payment = OBWritePaymentDetails1(
        payment_transaction_id=order.uetr,
        status=status,
        status_update_date_time=render_date_time(order.updated_at),
        status_detail=detail,
    )
    return OBWritePaymentDetailsResponse1(
        data=OBWritePaymentDetailsResponse1Data(payment_status=[payment]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{order.id}/payment-details"),
        meta=MetaData(),
    )


def encode_funds(funds: FundsView, rendering: Rendering) -> OBWriteFundsConfirmationResponse1:
    result = FundsAvailableResult(funds_available_date_time=render_date_time(funds.at), funds_available=funds.is_available)
    return OBWriteFundsConfirmationResponse1(
        data=OBWriteFundsConfirmationResponse1Data(funds_available_result=result),
        links=Links(self=f"{rendering.base_url}{consents.COLLECTION}/{funds.consent_id}/funds-confirmation"),
        meta=MetaData(),
    )


def _initiation_of(order: PaymentOrder) -> Any:
    if order.lodged_as == NAME:
        return msgspec.json.decode(order.document)["Data"]["Initiation"]
    return consents.initiation_of(order.terms, order.id)


def _reasons_of(order: PaymentOrder) -> list[OBStatusReason] | UnsetType:
    if order.reason is None:
        return UNSET
    code = REASON_CODES[order.reason]
    return [OBStatusReason(status_reason_code=code, status_reason_description=REASON_TEXTS[code])]


def _refund_of(order: PaymentOrder) -> Refund | UnsetType:
    account = order.refund_account
    if account is None:
        return UNSET
    return Refund(
        account=RefundAccount(
            scheme_name=SCHEME_NAMES[account.scheme],
            identification=account.identification,
            name=account.name or account.identification,
            secondary_identification=account.secondary or UNSET,
        )
    )


def _signatures_of(order: PaymentOrder) -> MultiAuthorisation | UnsetType:
    """Of an order that takes several signatures. OBIE R/W 4.0, Domestic Payments, "Multiple Authorisation"."""
    if not order.signing_rules:
        return UNSET
    is_waiting = order.state is OrderState.AWAITING_AUTHORISATION
    status: Literal["AUTH", "AWAF", "RJCT"] = "AWAF" if is_waiting else "RJCT" if order.signatures_missing else "AUTH"
    return MultiAuthorisation(
        status=status,
        number_required=len(order.signatures) + order.signatures_missing,
        number_received=len(order.signatures),
        last_update_date_time=render_date_time(order.signatures[-1].at) if order.signatures else UNSET,
    )

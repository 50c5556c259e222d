"""Parts of answers that are alike for every product: why, where to refund, who signed, details, funds. OBIE R/W 4.0, Payment Details."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from kernel.banking.orders import PaymentOrder
from kernel.banking.planned.instructions import Instruction, Placed
from kernel.banking.results import FundsView
from openapi.uk_obie.shared.dates import render_date_time, render_known
from openapi.uk_obie.v4_0.pisp.codes.schemes import SCHEME_NAMES
from openapi.uk_obie.v4_0.pisp.codes.statuses import (
    PAYMENT_STATUSES,
    REASON_CODES,
    REASON_TEXTS,
    STANDING_ORDER_STATUSES,
    TRANSACTION_STATUSES,
)
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.quotes import charges_of, rate_of
from openapi.uk_obie.v4_0.pisp.wire.international import InternationalRefund
from openapi.uk_obie.v4_0.pisp.wire.parties import RefundAccount
from openapi.uk_obie.v4_0.pisp.wire.parts import (
    FundsAvailableResult,
    MultiAuthorisation,
    OBStatusReason,
    OBWriteFundsConfirmationResponse1,
    OBWriteFundsConfirmationResponse1Data,
    OBWritePaymentDetails1,
    OBWritePaymentDetailsResponse1,
    OBWritePaymentDetailsResponse1Data,
    Refund,
    StatusDetail,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData


def order_members(order: PaymentOrder, initiation: Any = None) -> dict[str, Any]:
    """The members that the answer of every payment has in `Data`, without its id and status. `initiation` None: as it was lodged."""
    return {
        "consent_id": order.consent_id,
        "creation_date_time": render_date_time(order.created_at),
        "status_update_date_time": render_date_time(order.updated_at),
        "status_reason": reasons_of(order),
        "expected_execution_date_time": render_known(order.execute_at),
        "expected_settlement_date_time": render_known(order.settles_at),
        "initiation": raw(initiation or msgspec.json.decode(order.document)["Data"]["Initiation"]),
        "multi_authorisation": signatures_of(order),
    }


def abroad_members(order: PaymentOrder) -> dict[str, Any]:
    """Likewise of a payment abroad, with its status, which is never that it was only received, or cancelled."""
    cross_border = order.cross_border
    assert cross_border is not None
    return order_members(order) | {
        "status": TRANSACTION_STATUSES[PAYMENT_STATUSES[order.rail_status]],
        "refund": refund_abroad_of(order),
        "charges": charges_of(cross_border),
        "exchange_rate_information": rate_of(cross_border),
    }


def standing_order_members(instruction: Instruction) -> dict[str, Any]:
    """The members that the answer of every standing order has in `Data`, without its id and where to refund."""
    return {
        "consent_id": instruction.consent_id,
        "creation_date_time": render_date_time(instruction.created_at),
        "status": STANDING_ORDER_STATUSES[instruction.state],
        "status_update_date_time": render_date_time(instruction.updated_at),
        "status_reason": reasons_of(instruction),
        "initiation": raw(msgspec.json.decode(instruction.document)["Data"]["Initiation"]),
        "multi_authorisation": signatures_of(instruction),
    }


def refund_abroad_of(order: Placed) -> InternationalRefund | UnsetType:
    refund = refund_of(order)
    return UNSET if refund is UNSET else InternationalRefund(account=refund.account)


def details_of(order: PaymentOrder, link: str) -> OBWritePaymentDetailsResponse1:
    return details_of_all((order,), link)


def details_of_all(orders: Iterable[PaymentOrder], link: str) -> OBWritePaymentDetailsResponse1:
    return OBWritePaymentDetailsResponse1(
        data=OBWritePaymentDetailsResponse1Data(payment_status=[_detail_of(order) for order in orders]),
        links=Links(self=link),
        meta=MetaData(),
    )


def _detail_of(order: PaymentOrder) -> OBWritePaymentDetails1:
    status = TRANSACTION_STATUSES[PAYMENT_STATUSES[order.rail_status]]
    code = None if order.reason is None else REASON_CODES[order.reason]
    detail = StatusDetail(
        status=status,
        status_reason=UNSET if code is None else code,
        status_reason_description=UNSET if code is None else REASON_TEXTS[code],
    )
    return OBWritePaymentDetails1(
        payment_transaction_id=order.uetr,
        status=status,
        status_update_date_time=render_date_time(order.updated_at),
        status_detail=detail,
    )


def funds_of(funds: FundsView, link: str) -> OBWriteFundsConfirmationResponse1:
    result = FundsAvailableResult(funds_available_date_time=render_date_time(funds.at), funds_available=funds.is_available)
    return OBWriteFundsConfirmationResponse1(
        data=OBWriteFundsConfirmationResponse1Data(funds_available_result=result),
        links=Links(self=link),
        meta=MetaData(),
    )


def reasons_of(order: Placed) -> list[OBStatusReason] | UnsetType:
    if order.reason is None:
        return UNSET
    code = REASON_CODES[order.reason]
    return [OBStatusReason(status_reason_code=code, status_reason_description=REASON_TEXTS[code])]


def refund_of(order: Placed) -> Refund | UnsetType:
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


def signatures_of(order: Placed) -> MultiAuthorisation | UnsetType:
    """Of an order that takes several signatures. OBIE R/W 4.0, Domestic Payments, "Multiple Authorisation"."""
    if not order.signing_rules:
        return UNSET
    is_waiting = bool(order.awaited_customers)
    status: Literal["AUTH", "AWAF", "RJCT"] = "AWAF" if is_waiting else "RJCT" if order.signatures_missing else "AUTH"
    return MultiAuthorisation(
        status=status,
        number_required=len(order.signatures) + order.signatures_missing,
        number_received=len(order.signatures),
        last_update_date_time=render_date_time(order.signatures[-1].at) if order.signatures else UNSET,
    )

"""Read standing orders. OBIE R/W 4.0 Standing Orders; Basic and Detail as in its "Permission Codes"."""

from collections.abc import Set as AbstractSet

from msgspec import UNSET, UnsetType

from kernel.banking.consents import Permission
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.results import RecordsView, RecordView
from openapi.codec import Rendering
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.aisp.accounts import permissions_of
from openapi.uk_obie.v4_0.aisp.arrangements.counterparties import encode_account, encode_agent
from openapi.uk_obie.v4_0.aisp.codes.arrangements import FREQUENCIES, MANDATE_STATUSES
from openapi.uk_obie.v4_0.aisp.wire.arrangements import (
    OBCreditorReferenceInformation,
    OBFrequency6,
    OBMandateRelatedInformation1,
    OBReadStandingOrder6,
    OBReadStandingOrder6Data,
    OBRemittanceInformation2,
    OBRemittanceInformationStructured,
    OBStandingOrder6,
)
from openapi.uk_obie.v4_0.envelope import known_money, links_of
from openapi.uk_obie.v4_0.wire import MetaData

REFERENCE_LENGTH_MAX = 35  # a longer one is sent as free text
FREE_TEXT_LENGTH_MAX = 140  # of the unstructured remittance text: Max140Text
NUMBER_OF_PAYMENTS = "NumberOfPayments"  # came with a later update of v4.0: a client strict about the first edition refuses it


def encode(view: RecordsView[StandingOrder], rendering: Rendering) -> OBReadStandingOrder6:
    return OBReadStandingOrder6(
        data=OBReadStandingOrder6Data([_encode(row, permissions_of(rendering, row.account_id), rendering) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(),
    )


def _encode(row: RecordView[StandingOrder], granted: AbstractSet[Permission], rendering: Rendering) -> OBStandingOrder6:
    order = row.record
    wire = OBStandingOrder6(
        account_id=row.account_id,
        standing_order_id=order.id,
        next_payment_date_time=render_known(order.next_at),
        last_payment_date_time=render_known(order.previous_at),
        number_of_payments=_number_of_payments(order, rendering),
        standing_order_status_code=MANDATE_STATUSES[order.status],
        first_payment_amount=known_money(order.first_amount),
        next_payment_amount=known_money(order.next_amount),
        last_payment_amount=known_money(order.previous_amount),
        final_payment_amount=known_money(order.final_amount),
        mandate_related_information=OBMandateRelatedInformation1(
            first_payment_date_time=render_known(order.first_at),
            final_payment_date_time=render_known(order.final_at),
            frequency=OBFrequency6(
                type=FREQUENCIES[order.frequency], point_in_time=UNSET if order.day is None else f"{order.day:02d}"
            ),
        ),
        remittance_information=_encode_reference(order.reference),
    )
    if Permission.STANDING_ORDERS_DETAIL in granted:
        wire.creditor_agent = encode_agent(order.payee)
        wire.creditor_account = encode_account(order.payee, granted)
    return wire


def _number_of_payments(order: StandingOrder, rendering: Rendering) -> str | UnsetType:
    sent = order.payments is not None and NUMBER_OF_PAYMENTS in rendering.members_on
    return str(order.payments) if sent else UNSET


def _encode_reference(reference: str | None) -> OBRemittanceInformation2 | UnsetType:
    if not reference:
        return UNSET
    if len(reference) > REFERENCE_LENGTH_MAX:
        return OBRemittanceInformation2(unstructured=[reference[:FREE_TEXT_LENGTH_MAX]])
    return OBRemittanceInformation2(structured=[OBRemittanceInformationStructured(OBCreditorReferenceInformation(reference))])

"""Read payments planned for later. OBIE R/W 4.0 Scheduled Payments; Basic and Detail as in its "Permission Codes"."""

from collections.abc import Set as AbstractSet

from kernel.banking.consents import Permission
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.results import RecordsView, RecordView
from openapi.codec import Rendering
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.aisp.accounts import permissions_of
from openapi.uk_obie.v4_0.aisp.arrangements.counterparties import encode_account, encode_agent
from openapi.uk_obie.v4_0.aisp.codes.arrangements import DUES
from openapi.uk_obie.v4_0.aisp.wire.arrangements import OBReadScheduledPayment3, OBReadScheduledPayment3Data, OBScheduledPayment3
from openapi.uk_obie.v4_0.envelope import fitted, links_of, money
from openapi.uk_obie.v4_0.wire import MetaData


def encode(view: RecordsView[ScheduledPayment], rendering: Rendering) -> OBReadScheduledPayment3:
    return OBReadScheduledPayment3(
        data=OBReadScheduledPayment3Data([_encode(row, permissions_of(rendering, row.account_id)) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(),
    )


def _encode(row: RecordView[ScheduledPayment], granted: AbstractSet[Permission]) -> OBScheduledPayment3:
    payment = row.record
    wire = OBScheduledPayment3(
        account_id=row.account_id,
        scheduled_payment_id=payment.id,
        scheduled_payment_date_time=render_date_time(payment.due_at),
        scheduled_type=DUES[payment.due],
        reference=fitted(payment.reference, 35),
        debtor_reference=fitted(payment.own_reference, 35),
        instructed_amount=money(payment.amount),
    )
    if Permission.SCHEDULED_PAYMENTS_DETAIL in granted:
        wire.creditor_agent = encode_agent(payment.payee)
        wire.creditor_account = encode_account(payment.payee, granted)
    return wire

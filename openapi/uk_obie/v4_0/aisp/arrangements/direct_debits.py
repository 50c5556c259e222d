"""Read direct debits. OBIE R/W 4.0 Direct Debits."""

from msgspec import UNSET

from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.results import RecordsView, RecordView
from openapi.codec import Rendering
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.aisp.codes.arrangements import COLLECTIONS, FREQUENCIES, MANDATE_STATUSES
from openapi.uk_obie.v4_0.aisp.wire.arrangements import (
    OBDirectDebit2,
    OBFrequency6,
    OBMandateRelatedInformation1,
    OBReadDirectDebit2,
    OBReadDirectDebit2Data,
)
from openapi.uk_obie.v4_0.envelope import fitted, known_money, links_of
from openapi.uk_obie.v4_0.wire import MetaData

NAME_LENGTH_MAX = 70  # of the name of a direct debit: Max70Text


def encode(view: RecordsView[DirectDebit], rendering: Rendering) -> OBReadDirectDebit2:
    return OBReadDirectDebit2(
        data=OBReadDirectDebit2Data([_encode(row) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(),
    )


def _encode(row: RecordView[DirectDebit]) -> OBDirectDebit2:
    mandate = row.record
    return OBDirectDebit2(
        account_id=row.account_id,
        direct_debit_id=mandate.id,
        direct_debit_status_code=MANDATE_STATUSES[mandate.status],
        mandate_related_information=OBMandateRelatedInformation1(
            mandate_identification=fitted(mandate.mandate_reference, 35),
            classification=UNSET if mandate.collection is None else COLLECTIONS[mandate.collection],
            first_payment_date_time=render_known(mandate.first_at),
            recurring_payment_date_time=render_known(mandate.next_at),
            final_payment_date_time=render_known(mandate.final_at),
            frequency=OBFrequency6(type=FREQUENCIES[mandate.frequency]),
            reason=fitted(mandate.reason, 256),
        ),
        name=mandate.creditor_name[:NAME_LENGTH_MAX],
        previous_payment_date_time=render_known(mandate.previous_at),
        previous_payment_amount=known_money(mandate.previous_amount),
    )

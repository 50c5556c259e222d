"""Read payees. OBIE R/W 4.0 Beneficiaries; Basic and Detail as in its "Permission Codes"."""

from collections.abc import Set as AbstractSet

from kernel.banking.consents import Permission
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.results import RecordsView, RecordView
from openapi.codec import Rendering
from openapi.uk_obie.v4_0.aisp.accounts import permissions_of
from openapi.uk_obie.v4_0.aisp.arrangements.counterparties import encode_account, encode_agent
from openapi.uk_obie.v4_0.aisp.wire.arrangements import OBBeneficiary5, OBReadBeneficiary5, OBReadBeneficiary5Data
from openapi.uk_obie.v4_0.envelope import fitted, links_of
from openapi.uk_obie.v4_0.wire import MetaData


def encode(view: RecordsView[Beneficiary], rendering: Rendering) -> OBReadBeneficiary5:
    return OBReadBeneficiary5(
        data=OBReadBeneficiary5Data([_encode(row, permissions_of(rendering, row.account_id)) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(),
    )


def _encode(row: RecordView[Beneficiary], granted: AbstractSet[Permission]) -> OBBeneficiary5:
    beneficiary = row.record
    wire = OBBeneficiary5(
        account_id=row.account_id,
        beneficiary_id=beneficiary.id,
        beneficiary_type="Trusted" if beneficiary.trusted else "Ordinary",
        reference=fitted(beneficiary.reference, 35),
    )
    if Permission.BENEFICIARIES_DETAIL in granted:
        wire.creditor_agent = encode_agent(beneficiary.payee)
        wire.creditor_account = encode_account(beneficiary.payee, granted)
    return wire

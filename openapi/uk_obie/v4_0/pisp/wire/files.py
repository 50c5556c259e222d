"""The wire types of a file of payments: its consent, its order, what they answer, and a file of JSON with its report. OBIE R/W 4.0, File
Payment Consents, File Payments; of the file, the usage examples.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.domestic import OBDomestic2
from openapi.uk_obie.v4_0.pisp.wire.parties import (
    CreditorAccount,
    CreditorAgent,
    DebtorAccount,
    OBCashAccountDebtor4,
    UltimateParty,
)
from openapi.uk_obie.v4_0.pisp.wire.parts import (
    Authorisation,
    Charge,
    ConsentId,
    FileConsentStatus,
    InstructedAmount,
    MultiAuthorisation,
    OBSCASupportData1,
    OBStatusReason,
    SupplementaryData,
    TransactionStatus,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRemittanceInformation2
from openapi.uk_obie.v4_0.wire import DateTime, Links, Max35Text, Max40Text, MetaData

FileStatus = Literal["INFA", "INCO", "PDNG"]


class OBFile2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: what is said of the file, which the order repeats as the consent had it. The document names the class in each of its uses."""

    file_type: str
    file_hash: Annotated[str, Meta(min_length=1, max_length=44)]
    file_reference: Max40Text | UnsetType = UNSET
    number_of_transactions: Annotated[str, Meta(pattern="[0-9]{1,15}")] | UnsetType = UNSET
    control_sum: float | UnsetType = UNSET
    requested_execution_date_time: DateTime | UnsetType = UNSET
    local_instrument: str | UnsetType = UNSET
    creditor_agent: CreditorAgent | UnsetType = UNSET
    debtor_account: DebtorAccount | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    supplementary_data: SupplementaryData | UnsetType = UNSET


class OBWriteFileConsent3Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    initiation: OBFile2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteFileConsent3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteFileConsent3Data


class OBWriteFileConsentResponse4Data(Struct, rename="pascal", kw_only=True):
    consent_id: ConsentId
    creation_date_time: DateTime
    status: FileConsentStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    cut_off_date_time: DateTime | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBFile2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteFileConsentResponse4(Struct, rename="pascal", kw_only=True):
    data: OBWriteFileConsentResponse4Data
    links: Links
    meta: MetaData


class OBWriteFile2Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBFile2


class OBWriteFile2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteFile2Data


class OBWriteFileResponse3Data(Struct, rename="pascal", kw_only=True):
    file_payment_id: Max40Text
    consent_id: ConsentId
    creation_date_time: DateTime
    status: FileStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBFile2
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteFileResponse3(Struct, rename="pascal", kw_only=True):
    data: OBWriteFileResponse3Data
    links: Links
    meta: MetaData


class UploadedData(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    domestic_payments: list[OBDomestic2]


class Uploaded(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """A file of the type UK.OBIE.PaymentInitiation.4.0."""

    data: UploadedData


class ReportedPayment(Struct, rename="pascal", kw_only=True):
    instruction_identification: Max35Text | UnsetType = UNSET
    end_to_end_identification: Max35Text | UnsetType = UNSET
    payment_transaction_id: str | UnsetType = UNSET
    instructed_amount: InstructedAmount
    creditor_account: CreditorAccount
    status: TransactionStatus
    status_update_date_time: DateTime | UnsetType = UNSET
    status_reason: str | UnsetType = UNSET
    status_reason_description: str | UnsetType = UNSET


class ReportData(Struct, rename="pascal", kw_only=True):
    file_payment_id: Max40Text
    file_reference: Max40Text | UnsetType = UNSET
    status: FileStatus
    creation_date_time: DateTime
    domestic_payments: list[ReportedPayment]


class Report(Struct, rename="pascal", kw_only=True):
    """Of a file of that type: each payment of the file with what became of it."""

    data: ReportData

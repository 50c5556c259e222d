"""The wire types of what a payment is for, and of what an authority wants reported. OBIE R/W 4.0, Domestic Payment Consents. The document leaves these types open; a
member that it does not name would not be carried out, and is refused.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.pisp.wire.code_lists import CreditorReferenceCode, DocumentCode
from openapi.uk_obie.v4_0.pisp.wire.parties import CountryCode
from openapi.uk_obie.v4_0.pisp.wire.parts import InstructedAmount
from openapi.uk_obie.v4_0.wire import DateTime, Max35Text, Max140Text, Max256Text


class OBReferredDocumentInformation(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    code: DocumentCode | UnsetType = UNSET
    issuer: Max35Text | UnsetType = UNSET
    number: Max35Text | UnsetType = UNSET
    related_date: DateTime | UnsetType = UNSET
    line_details: list[str] | UnsetType = UNSET


class CreditorReferenceInformation(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    code: CreditorReferenceCode | UnsetType = UNSET
    issuer: Max35Text | UnsetType = UNSET
    reference: Max35Text | UnsetType = UNSET


class OBRemittanceInformationStructured(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    referred_document_information: list[OBReferredDocumentInformation] | UnsetType = UNSET
    referred_document_amount: Annotated[int, Meta(extra_json_schema={"format": "int32"})] | UnsetType = UNSET
    creditor_reference_information: CreditorReferenceInformation | UnsetType = UNSET
    invoicer: Max256Text | UnsetType = UNSET
    invoicee: Max256Text | UnsetType = UNSET
    tax_remittance: Max140Text | UnsetType = UNSET
    additional_remittance_information: Annotated[list[Max140Text], Meta(max_length=3)] | UnsetType = UNSET


class OBRemittanceInformation2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    structured: list[OBRemittanceInformationStructured] | UnsetType = UNSET
    unstructured: list[Max140Text] | UnsetType = UNSET


class OBRegulatoryAuthority2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    name: Max140Text | UnsetType = UNSET
    country_code: CountryCode | UnsetType = UNSET


class OBStructuredRegulatoryReporting3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    type: Max35Text | UnsetType = UNSET
    date: DateTime | UnsetType = UNSET
    country: CountryCode | UnsetType = UNSET
    amount: InstructedAmount | UnsetType = UNSET
    information: list[Max35Text] | UnsetType = UNSET


class OBRegulatoryReporting1(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    debit_credit_reporting_indicator: Literal["CRED", "DEBT", "BOTH"] | UnsetType = UNSET
    authority: OBRegulatoryAuthority2 | UnsetType = UNSET
    details: list[OBStructuredRegulatoryReporting3] | UnsetType = UNSET

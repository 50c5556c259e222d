"""The wire type of what a TPP states for the assessment of a payment's risk. OBIE R/W 4.0, Domestic Payment Consents: each member is a claim of the TPP."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.pisp.wire.code_lists import CategoryPurposeCode, PurposeCode
from openapi.uk_obie.v4_0.pisp.wire.parties import OBPostalAddress7
from openapi.uk_obie.v4_0.wire import Max70Text

PaymentContextCode = Literal[
    "BillingGoodsAndServicesInAdvance",
    "BillingGoodsAndServicesInArrears",
    "EcommerceMerchantInitiatedPayment",
    "FaceToFacePointOfSale",
    "TransferToSelf",
    "TransferToThirdParty",
]
BeneficiaryAccountType = Literal[
    "Business",
    "BusinessSavingsAccount",
    "Charity",
    "Collection",
    "Corporate",
    "Ewallet",
    "Government",
    "Investment",
    "ISA",
    "JointPersonal",
    "Pension",
    "Personal",
    "PersonalSavingsAccount",
    "Premier",
    "Wealth",
]


class OBRisk1(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    payment_context_code: PaymentContextCode | UnsetType = UNSET
    merchant_category_code: Annotated[str, Meta(min_length=3, max_length=4)] | UnsetType = UNSET
    merchant_customer_identification: Max70Text | UnsetType = UNSET
    contract_present_indicator: bool | UnsetType = UNSET
    beneficiary_prepopulated_indicator: bool | UnsetType = UNSET
    payment_purpose_code: PurposeCode | UnsetType = UNSET
    category_purpose_code: CategoryPurposeCode | UnsetType = UNSET
    beneficiary_account_type: BeneficiaryAccountType | UnsetType = UNSET
    delivery_address: OBPostalAddress7 | UnsetType = UNSET

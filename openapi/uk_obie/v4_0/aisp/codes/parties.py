"""The codes of parties, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet."""

from typing import Literal

from kernel.banking.records.parties import AccountRole, AddressKind, Holding, LegalForm
from openapi.uk_obie.v4_0.aisp.wire.parties import AddressCode

LEGAL_FORMS: dict[LegalForm, str] = {
    LegalForm.INDIVIDUAL: "UK.OBIE.Individual",
    LegalForm.SOLE_TRADER: "UK.OBIE.Sole",
    LegalForm.GENERAL_PARTNERSHIP: "UK.OBIE.GeneralPartnership",
    LegalForm.LIMITED_PARTNERSHIP: "UK.OBIE.LimitedPartnership",
    LegalForm.LIMITED_LIABILITY_PARTNERSHIP: "UK.OBIE.LimitedLiabilityPartnership",
    LegalForm.PRIVATE_LIMITED_COMPANY: "UK.OBIE.PrivateLimitedCompany",
    LegalForm.PUBLIC_LIMITED_COMPANY: "UK.OBIE.PublicLimitedCompany",
    LegalForm.COOPERATIVE: "UK.OBIE.CoOp",
    LegalForm.CHARITY: "UK.OBIE.Charity",
    LegalForm.COMMUNITY_INTEREST_COMPANY: "UK.OBIE.CIC",
}

ADDRESS_KINDS: dict[AddressKind, AddressCode] = {
    AddressKind.HOME: "HOME",
    AddressKind.BUSINESS: "BIZZ",
    AddressKind.CORRESPONDENCE: "CORR",
    AddressKind.STATEMENTS: "STAT",
    AddressKind.POSTAL: "ADDR",
}

HOLDINGS: dict[Holding, Literal["Delegate", "Joint", "Sole"]] = {
    Holding.SOLE: "Sole",
    Holding.JOINT: "Joint",
    Holding.DELEGATE: "Delegate",
}

ACCOUNT_ROLES: dict[AccountRole, str] = {
    AccountRole.PRINCIPAL: "UK.OBIE.Principal",
    AccountRole.SECONDARY_OWNER: "UK.OBIE.SecondaryOwner",
    AccountRole.ADMINISTRATOR: "UK.OBIE.Administrator",
    AccountRole.POWER_OF_ATTORNEY: "UK.OBIE.PowerOfAttorney",
    AccountRole.LEGAL_GUARDIAN: "UK.OBIE.LegalGuardian",
    AccountRole.CUSTODIAN_FOR_MINOR: "UK.OBIE.CustodianForMinor",
    AccountRole.BENEFICIARY: "UK.OBIE.Beneficiary",
    AccountRole.SENIOR_MANAGER: "UK.OBIE.SeniorManagingOfficial",
    AccountRole.OTHER: "UK.OBIE.OtherParty",
}

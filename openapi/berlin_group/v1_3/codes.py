"""One table per canonical enum: what each member is called here. NextGenPSD2 XS2A 1.3, "Data Types"; ISO 20022 code sets."""

from typing import Literal

from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType, BalanceType
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentState

CONSENT_STATUSES: dict[ConsentState, str] = {
    ConsentState.AWAITING_UPLOAD: "received",
    ConsentState.AWAITING: "received",
    ConsentState.PARTIALLY_AUTHORISED: "partiallyAuthorised",
    ConsentState.AUTHORISED: "valid",
    ConsentState.REJECTED: "rejected",
    ConsentState.CONSUMED: "expired",
    ConsentState.EXPIRED: "expired",
    ConsentState.SUSPENDED: "revokedByPsu",  # final here (Rules.suspended)
    ConsentState.REVOKED_BY_PSU: "revokedByPsu",
    ConsentState.WITHDRAWN_BY_TPP: "terminatedByTpp",
    ConsentState.SUPERSEDED: "expired",
}

SCA_STATUSES: dict[
    AuthorisationStatus,
    Literal["received", "psuIdentified", "psuAuthenticated", "scaMethodSelected", "started", "finalised", "failed", "exempted"],
] = {
    AuthorisationStatus.RECEIVED: "received",
    AuthorisationStatus.PSU_IDENTIFIED: "psuIdentified",
    AuthorisationStatus.PSU_AUTHENTICATED: "psuAuthenticated",
    AuthorisationStatus.METHOD_SELECTED: "scaMethodSelected",
    AuthorisationStatus.STARTED: "started",
    AuthorisationStatus.AUTHENTICATED: "started",  # "unconfirmed" waits for the TPP; here the PSU has not answered yet
    AuthorisationStatus.SUCCEEDED: "finalised",
    AuthorisationStatus.FAILED: "failed",
    AuthorisationStatus.EXEMPTED: "exempted",
}

ACCOUNT_STATUSES: dict[AccountStatus, Literal["enabled", "deleted", "blocked"]] = {
    AccountStatus.ENABLED: "enabled",
    AccountStatus.DISABLED: "blocked",
    AccountStatus.DELETED: "deleted",
    AccountStatus.PENDING: "blocked",
}

USAGES: dict[AccountCategory, Literal["PRIV", "ORGA"]] = {
    AccountCategory.PERSONAL: "PRIV",
    AccountCategory.BUSINESS: "ORGA",
}

CASH_ACCOUNT_TYPES: dict[AccountType, str] = {
    AccountType.CURRENT: "CACC",
    AccountType.SAVINGS: "SVGS",
    AccountType.CARD: "CARD",
    AccountType.LOAN: "LOAN",
}

BALANCE_TYPES: dict[BalanceType, Literal["closingBooked", "expected", "openingBooked", "interimAvailable", "interimBooked"]] = {
    BalanceType.INTERIM_AVAILABLE: "interimAvailable",
    BalanceType.INTERIM_BOOKED: "interimBooked",
    BalanceType.CLOSING_BOOKED: "closingBooked",
    BalanceType.OPENING_BOOKED: "openingBooked",
    BalanceType.EXPECTED: "expected",
}

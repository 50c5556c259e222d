"""The codes of a consent's permissions and states. OBIE R/W 4.0, OB_Internal_CodeSet and ISO_External_CodeSet."""

from kernel.banking.consents import ConsentState, Permission
from openapi.uk_obie.v4_0.aisp.wire.consents import ConsentStatus, OBInternalPermissions1Code, OBStatusReason

PERMISSIONS: dict[OBInternalPermissions1Code, Permission] = {
    OBInternalPermissions1Code.READ_ACCOUNTS_BASIC: Permission.ACCOUNTS_BASIC,
    OBInternalPermissions1Code.READ_ACCOUNTS_DETAIL: Permission.ACCOUNTS_DETAIL,
    OBInternalPermissions1Code.READ_BALANCES: Permission.BALANCES,
    OBInternalPermissions1Code.READ_BENEFICIARIES_BASIC: Permission.BENEFICIARIES_BASIC,
    OBInternalPermissions1Code.READ_BENEFICIARIES_DETAIL: Permission.BENEFICIARIES_DETAIL,
    OBInternalPermissions1Code.READ_DIRECT_DEBITS: Permission.DIRECT_DEBITS,
    OBInternalPermissions1Code.READ_OFFERS: Permission.OFFERS,
    OBInternalPermissions1Code.READ_PAN: Permission.PAN,
    OBInternalPermissions1Code.READ_PARTY: Permission.PARTY,
    OBInternalPermissions1Code.READ_PARTY_PSU: Permission.PARTY_PSU,
    OBInternalPermissions1Code.READ_PRODUCTS: Permission.PRODUCTS,
    OBInternalPermissions1Code.READ_SCHEDULED_PAYMENTS_BASIC: Permission.SCHEDULED_PAYMENTS_BASIC,
    OBInternalPermissions1Code.READ_SCHEDULED_PAYMENTS_DETAIL: Permission.SCHEDULED_PAYMENTS_DETAIL,
    OBInternalPermissions1Code.READ_STANDING_ORDERS_BASIC: Permission.STANDING_ORDERS_BASIC,
    OBInternalPermissions1Code.READ_STANDING_ORDERS_DETAIL: Permission.STANDING_ORDERS_DETAIL,
    OBInternalPermissions1Code.READ_STATEMENTS_BASIC: Permission.STATEMENTS_BASIC,
    OBInternalPermissions1Code.READ_STATEMENTS_DETAIL: Permission.STATEMENTS_DETAIL,
    OBInternalPermissions1Code.READ_TRANSACTIONS_BASIC: Permission.TRANSACTIONS_BASIC,
    OBInternalPermissions1Code.READ_TRANSACTIONS_CREDITS: Permission.TRANSACTIONS_CREDITS,
    OBInternalPermissions1Code.READ_TRANSACTIONS_DEBITS: Permission.TRANSACTIONS_DEBITS,
    OBInternalPermissions1Code.READ_TRANSACTIONS_DETAIL: Permission.TRANSACTIONS_DETAIL,
}
PERMISSION_CODES = {permission: code for code, permission in PERMISSIONS.items()}

# States that an account-access consent lodged here never reaches are mapped all the same: it may have been lodged in another dialect.
ACCOUNT_CONSENT_STATUSES: dict[ConsentState, ConsentStatus] = {
    ConsentState.AWAITING_UPLOAD: "AWAU",
    ConsentState.AWAITING: "AWAU",
    ConsentState.PARTIALLY_AUTHORISED: "AWAU",
    ConsentState.AUTHORISED: "AUTH",
    ConsentState.REJECTED: "RJCT",
    ConsentState.CONSUMED: "EXPD",
    ConsentState.EXPIRED: "EXPD",
    ConsentState.SUSPENDED: "CANC",
    ConsentState.REVOKED_BY_PSU: "CANC",
    ConsentState.WITHDRAWN_BY_TPP: "CANC",
    ConsentState.SUPERSEDED: "CANC",
}

_NOT_COMPLETED = OBStatusReason("U036", "The authorisation of the consent is not complete.")
_ENDED = OBStatusReason("CN01", "The authorisation of the consent was cancelled.")
_EXPIRED = OBStatusReason("TKXP", "The consent has expired.")

ACCOUNT_CONSENT_REASONS: dict[ConsentState, OBStatusReason | None] = {
    ConsentState.AWAITING_UPLOAD: _NOT_COMPLETED,
    ConsentState.AWAITING: _NOT_COMPLETED,
    ConsentState.PARTIALLY_AUTHORISED: OBStatusReason("U040", "Another authorisation of the consent is awaited."),
    ConsentState.AUTHORISED: None,
    ConsentState.REJECTED: OBStatusReason("U037", "The authorisation of the consent failed."),
    ConsentState.CONSUMED: _EXPIRED,
    ConsentState.EXPIRED: _EXPIRED,
    ConsentState.SUSPENDED: OBStatusReason("TKSP", "The consent is suspended until the customer authenticates again."),
    ConsentState.REVOKED_BY_PSU: _ENDED,
    ConsentState.WITHDRAWN_BY_TPP: _ENDED,
    ConsentState.SUPERSEDED: _ENDED,
}

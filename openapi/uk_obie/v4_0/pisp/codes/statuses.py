"""The codes of payment consents and orders, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet and ISO_External_CodeSet."""

from kernel.banking.consents import ConsentState
from kernel.banking.orders import RailStatus, Reason
from kernel.banking.planned.instructions import InstructionState
from openapi.uk_obie.v4_0.pisp.wire.parts import (
    ConsentStatus,
    FileConsentStatus,
    OBStatusReason,
    PaymentStatus,
    PlannedPaymentStatus,
    StandingOrderStatus,
    TransactionStatus,
)

# The standard has no state for a payment consent that ended unused: it is rejected, and the reason says why.
CONSENT_STATUSES: dict[ConsentState, ConsentStatus] = {
    ConsentState.AWAITING_UPLOAD: "AWAU",
    ConsentState.AWAITING: "AWAU",
    ConsentState.PARTIALLY_AUTHORISED: "AWAU",
    ConsentState.AUTHORISED: "AUTH",
    ConsentState.REJECTED: "RJCT",
    ConsentState.CONSUMED: "COND",
    ConsentState.EXPIRED: "RJCT",
    ConsentState.SUSPENDED: "RJCT",
    ConsentState.REVOKED_BY_PSU: "RJCT",
    ConsentState.WITHDRAWN_BY_TPP: "RJCT",
    ConsentState.SUPERSEDED: "RJCT",
}


def _reason(code: str, text: str) -> OBStatusReason:
    return OBStatusReason(status_reason_code=code, status_reason_description=text)


_ENDED = _reason("CN01", "The authorisation of the consent was cancelled.")

CONSENT_REASONS: dict[ConsentState, OBStatusReason | None] = {
    ConsentState.AWAITING_UPLOAD: _reason("U030", "The consent was received; its file is awaited."),
    ConsentState.AWAITING: _reason("U036", "The authorisation of the consent is not complete."),
    ConsentState.PARTIALLY_AUTHORISED: _reason("U040", "Another authorisation of the consent is awaited."),
    ConsentState.AUTHORISED: None,
    ConsentState.REJECTED: _reason("U037", "The authorisation of the consent failed."),
    ConsentState.CONSUMED: _reason("U038", "A payment was ordered under the consent."),
    ConsentState.EXPIRED: _reason("TKXP", "The time for the payment ran out."),
    ConsentState.SUSPENDED: _reason("TKSP", "The consent is suspended."),
    ConsentState.REVOKED_BY_PSU: _ENDED,
    ConsentState.WITHDRAWN_BY_TPP: _ENDED,
    ConsentState.SUPERSEDED: _ENDED,
}

AFTER_CUT_OFF = _reason("TM01", "The time for the payment ended with the cut-off.")

# Only a consent to a file of payments waits for its file.
FILE_CONSENT_STATUSES: dict[ConsentState, FileConsentStatus] = CONSENT_STATUSES | {ConsentState.AWAITING_UPLOAD: "AWUP"}

# A domestic payment has no status for a cancellation: it is rejected.
PAYMENT_STATUSES: dict[RailStatus, PaymentStatus] = {
    RailStatus.RECEIVED: "RCVD",
    RailStatus.PENDING: "PDNG",
    RailStatus.TECHNICALLY_VALID: "ACTC",
    RailStatus.PARTIALLY_SIGNED: "PATC",
    RailStatus.CUSTOMER_KNOWN: "ACCP",
    RailStatus.FUNDS_CHECKED: "ACFC",
    RailStatus.CHANGED: "ACWC",
    RailStatus.IN_PROCESS: "ACSP",
    RailStatus.SETTLED: "ACSC",
    RailStatus.NOT_POSTED: "ACWP",
    RailStatus.CREDITED: "ACCC",
    RailStatus.REJECTED: "RJCT",
    RailStatus.BLOCKED: "BLCK",
    RailStatus.CANCELLED: "RJCT",
}
# A planned payment may be cancelled; the standard has no status for one that is credited to its payee.
PLANNED_PAYMENT_STATUSES: dict[RailStatus, PlannedPaymentStatus] = {
    RailStatus.RECEIVED: "RCVD",
    RailStatus.PENDING: "PDNG",
    RailStatus.TECHNICALLY_VALID: "ACTC",
    RailStatus.PARTIALLY_SIGNED: "PATC",
    RailStatus.CUSTOMER_KNOWN: "ACCP",
    RailStatus.FUNDS_CHECKED: "ACFC",
    RailStatus.CHANGED: "ACWC",
    RailStatus.IN_PROCESS: "ACSP",
    RailStatus.SETTLED: "ACSC",
    RailStatus.NOT_POSTED: "ACWP",
    RailStatus.CREDITED: "ACSC",
    RailStatus.REJECTED: "RJCT",
    RailStatus.BLOCKED: "BLCK",
    RailStatus.CANCELLED: "CANC",
}
# It is initiated once it is set up: what becomes of its payments, the details say.
STANDING_ORDER_STATUSES: dict[InstructionState, StandingOrderStatus] = {
    InstructionState.AWAITING_AUTHORISATION: "PATC",
    InstructionState.ACTIVE: "INCO",
    InstructionState.COMPLETED: "INCO",
    InstructionState.REJECTED: "RJCT",
    InstructionState.CANCELLED: "CANC",
}
# Payment details have no status for a payment that was only received.
TRANSACTION_STATUSES: dict[PaymentStatus, TransactionStatus] = {
    "RCVD": "PDNG",
    "PDNG": "PDNG",
    "ACTC": "ACTC",
    "PATC": "PATC",
    "ACCP": "ACCP",
    "ACFC": "ACFC",
    "ACSP": "ACSP",
    "ACWC": "ACWC",
    "ACSC": "ACSC",
    "ACWP": "ACWP",
    "ACCC": "ACCC",
    "BLCK": "BLCK",
    "RJCT": "RJCT",
}
# A suspicion of fraud is reported to the TPP as a forbidden transaction, and as nothing more.
REASON_CODES: dict[Reason, str] = {reason: reason.value for reason in Reason} | {
    Reason.FRAUD: Reason.FORBIDDEN.value,
    Reason.FRAUD_SUSPECTED: Reason.FORBIDDEN.value,
}
REASON_TEXTS: dict[str, str] = {
    "AC01": "An account number is wrong.",
    "AC02": "The payer's account number is wrong.",
    "AC03": "The payee's account number is wrong.",
    "AC04": "An account is closed.",
    "AC06": "An account is blocked.",
    "AC07": "The payee's account is closed.",
    "AG01": "The payment is not allowed.",
    "AG03": "The payment is not supported.",
    "AG10": "A bank is suspended from the scheme.",
    "AG11": "The payee's bank is suspended from the scheme.",
    "AM01": "The amount is zero.",
    "AM02": "The amount is not allowed.",
    "AM03": "The currency is not allowed.",
    "AM04": "Insufficient funds.",
    "AM05": "The payment is a duplicate.",
    "AM13": "The amount is above the limit of the clearing system.",
    "AM14": "The amount is above the agreed limit.",
    "AM23": "The amount is above the settlement limit.",
    "AB05": "The payee's bank timed out.",
    "AB06": "An intermediary bank timed out.",
    "AB07": "A bank is offline.",
    "AB08": "The payee's bank is offline.",
    "AB09": "The payee's bank failed.",
    "AB10": "An intermediary bank failed.",
    "BE04": "The payee's address is missing or wrong.",
    "CNOR": "The payee's bank is not registered with the scheme.",
    "DNOR": "The payer's bank is not registered with the scheme.",
    "DS02": "A required signatory refused.",
    "DS24": "Not all signatures were received in time.",
    "DT01": "A date is wrong.",
    "DT04": "A future date is not supported.",
    "DUPL": "The payment is a duplicate.",
    "MS02": "The customer gave no reason.",
    "MS03": "The bank gave no reason.",
    "RC01": "The payee's bank code is wrong.",
    "RR04": "Rejected for regulatory reasons.",
    "TM01": "Received after the cut-off time.",
}

"""The codes of payment consents and orders, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet and ISO_External_CodeSet."""

from kernel.banking.consents import ConsentState
from kernel.banking.orders import RailStatus, Reason
from openapi.uk_obie.v4_0.pisp.wire.domestic import ConsentStatus, OBStatusReason, PaymentStatus, TransactionStatus

# The standard has no state for a payment consent that ended unused: it is rejected, and the reason says why.
CONSENT_STATUSES: dict[ConsentState, ConsentStatus] = {
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

# A single domestic payment has no code for one that was cancelled: it was rejected.
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
# The details of a payment do not know a status of mere receipt.
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
# Of a suspicion of fraud the TPP learns no more than that the transaction is forbidden.
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
    "AG10": "A bank on the way is suspended.",
    "AG11": "The payee's bank is suspended.",
    "AM01": "The amount is zero.",
    "AM02": "The amount is not allowed.",
    "AM03": "The currency is not allowed.",
    "AM04": "The account has not enough funds.",
    "AM05": "The payment is a duplicate.",
    "AM13": "The amount is above the limit of the settlement.",
    "AM14": "The amount is above the agreed limit.",
    "AM23": "The amount is above the limit of the scheme.",
    "AB05": "The payee's bank did not answer in time.",
    "AB06": "A bank on the way did not answer in time.",
    "AB07": "A bank on the way is not reachable.",
    "AB08": "The payee's bank is not reachable.",
    "AB09": "The payee's bank failed.",
    "AB10": "A bank on the way failed.",
    "BE04": "The payee is not known at the address.",
    "CNOR": "The payee's bank does not take part in the scheme.",
    "DNOR": "The payer's bank does not take part in the scheme.",
    "DS02": "A customer who must sign refused.",
    "DS24": "The signatures did not come in time.",
    "DT01": "A date is wrong.",
    "DT04": "A date is too far ahead.",
    "DUPL": "The payment is a duplicate.",
    "MS02": "The customer gave no reason.",
    "MS03": "The bank gave no reason.",
    "RC01": "The payee's bank code is wrong.",
    "RR04": "A law forbids the payment.",
    "TM01": "The payment came after the cut-off.",
}

"""The codes of variable recurring payments, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet; the statuses of their
consents are those of consents to account access.
"""

from collections.abc import Mapping

from kernel.banking.orders import RailStatus
from kernel.banking.terms import Alignment, Period, VrpAuthentication, VrpParameter, VrpPresence, VrpType
from openapi.uk_obie.v4_0.vrp.wire import PaymentStatus

PERIODS: Mapping[str, Period] = {
    "Day": Period.DAY,
    "Week": Period.WEEK,
    "Fortnight": Period.FORTNIGHT,
    "Month": Period.MONTH,
    "Half-year": Period.HALF_YEAR,
    "Year": Period.YEAR,
}
ALIGNMENTS: Mapping[str, Alignment] = {"Consent": Alignment.CONSENT, "Calendar": Alignment.CALENDAR}
TYPES: Mapping[str, VrpType] = {"UK.OBIE.VRPType.Sweeping": VrpType.SWEEPING, "UK.OBIE.VRPType.Other": VrpType.OTHER}
AUTHENTICATIONS: Mapping[str, VrpAuthentication] = {
    "UK.OBIE.SCA": VrpAuthentication.BY_TPP,
    "UK.OBIE.SCANotRequired": VrpAuthentication.NONE,
}
PRESENCES: Mapping[str, VrpPresence] = {"InSession": VrpPresence.IN_SESSION, "OffSession": VrpPresence.OFF_SESSION}

PARAMETERS = "Data.ControlParameters"
PARAMETER_PATHS: Mapping[VrpParameter, str] = {
    VrpParameter.VALID_FROM: f"{PARAMETERS}.ValidFromDateTime",
    VrpParameter.INDIVIDUAL_MAX: f"{PARAMETERS}.MaximumIndividualAmount.Amount",
    VrpParameter.LIMITS: f"{PARAMETERS}.PeriodicLimits",
    VrpParameter.TYPES: f"{PARAMETERS}.VRPType",
    VrpParameter.AUTHENTICATIONS: f"{PARAMETERS}.PSUAuthenticationMethods",
    VrpParameter.PRESENCES: f"{PARAMETERS}.PSUInteractionTypes",
}

PAYMENT_STATUSES: dict[RailStatus, PaymentStatus] = {
    RailStatus.RECEIVED: "RCVD",
    RailStatus.PENDING: "PDNG",
    RailStatus.TECHNICALLY_VALID: "ACTC",
    RailStatus.PARTIALLY_SIGNED: "PDNG",  # no account that takes several signatures gives a consent
    RailStatus.CUSTOMER_KNOWN: "ACCP",
    RailStatus.FUNDS_CHECKED: "ACFC",
    RailStatus.CHANGED: "ACWC",
    RailStatus.IN_PROCESS: "ACSP",
    RailStatus.SETTLED: "ACSC",
    RailStatus.NOT_POSTED: "ACWP",
    RailStatus.CREDITED: "ACCC",
    RailStatus.REJECTED: "RJCT",
    RailStatus.BLOCKED: "BLCK",
    RailStatus.CANCELLED: "CANC",
}


def code_of(table: Mapping[str, object], member: object) -> str:
    """The code that means the member."""
    return next(code for code, meant in table.items() if meant == member)


def path_of(parameter: str, index: int | None) -> str:
    """The member of the consent that a payment breached."""
    path = PARAMETER_PATHS[VrpParameter(parameter)]
    return path if index is None else f"{path}[{index}].Amount"

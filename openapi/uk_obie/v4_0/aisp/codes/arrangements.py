"""The codes of payees, mandates and orders, one table per canonical enum. OBIE R/W 4.0, OB_Internal_CodeSet."""

from typing import Literal

from kernel.banking.records.direct_debits import Collection
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.scheduled_payments import Due
from openapi.uk_obie.v4_0.aisp.wire.arrangements import ClassificationCode, FrequencyCode, MandateStatusCode

MANDATE_STATUSES: dict[MandateStatus, MandateStatusCode] = {
    MandateStatus.ACTIVE: "ACTV",
    MandateStatus.SUSPENDED: "SUSP",
    MandateStatus.CANCELLED: "CANC",
    MandateStatus.EXPIRED: "EXPI",
}

FREQUENCIES: dict[Frequency, FrequencyCode] = {
    Frequency.INTRADAY: "INDA",
    Frequency.DAILY: "DAIL",
    Frequency.WORKING_DAYS: "WODL",
    Frequency.WEEKLY: "WEEK",
    Frequency.FORTNIGHTLY: "FRTN",
    Frequency.FOUR_WEEKLY: "FOWK",
    Frequency.MONTHLY: "MNTH",
    Frequency.TWO_MONTHLY: "TWMH",
    Frequency.QUARTERLY: "QURT",
    Frequency.FOUR_MONTHLY: "FOMH",
    Frequency.FIVE_MONTHLY: "FIMH",
    Frequency.HALF_YEARLY: "MIAN",
    Frequency.YEARLY: "YEAR",
    Frequency.AD_HOC: "ADHO",
    Frequency.UNKNOWN: "NONE",
}

COLLECTIONS: dict[Collection, ClassificationCode] = {
    Collection.FIXED: "FIXE",
    Collection.VARIABLE: "VARI",
    Collection.USAGE_BASED: "USGB",
}

DUES: dict[Due, Literal["Arrival", "Execution"]] = {
    Due.ARRIVAL: "Arrival",
    Due.EXECUTION: "Execution",
}

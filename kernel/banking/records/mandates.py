"""The words that direct debits and standing orders share. ISO 20022 ExternalMandateStatus1Code and Frequency6Code, by name."""

from enum import StrEnum


class MandateStatus(StrEnum):
    ACTIVE = "active"  # ACTV
    SUSPENDED = "suspended"  # SUSP
    CANCELLED = "cancelled"  # CANC
    EXPIRED = "expired"  # EXPI


class Frequency(StrEnum):
    """The interval at which money moves. Everything but AD_HOC and UNKNOWN is a regular interval."""

    INTRADAY = "intraday"  # INDA
    DAILY = "daily"  # DAIL
    WORKING_DAYS = "working_days"
    WEEKLY = "weekly"  # WEEK
    FORTNIGHTLY = "fortnightly"  # FRTN
    FOUR_WEEKLY = "four_weekly"
    MONTHLY = "monthly"  # MNTH
    TWO_MONTHLY = "two_monthly"
    QUARTERLY = "quarterly"  # QURT
    FOUR_MONTHLY = "four_monthly"
    FIVE_MONTHLY = "five_monthly"
    HALF_YEARLY = "half_yearly"  # MIAN
    YEARLY = "yearly"  # YEAR
    AD_HOC = "ad_hoc"  # ADHO
    UNKNOWN = "unknown"

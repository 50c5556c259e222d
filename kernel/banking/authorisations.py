"""The states of an authorisation: one PSU's attempt to say yes or no to a consent. Berlin Group 1.3.x scaStatus."""

from dataclasses import dataclass
from enum import StrEnum


class AuthorisationStatus(StrEnum):
    RECEIVED = "received"  # no PSU yet
    PSU_IDENTIFIED = "psu_identified"  # named by who asks
    PSU_AUTHENTICATED = "psu_authenticated"  # known by password
    METHOD_SELECTED = "method_selected"
    STARTED = "started"  # a challenge waits for its answer
    AUTHENTICATED = "authenticated"  # known by a second factor too
    SUCCEEDED = "succeeded"  # the standards' "finalised": the PSU agreed
    FAILED = "failed"
    EXEMPTED = "exempted"  # no second factor is needed


@dataclass(frozen=True, slots=True)
class AuthorisationState:
    """An authorisation as a TPP may see it."""

    id: str
    status: AuthorisationStatus

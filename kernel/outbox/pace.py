"""The pauses between attempts to deliver an event, and after how many it is parked."""

from datetime import timedelta

FIRST_PAUSE_SECONDS = 1.0  # after the first failure; doubled after each further one
PAUSE_SECONDS_MAX = 600.0  # between two attempts to deliver an event
REFUSED_MAX = 10  # attempts of an event that its receiver refuses: about eight minutes
UNANSWERED_MAX = 440  # attempts of an event to a receiver that does not answer: about three days
DELIVER_SECONDS_MAX = 10.0  # for a sink to deliver one event


def pause_after(attempts: int) -> timedelta:
    doublings = min(attempts - 1, 16)
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2**doublings, PAUSE_SECONDS_MAX))


def is_spent(attempts: int, *, refused: bool) -> bool:
    """Is an event to be parked after so many failures, of which the last was a refusal?"""
    return attempts >= (REFUSED_MAX if refused else UNANSWERED_MAX)

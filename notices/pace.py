"""The retry policy of callbacks, as docs/events.md publishes it: growing pauses, a number of attempts and a time, and then the address is
unresponsive."""

from datetime import datetime, timedelta

FIRST_PAUSE_SECONDS = 5.0  # after the first attempt at a client's address that failed; doubled after each further one
PAUSE_SECONDS_MAX = 3_600.0  # between two attempts at a client's address
ATTEMPTS_MAX = 16  # attempts at a client's address that fail one after the other: about six and a half hours
FAILING_MAX = timedelta(hours=12)  # for which a client's address may fail, however few the attempts


def pause_after(attempts: int) -> timedelta:
    doublings = min(attempts - 1, ATTEMPTS_MAX)
    return timedelta(seconds=min(FIRST_PAUSE_SECONDS * 2**doublings, PAUSE_SECONDS_MAX))


def is_unresponsive(attempts: int, failing_since: datetime, now: datetime) -> bool:
    """Is an address to be given up after so many failures?"""
    return attempts >= ATTEMPTS_MAX or now - failing_since >= FAILING_MAX

"""Turns of attempts to authenticate: how many one process judges at the same time, and one of each subject.

An attempt counts as failed until it turns out right (consent/authentication/attempts.py), so those that are judged together use up the limit
together. In turn, honest customers who come at the same moment all get in: of one customer, and behind one address.
"""

from kernel.turns import Key, TurnLimits

ATTEMPT_TURNS = TurnLimits(
    total=16,  # far fewer than an address may fail, also with several workers
    each={"subject": 1},
    waiting=500,
    wait_seconds=10.0,
)


def turn_of(subject: str) -> Key:
    """The key by which attempts of one subject take turns."""
    return "subject", subject

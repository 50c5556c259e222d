"""The memory of first uses as its users ask it: what one client may fill of it, and what a verdict means.

It fails closed: what may have been used before is refused.
"""

from kernel.errors import Overloaded, Problem, RateExceeded
from kernel.hot_state.checks import Exceeded, Fresh, Replayed, Share, Verdict
from kernel.hot_state.subjects import client_subject

FIRST_USES_PER_CLIENT = 10_000  # remembered at a time: more than the requests that a client may make while one is
RULE = "first-uses"


def client_share(brand: str, client_id: str, limit: int) -> Share:
    return Share(client_subject(brand, client_id), limit)


def check_first_use(verdict: Verdict, replayed: Problem) -> None:
    """Raises `replayed` for what was used before, RateExceeded while its owner's share is full, Overloaded when there is no telling."""
    if isinstance(verdict, Replayed):
        raise replayed
    if isinstance(verdict, Exceeded):
        raise RateExceeded("a full share of the memory of first uses", rule=RULE, retry_after=verdict.retry_after)
    if not isinstance(verdict, Fresh):
        raise Overloaded("the memory of first uses cannot be asked")

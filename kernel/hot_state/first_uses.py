"""The memory of first uses as its users ask it: what one client may fill of it, and what a verdict means.

It fails closed: what may have been used before is refused.
"""

import hashlib
import math
from collections.abc import Callable

from kernel.errors import Overloaded, Problem, RateExceeded
from kernel.hot_state.checks import Exceeded, FirstUse, Fresh, Replayed, Share, Verdict
from kernel.hot_state.subjects import client_subject

FIRST_USES_PER_CLIENT = 10_000  # first uses of one client remembered at a time: more than it may make in that time
RULE = "first-uses"


def client_share(brand: str, client_id: str, limit: int) -> Share:
    return Share(client_subject(brand, client_id), limit)


def first_use_of_jti(place: str, jti: str, *, seconds: float, issued_at: float, share: Share | None = None) -> FirstUse:
    """The question whether a JWT comes for the first time at `place`, asked for the `seconds` in which it is still accepted. The key has a
    fixed length: `jti` is the sender's text."""
    digest = hashlib.sha256(jti.encode()).hexdigest()
    return FirstUse(f"{place}/{digest}", max(1, math.ceil(seconds)), issued_at=issued_at, share=share)


def check_first_use(verdict: Verdict | None, refuse: Callable[[str], Problem]) -> None:
    """Raises what `refuse` makes for what was used before, RateExceeded while its owner's share is full, and Overloaded when the hot
    state was not asked or did not answer."""
    if isinstance(verdict, Replayed):
        raise refuse("used before, or older than the memory of used ones")
    if isinstance(verdict, Exceeded):
        raise RateExceeded("a full share of the memory of first uses", rule=RULE, retry_after=verdict.retry_after)
    if not isinstance(verdict, Fresh):
        raise Overloaded("the memory of first uses cannot be asked")

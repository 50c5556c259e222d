"""The log lines about bytes that were refused before they were a request: a line for the first, and then one a minute with a count.

A line for each would let a caller without a name fill the disk. A line counts for one kind of refusal and the share of one peer; beyond
`SHARES_MAX` at a time the peers are counted together.
"""

from typing import Final

import structlog

from kernel.http.admission.newcomers import Later, call_later

LOG_SECONDS: Final = 60.0  # between two log lines about the same refusals; the second has their number
SHARES_MAX: Final = 256  # callers whose refusals have a log line of their own
OTHERS: Final = "others"

Key = tuple[str, int, str]  # error, status, share

log = structlog.get_logger(__name__)


class RefusalLog:
    """Of one listener. `later` is a timer in seconds."""

    def __init__(self, later: Later = call_later) -> None:
        self._later = later
        self._unsaid: dict[Key, int] = {}  # refusals since the last line

    def note(self, error: str, status: int, share: str) -> None:
        """Count one; a first one is logged at once."""
        key = (error, status, share)
        if key not in self._unsaid and len(self._unsaid) >= SHARES_MAX:
            key = (error, status, OTHERS)
        if key in self._unsaid:
            self._unsaid[key] += 1
        else:
            self._say(key, 1)

    def _say(self, key: Key, count: int) -> None:
        error, status, share = key
        log.info("http_refused", share=share, error=error, status=status, count=count)
        self._unsaid[key] = 0
        self._later(LOG_SECONDS, lambda: self._sum_up(key))

    def _sum_up(self, key: Key) -> None:
        count = self._unsaid.pop(key)
        if count:
            self._say(key, count)

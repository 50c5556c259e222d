"""What one listener bears: sizes in bytes, waits in seconds, connections. Surfaces may bear less, never more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

BODY_BYTES_MAX: Final = 1_048_576
CONNECTIONS_MAX: Final = 10_000
HANDSHAKE_SECONDS: Final = 10.0
FIRST_HEAD_SECONDS: Final = 15.0  # from the end of the handshake to the end of the first request's head
IDLE_SECONDS: Final = 75.0  # from one answer to the end of the next request's head
REQUEST_SECONDS: Final = 30.0  # body and application together
WRITE_SECONDS: Final = 30.0
LINGER_SECONDS: Final = 5.0  # reading away the rest of a refused body, so that the refusal arrives
STOP_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`body_bytes` answers for a path, so that each surface keeps its own limit; `BODY_BYTES_MAX` holds whatever it says."""

    body_bytes: Callable[[str], int] = lambda _path: BODY_BYTES_MAX
    connections: int = CONNECTIONS_MAX
    handshake_seconds: float = HANDSHAKE_SECONDS
    first_head_seconds: float = FIRST_HEAD_SECONDS
    idle_seconds: float = IDLE_SECONDS
    request_seconds: float = REQUEST_SECONDS
    write_seconds: float = WRITE_SECONDS
    linger_seconds: float = LINGER_SECONDS
    stop_seconds: float = STOP_SECONDS

"""Limits of one listener: connections, bytes of unfinished heads, waits in seconds."""

from dataclasses import dataclass
from typing import Final

CONNECTIONS_MAX: Final = 1750  # connections of one listener, from accept; two listeners fit a hard limit of 4,096 descriptors
CONNECTIONS_PER_ADDRESS_MAX: Final = 128  # connections of one address or IPv6 /64 without a client certificate
CONNECTIONS_PER_ORGANISATION_MAX: Final = 512  # connections to one listener of an organisation that has shown a certificate
BUFFERED_BYTES_MAX: Final = 16_777_216  # of all bodies that arrive or are answered, in the process
BUFFERED_BYTES_PER_PEER_MAX: Final = 4_194_304  # of the bodies of one organisation; of strangers see body_room.py
UNFINISHED_HEAD_BYTES_MAX: Final = 8_388_608  # of all unfinished heads, beyond FREE_BYTES of each connection
UNFINISHED_HEAD_BYTES_PER_PEER_MAX: Final = 1_048_576  # of the unfinished heads of one organisation, address or /64
HANDSHAKE_SECONDS: Final = 10.0  # from accept to the end of the handshake
HEAD_SECONDS: Final = 15.0  # from the first byte of a head to its end; of a first one, from the end of the handshake
IDLE_SECONDS: Final = 75.0  # from one answer to the end of the next request's head
BODY_SECONDS: Final = 10.0  # from the request for a body to its end, so that slow senders do not hold memory for long
REQUEST_SECONDS: Final = 30.0  # for one request: reading its body and answering it
WRITE_SECONDS: Final = 30.0  # for a client to read what was sent
LINGER_SECONDS: Final = 5.0  # to read the rest of a refused body, so that its sender reads the refusal
STOP_SECONDS: Final = 5.0  # for the answers under way when the server stops


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    connections: int = CONNECTIONS_MAX
    connections_per_address: int = CONNECTIONS_PER_ADDRESS_MAX
    connections_per_organisation: int = CONNECTIONS_PER_ORGANISATION_MAX
    unfinished_head_bytes: int = UNFINISHED_HEAD_BYTES_MAX
    unfinished_head_bytes_per_peer: int = UNFINISHED_HEAD_BYTES_PER_PEER_MAX
    handshake_seconds: float = HANDSHAKE_SECONDS
    head_seconds: float = HEAD_SECONDS
    idle_seconds: float = IDLE_SECONDS
    body_seconds: float = BODY_SECONDS
    request_seconds: float = REQUEST_SECONDS
    write_seconds: float = WRITE_SECONDS
    linger_seconds: float = LINGER_SECONDS
    stop_seconds: float = STOP_SECONDS

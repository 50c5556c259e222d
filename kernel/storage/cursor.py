"""Opaque page links: an encrypted keyset position that opens only for the request it was made for.

AES-256-GCM under a key of its own; what must not change between pages (caller, consent, operation, account, filters) is
additional data, so a cursor that was altered, invented or presented with another request is CursorInvalid, all alike.
"""

import base64
import binascii
from datetime import datetime

import msgspec

from kernel.errors import CursorInvalid
from kernel.storage.sealed import SealBroken, Sealer

CURSOR_CHARACTERS_MAX = 1024  # of the cursor of a page, as presented


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a listing goes on: after the row `row_id` of `account_id` at the instant `at` that orders it, as the bank's records stood
    at booking sequence `as_of` (0: the listing has none). `expires_at` is protocol time. `is_counted`: the listing was counted as an access
    without the PSU."""

    as_of: int
    at: datetime
    account_id: str
    row_id: str
    expires_at: datetime
    is_counted: bool = True


class CursorSealer:
    """Writes cursors and reads back only its own."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = Sealer({1: sealer.derive("cursor")})
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Cursor)

    def seal(self, cursor: Cursor, *bound_to: str) -> str:
        sealed = self._sealer.seal(self._encoder.encode(cursor), "cursor", *bound_to)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, text: str, now: datetime, *bound_to: str) -> Cursor:
        """Raises CursorInvalid: altered, foreign, or expired at `now` (protocol time)."""
        try:
            cursor = self._decoder.decode(self._sealer.open(_unwrap(text), "cursor", *bound_to))
        except (SealBroken, msgspec.DecodeError) as error:
            raise CursorInvalid(f"does not open: {error}") from None
        if now >= cursor.expires_at:
            raise CursorInvalid(f"expired at {cursor.expires_at}")
        return cursor


def _unwrap(text: str) -> bytes:
    if len(text) > CURSOR_CHARACTERS_MAX:
        raise CursorInvalid(f"{len(text)} characters")
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CursorInvalid("not base64url") from None
    if base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() != text:
        raise CursorInvalid("not canonical base64url")  # another spelling of the same bytes
    return sealed

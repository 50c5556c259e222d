"""Nonces that DPoP proofs must contain where a brand demands it, so that no proof can be made long before its use. RFC 9449
sections 8 and 9.

They are stored nowhere: a nonce is a keyed digest of the brand and of a window of protocol time, the same on every worker. The
windows before and after the present one count too: a nonce does not lapse between two calls, and workers' clocks may differ.
"""

import base64
import hmac
from datetime import datetime

from kernel.brand import Brand
from kernel.errors import ProofNonceRequired
from kernel.storage.sealed import Sealer

WINDOW_SECONDS = 180  # in which one nonce is given out; it is accepted in the windows before and after, too
DIGEST_BYTES = 18  # of a nonce, and of its digest


class Nonces:
    def __init__(self, sealer: Sealer) -> None:
        self._key = sealer.derive("dpop-nonce")

    def current(self, brand: Brand, wall: datetime) -> str:
        return self._of(brand, _window(wall))

    def check(self, brand: Brand, nonce: str | None, wall: datetime) -> None:
        """Raises ProofNonceRequired unless the brand demands none, or `nonce` is one of its own and recent."""
        if brand.dpop_nonce == "off":
            return
        window, given = _window(wall), (nonce or "").encode(errors="replace")
        if not any(hmac.compare_digest(given, self._of(brand, window + step).encode()) for step in (-1, 0, 1)):
            raise ProofNonceRequired("no nonce, or none of ours that is recent", nonce=self._of(brand, window))

    def _of(self, brand: Brand, window: int) -> str:
        digest = hmac.digest(self._key, f"{brand.name}\n{window}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:DIGEST_BYTES]).decode()


def _window(wall: datetime) -> int:
    return int(wall.timestamp()) // WINDOW_SECONDS

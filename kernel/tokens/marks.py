"""A mark on a secret that we give away: by it the secret is known as ours, and how old it is, before anything is looked up.

`<secret>.<seconds since the epoch, hex>.<tag>`: the tag is a keyed digest over both and over the place that the secret is good for. It
proves that we made it there and then, never that it is still worth anything: that stands in the database.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from kernel.storage.sealed import Sealer

TAG_BYTES = 16  # of a mark's keyed digest


def mark(sealer: Sealer, secret: str, at: datetime, *place: str) -> str:
    """`secret` with its mark. `at` is protocol time; `place` is the brand and what the secret is for."""
    body = f"{secret}.{int(at.timestamp()):x}"
    return f"{body}.{_tag(sealer, body, place)}"


def marked_at(sealer: Sealer, marked: str, *place: str) -> datetime | None:
    """When the secret was marked for this place; None if it never was."""
    body, _, tag = marked.rpartition(".")
    if not hmac.compare_digest(tag.encode(errors="replace"), _tag(sealer, body, place).encode()):
        return None
    return datetime.fromtimestamp(int(body.rpartition(".")[2], 16), UTC)


def _tag(sealer: Sealer, body: str, place: tuple[str, ...]) -> str:
    message = "\n".join((*place, body)).encode(errors="replace")
    digest = hashlib.blake2b(message, key=sealer.derive("marks"), digest_size=TAG_BYTES).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

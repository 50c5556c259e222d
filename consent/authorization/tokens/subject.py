"""The PSU's name towards one TPP: pairwise, so that two organisations cannot compare their customers. OIDC Core section 8.1.

The sector is the organisation, not the redirect host: all software of one TPP sees one subject.
"""

import base64
import hmac

from kernel.storage.sealed import Sealer


def pairwise_subject(sealer: Sealer, brand: str, organisation_id: str, psu_id: str) -> str:
    message = "\n".join((brand, organisation_id, psu_id)).encode()
    digest = hmac.digest(sealer.derive("pairwise-subject"), message, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

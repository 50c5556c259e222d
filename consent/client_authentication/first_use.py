"""Accept an assertion once, and only for the client's current version: one question to the hot state. RFC 7523 section 3 (jti).

The memory of used assertions fails closed: if it cannot be asked, or is younger than the assertion, a replay cannot be ruled out.
"""

import hashlib
import math

from consent.client_authentication.assertion import CLOCK_SKEW_SECONDS, AssertionProof
from consent.errors import ClientUnauthenticated
from consent.services import Services
from kernel.access import Client
from kernel.brand import Brand
from kernel.errors import Overloaded
from kernel.hot_state import Current, FirstUse, Fresh, Replayed, VersionIs
from kernel.subjects import client_subject


async def take_assertion(services: Services, brand: Brand, client: Client, proof: AssertionProof) -> bool:
    """True: this is the assertion's first use and the client's current version. False: the client has another version by now and
    nothing was consumed. Raises ClientUnauthenticated for a replay, Overloaded if there is no telling."""
    remaining = proof.expires_at + CLOCK_SKEW_SECONDS - services.clock.wall().timestamp()
    version, use = await services.versions.decide(
        [
            VersionIs(client_subject(brand.name, client.id), client.version),
            FirstUse(_key(brand.name, client.id, proof.jti), max(1, math.ceil(remaining)), issued_at=proof.issued_at),
        ],
        spend=True,
        load_version=services.snapshots.load_version,
    )
    if not isinstance(version, Current):
        return False
    match use:
        case Fresh():
            return True
        case Replayed():
            raise ClientUnauthenticated("the assertion was used before, or is older than the memory of used ones")
        case _:
            raise Overloaded("the memory of used assertions cannot be asked")


def _key(brand: str, client_id: str, jti: str) -> str:
    """Fixed length: `jti` is the client's text."""
    return f"{brand}/jti/{client_id}/{hashlib.sha256(jti.encode()).hexdigest()}"

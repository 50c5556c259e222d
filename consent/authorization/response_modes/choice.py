"""Which response modes a client may ask for, and which one is meant when none is named.

OAuth 2.0 Multiple Response Type Encoding Practices section 2.1, JARM section 2.3.
"""

from consent.authorization.clients.client import Client
from consent.authorization.offer.profiles import PROFILES, Profile

SIGNED = frozenset({"jwt", "query.jwt", "fragment.jwt"})
IN_FRONT = frozenset({"token", "id_token"})  # what must never stand in a query


def canonical_type(response_type: str) -> str:
    """The order of its values does not matter."""
    return " ".join(sorted(response_type.split(" ")))


def usual_mode(response_type: str) -> str:
    return "fragment" if IN_FRONT.intersection(response_type.split(" ")) else "query"


def modes_of(client: Client, response_type: str) -> tuple[str, ...]:
    """None for a type that the client may not use at all."""
    if response_type not in client.response_types:
        return ()
    return _allowed_modes(
        PROFILES[client.security_profile], response_type, is_signed=client.authorization_signed_response_alg is not None
    )


def has_mode(profile: Profile, response_type: str, *, is_signed: bool) -> bool:
    """True if a client of this profile can ever use the type; `is_signed` if it registers how its responses are signed."""
    return bool(_allowed_modes(profile, response_type, is_signed=is_signed))


def _allowed_modes(profile: Profile, response_type: str, *, is_signed: bool) -> tuple[str, ...]:
    return tuple(mode for mode in profile.response_types.get(response_type, ()) if is_signed or mode not in SIGNED)

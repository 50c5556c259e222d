"""A developer's request to enrol and register a TPP: the options of `portcullis tpp new`."""

from typing import Literal

import msgspec

from consent.authorization.clients.client import AuthMethod
from consent.authorization.offer.profiles import SecurityProfile
from kernel.jose.jwt import Algorithm
from sandbox.authority.qualified import Role


class NewTpp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The TPP's folder is always under the state directory; the command line copies it where it was asked to."""

    name: str
    roles: tuple[Role, ...] = ("AISP", "PISP", "CBPII")
    redirect_uris: tuple[str, ...] = ()  # none: one of its own
    profile: SecurityProfile = SecurityProfile.FAPI2_SECURITY
    auth: AuthMethod = "private_key_jwt"
    sender_constraint: Literal["mtls", "dpop"] = "mtls"
    alg: Algorithm = "PS256"
    transport_key: Literal["ec", "rsa"] = "ec"  # of its transport certificate: P-256, or RSA of 2048 bits
    response_mode: Literal["jwt"] | None = None  # None: the usual one of its profile, unsigned
    ciba: Literal["poll", "ping"] | None = None  # how it gets the answer to a backchannel request; None: it sends none
    notification_uri: str | None = None  # where it is pinged; None: an address of its own

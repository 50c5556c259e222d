"""The security profiles' demands on a client, where they contradict each other: one row each. Nothing else depends on the profile's
name.

FAPI 2.0 Security Profile (Final) 5.3.2, FAPI 2.0 Message Signing (Final) 5.3 and 5.4, FAPI 1.0 Advanced (Final) 5.2.2
and Baseline 5.2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from kernel.jose.jwt import ALGORITHMS, Algorithm


class SecurityProfile(StrEnum):
    FAPI2_SECURITY = "fapi2-security"
    FAPI2_MESSAGE_SIGNING = "fapi2-message-signing"
    FAPI1_ADVANCED = "fapi1-advanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`response_types` maps each that may be asked for to the response modes that fit it, signed ones for clients that registered how."""

    algorithms: tuple[Algorithm, ...]  # of what the client signs and of what is signed for it
    assertion_audience: Literal["issuer", "endpoint"]  # the issuer alone, as a string; or also the endpoint, or several of these
    sender_constraints: frozenset[str]
    must_push: bool  # otherwise a signed request may also come through the browser
    request_object: Literal["refused", "required"]
    must_be_tied: bool  # a request to its browser session: by a nonce with openid, else by a state
    response_types: Mapping[str, tuple[str, ...]]


PROFILES: Mapping[SecurityProfile, Profile] = MappingProxyType(
    {
        SecurityProfile.FAPI2_SECURITY: Profile(
            algorithms=ALGORITHMS,
            assertion_audience="issuer",
            sender_constraints=frozenset({"mtls", "dpop"}),
            must_push=True,
            request_object="refused",
            must_be_tied=False,
            response_types={"code": ("query", "jwt", "query.jwt")},
        ),
        SecurityProfile.FAPI2_MESSAGE_SIGNING: Profile(
            algorithms=ALGORITHMS,
            assertion_audience="issuer",
            sender_constraints=frozenset({"mtls", "dpop"}),
            must_push=True,
            request_object="required",
            must_be_tied=False,
            response_types={"code": ("query", "jwt", "query.jwt")},
        ),
        SecurityProfile.FAPI1_ADVANCED: Profile(
            algorithms=("PS256", "ES256"),
            assertion_audience="endpoint",
            sender_constraints=frozenset({"mtls"}),
            must_push=False,
            request_object="required",
            must_be_tied=True,
            response_types={"code id_token": ("fragment", "jwt", "fragment.jwt"), "code": ("jwt", "query.jwt")},
        ),
    }
)

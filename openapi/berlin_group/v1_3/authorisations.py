"""Read the authorisations of a consent, and the status of one. NextGenPSD2 XS2A 1.3, "Authorisation Endpoints", "SCA Status".

A bank may create the authorisation itself instead of having the TPP start it: it begins where the PSU comes to authorise the consent.
The preference for an explicit start may be ignored where there are no signing baskets.
"""

from typing import Literal

from msgspec import Struct

from kernel.banking.authorisations import AuthorisationState
from kernel.banking.commands import ReadAuthorisations
from openapi.berlin_group.v1_3.codes import SCA_STATUSES
from openapi.codec import Rendering, WireRequest

ScaStatus = Literal[
    "received", "psuIdentified", "psuAuthenticated", "scaMethodSelected", "started", "finalised", "failed", "exempted"
]


class Authorisations(Struct, rename="camel"):
    authorisation_ids: list[str]


class ScaStatusResponse(Struct, rename="camel"):
    sca_status: ScaStatus


def decode_list(request: WireRequest) -> ReadAuthorisations:
    return ReadAuthorisations(request.path["consentId"])


def decode_read(request: WireRequest) -> ReadAuthorisations:
    return ReadAuthorisations(request.path["consentId"], request.path["authorisationId"])


def encode_list(states: tuple[AuthorisationState, ...], _rendering: Rendering) -> Authorisations:
    return Authorisations([each.id for each in states])


def encode_status(states: tuple[AuthorisationState, ...], _rendering: Rendering) -> ScaStatusResponse:
    (state,) = states
    return ScaStatusResponse(SCA_STATUSES[state.status])

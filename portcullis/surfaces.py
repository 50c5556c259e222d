"""The surfaces of a server, in the order in which they claim a path: the resource APIs, then whatever the consent server answers."""

from consent.parameters import FORM_BYTES_MAX
from kernel.http.limits import BODY_BYTES_MAX
from portcullis.compose import Composition
from portcullis.front import Surface


def production_surfaces(composition: Composition) -> tuple[Surface, ...]:
    gateway, consent_server = composition.gateway, composition.consent_server
    return (
        Surface(consent_server.owns, consent_server.handle, consent_server.refuse, FORM_BYTES_MAX),
        Surface(lambda _path: True, gateway.handle, gateway.refuse, BODY_BYTES_MAX),
    )

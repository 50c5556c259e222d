"""An authorization response before it has a form: what it says, to whom, and the address that it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from consent.authorization.clients.client import Client
from consent.services import Services
from kernel.brand import Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a response goes and how. `redirect_uri` is one of the client's, `response_mode` the name of one of MODES."""

    client: Client
    redirect_uri: str
    response_type: str
    response_mode: str
    state: str | None


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """`parameters` without `iss`, which each mode says in its own place."""

    services: Services
    brand: Brand
    destination: Destination
    parameters: Mapping[str, str]

    @property
    def named(self) -> dict[str, str]:
        """The parameters with the server that they come from. RFC 9207 section 2."""
        return {**self.parameters, "iss": self.brand.issuer}


class ResponseMode(Protocol):
    """One value of response_mode."""

    name: str

    def render(self, response: AuthorizationResponse) -> str:
        """The address that the browser is sent to."""
        ...

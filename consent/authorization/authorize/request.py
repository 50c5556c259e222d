"""One authorization request on its way through the steps: what was asked, and what each step made of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent.authorization.authorize.amendment import Amendment
from consent.authorization.authorize.pushed import PushedRequest
from consent.authorization.clients.client import Client
from consent.authorization.messages.parameters import Parameters
from consent.authorization.offer.authorization_details import Details
from consent.services import Services
from kernel.brand import Brand
from kernel.hot_state.checks import FirstUse


@dataclass(slots=True)
class AuthorizationRequest:
    """`parameters` come from the authenticated push, from the request object that it or a browser brought, or from the browser, where only
    two of them are read."""

    services: Services
    brand: Brand
    client: Client
    parameters: Parameters
    proof_jkt: str | None = None  # the key that a DPoP proof sent with the push showed
    # read from a push, or from a request by value
    valid_until: datetime | None = None  # of the request object, in protocol time
    response_type: str = "code"
    response_mode: str = "query"
    scope: tuple[str, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)
    acr_values: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    is_detailed: bool = False
    details: Details | None = None  # the terms of a consent that the request asks for
    amendment: Amendment | None = None  # the terms are those of a grant that is to be changed
    consent_id: str | None = None
    dpop_jkt: str | None = None
    # of a backchannel request
    binding_message: str | None = None
    seconds: int = 0  # that the customer has to answer
    notification_token: str | None = None
    first_use: FirstUse | None = None  # of the request object, to be taken last
    # found again at the authorization endpoint
    pushed: PushedRequest | None = None

"""The order of refusals of an authorization request, written once: which step runs where.

PAR judges everything but whose consent it is; the authorization endpoint, visited again by every reload, judges the rest. What the
customer's approval depends on is judged once more when they approve, under the consent's lock (consent/journey).
"""

from collections.abc import Awaitable, Callable
from typing import Literal

from consent.authorize.asking import Asking
from consent.authorize.check_acr import check_acr
from consent.authorize.check_authorization_details import check_authorization_details
from consent.authorize.check_claims import check_claims
from consent.authorize.check_client_id import check_client_id
from consent.authorize.check_consent_named import check_consent_named
from consent.authorize.check_consent_owner import check_consent_owner
from consent.authorize.check_grant import check_grant
from consent.authorize.check_grant_management import check_grant_management
from consent.authorize.check_pkce import check_pkce
from consent.authorize.check_prompt import check_prompt, check_prompt_not_none
from consent.authorize.check_pushed import check_pushed
from consent.authorize.check_redirect_uri import check_redirect_uri
from consent.authorize.check_request_object_absent import check_request_object_absent
from consent.authorize.check_request_uri_absent import check_request_uri_absent
from consent.authorize.check_resource import check_resource
from consent.authorize.check_response_type import check_response_type
from consent.authorize.check_scope import check_scope
from consent.authorize.check_state_and_nonce import check_state_and_nonce

Endpoint = Literal["par", "authorize"]
Step = Callable[[Asking], Awaitable[None]]

_P: tuple[Endpoint, ...] = ("par",)
_A: tuple[Endpoint, ...] = ("authorize",)
_PA: tuple[Endpoint, ...] = ("par", "authorize")

STEPS: tuple[tuple[Step, tuple[Endpoint, ...]], ...] = (
    (check_client_id, _P),
    (check_request_uri_absent, _P),
    (check_request_object_absent, _P),
    (check_pushed, _A),
    (check_grant, _PA),
    (check_redirect_uri, _P),
    (check_response_type, _P),
    (check_pkce, _P),
    (check_scope, _P),
    (check_state_and_nonce, _P),
    (check_prompt, _P),
    (check_prompt_not_none, _A),
    (check_claims, _P),
    (check_acr, _P),
    (check_resource, _P),
    (check_authorization_details, _P),
    (check_grant_management, _P),
    (check_consent_named, _P),
    (check_consent_owner, _A),
)


async def run_steps(asking: Asking, endpoint: Endpoint) -> None:
    """Every step of the endpoint, in order. Raises the first refusal."""
    for step, endpoints in STEPS:
        if endpoint in endpoints:
            await step(asking)

"""The order of refusals of an authorization request, written once: which step runs where.

The backchannel endpoint runs every step at once. PAR, and an authorization request that a browser carries by value, run all steps but
the one on the consent's owner, which the authorization endpoint runs on every visit. What the customer's approval depends on is judged
again when they approve, under the consent's lock (consent/authentication/consent_subject.py).
"""

from collections.abc import Awaitable, Callable
from typing import Literal

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.steps.access.check_authorization_details import check_authorization_details
from consent.authorization.authorize.steps.access.check_consent_named import check_consent_named
from consent.authorization.authorize.steps.access.check_consent_owner import check_consent_owner, check_consent_owner_at_once
from consent.authorization.authorize.steps.access.check_grant_management import (
    check_grant_management,
    check_grant_management_absent,
)
from consent.authorization.authorize.steps.access.check_resource import check_resource
from consent.authorization.authorize.steps.access.check_scope import check_backchannel_scope, check_scope
from consent.authorization.authorize.steps.answer.check_dpop_key import check_dpop_key
from consent.authorization.authorize.steps.answer.check_notification_token import check_notification_token
from consent.authorization.authorize.steps.answer.check_pkce import check_pkce, check_pkce_if_used
from consent.authorization.authorize.steps.answer.check_redirect_uri import check_redirect_uri
from consent.authorization.authorize.steps.answer.check_response_type import check_response_type
from consent.authorization.authorize.steps.answer.check_state_and_nonce import check_state_and_nonce
from consent.authorization.authorize.steps.customer.check_acr import check_acr
from consent.authorization.authorize.steps.customer.check_binding_message import check_binding_message
from consent.authorization.authorize.steps.customer.check_claims import check_claims
from consent.authorization.authorize.steps.customer.check_hint import check_hint
from consent.authorization.authorize.steps.customer.check_prompt import check_prompt, check_prompt_not_none
from consent.authorization.authorize.steps.customer.check_requested_expiry import check_requested_expiry
from consent.authorization.authorize.steps.request.check_authentication_request import check_authentication_request
from consent.authorization.authorize.steps.request.check_client_id import check_client_id
from consent.authorization.authorize.steps.request.check_grant import check_backchannel_grant, check_grant
from consent.authorization.authorize.steps.request.check_pushed import check_pushed
from consent.authorization.authorize.steps.request.check_request_object import check_request_object
from consent.authorization.authorize.steps.request.check_request_uri_absent import check_request_uri_absent

Endpoint = Literal["par", "value", "authorize", "backchannel"]
Step = Callable[[AuthorizationRequest], Awaitable[None]]

_P: tuple[Endpoint, ...] = ("par",)
_V: tuple[Endpoint, ...] = ("value",)
_A: tuple[Endpoint, ...] = ("authorize",)
_B: tuple[Endpoint, ...] = ("backchannel",)
_PV: tuple[Endpoint, ...] = ("par", "value")
_PVB: tuple[Endpoint, ...] = ("par", "value", "backchannel")
_PVA: tuple[Endpoint, ...] = ("par", "value", "authorize")

STEPS: tuple[tuple[Step, tuple[Endpoint, ...]], ...] = (
    (check_client_id, _P),
    (check_request_uri_absent, _P),
    (check_request_object, _PV),
    (check_pushed, _A),
    (check_grant, _PVA),
    (check_backchannel_grant, _B),
    (check_authentication_request, _B),
    (check_notification_token, _B),
    (check_redirect_uri, _PV),
    (check_response_type, _PV),
    (check_pkce, _P),
    (check_pkce_if_used, _V),
    (check_dpop_key, _P),
    (check_scope, _PV),
    (check_backchannel_scope, _B),
    (check_hint, _B),
    (check_binding_message, _B),
    (check_requested_expiry, _B),
    (check_state_and_nonce, _PV),
    (check_prompt, _PV),
    (check_prompt_not_none, _A),
    (check_claims, _PVB),
    (check_acr, _PVB),
    (check_resource, _PVB),
    (check_authorization_details, _PVB),
    (check_grant_management, _PV),
    (check_grant_management_absent, _B),
    (check_consent_named, _PVB),
    (check_consent_owner, _A),
    (check_consent_owner_at_once, _B),
)


async def run_steps(asked: AuthorizationRequest, endpoint: Endpoint) -> None:
    """Every step of the endpoint, in order. Raises the first refusal."""
    for step, endpoints in STEPS:
        if endpoint in endpoints:
            await step(asked)

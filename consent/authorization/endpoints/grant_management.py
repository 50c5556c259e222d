"""GET and DELETE /grants/{grant_id}: what a customer has granted to the client that asks, and the end of it. Grant Management for OAuth
2.0 section 6.

A grant is a consent that was authorised and is not over, seen from OAuth: one id, one life. Any other looks like none.
"""

from datetime import datetime
from typing import Any

from multidict import CIMultiDict

from consent.authorization.client_authentication.first_use import count_request
from consent.authorization.clients.client import Client
from consent.authorization.messages.json_response import render_json
from consent.authorization.offer.authorization_details import render_details
from consent.authorization.offer.scopes import GRANT_QUERY, GRANT_REVOKE
from consent.authorization.tokens.presented import accept_token
from consent.authorization.tokens.proofs import offer_nonce
from consent.errors import GrantUnknown
from consent.services import Services
from consent.store.lifecycle import ConsentEvent, allows
from consent.store.rows.families import load_last_row
from consent.store.rows.snapshots import load_consent
from kernel.access import Grant
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.errors import (
    ConsentExpired,
    ConsentNotAuthorised,
    ConsentRevoked,
    ConsentUnknown,
    GrantInsufficient,
    ScopeInsufficient,
)
from kernel.http.message import Request, Response
from kernel.identifiers import is_identifier

PATH = "/grants"
ACTIONS = ("query", "revoke", "create", "merge", "replace")


async def query_grant(services: Services, brand: Brand, request: Request) -> Response:
    client = await _authorise(services, brand, request, GRANT_QUERY)
    consent = await _load_grant(services, brand, client, request)
    async with services.database.read() as connection:
        family = await load_last_row(connection, brand.name, consent.id)
    scope: dict[str, Any] = {} if family is None else {"scope": family.scope}
    if family is not None and family.resources:
        scope["resource"] = family.resources.split()
    times = {
        "created_at": consent.created_at,
        "last_updated_at": consent.state_changed_at,
        "expires_at": consent.valid_until,
    }
    granted = {"scopes": [scope] if scope else [], "authorization_details": render_details(brand, consent)}
    document = granted | {name: _render(at) for name, at in times.items() if at is not None}
    return offer_nonce(services, brand, request, render_json(200, document))


async def revoke_grant(services: Services, brand: Brand, request: Request) -> Response:
    """From the answer on, no token of the grant is worth anything."""
    client = await _authorise(services, brand, request, GRANT_REVOKE)
    consent = await _load_grant(services, brand, client, request)
    try:
        await services.store.withdraw(brand, client.caller, consent.id)
    except (ConsentUnknown, ConsentExpired, ConsentRevoked, ConsentNotAuthorised) as problem:
        raise GrantUnknown(f"it ended meanwhile: {problem.detail}") from None
    return offer_nonce(services, brand, request, Response(204, None, CIMultiDict({"Cache-Control": "no-store"})))


async def _authorise(services: Services, brand: Brand, request: Request, scope: str) -> Client:
    """The client behind a token of its own authority with that scope. Raises as `accept_token`, GrantInsufficient, ScopeInsufficient
    or RateExceeded."""
    standing = await accept_token(services, brand, request)
    token, client = standing.token, standing.client
    if token.grant is not Grant.CLIENT_CREDENTIALS:
        raise GrantInsufficient("a token that a customer's grant stands behind")
    if scope not in token.scope:
        raise ScopeInsufficient(f"{scope} is needed")
    await count_request(services, brand, client)
    return client


async def _load_grant(services: Services, brand: Brand, client: Client, request: Request) -> Consent:
    grant_id = request.path.rpartition("/")[2]
    if not is_identifier(grant_id):
        raise GrantUnknown("not an id")
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, brand.name, grant_id)
    if consent is None or consent.client_id != client.id or consent.authorised_at is None:
        raise GrantUnknown("unknown, another client's, or never authorised")
    if not allows(consent, ConsentEvent.WITHDRAW, services.clock.now()):
        raise GrantUnknown(f"over: {consent.state}")
    return consent


def _render(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


ROUTES = (("GET", f"{PATH}/{{id}}", query_grant), ("DELETE", f"{PATH}/{{id}}", revoke_grant))

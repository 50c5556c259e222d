"""The protocol of a grant: a module that turns one authenticated token request into one answer."""

from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from consent.authorization.clients.client import Client
from consent.authorization.messages.parameters import Parameters, split_scope
from consent.authorization.offer.authorization_details import render_details
from consent.authorization.offer.resources import narrow
from consent.authorization.tokens.access import IssuedToken
from consent.errors import ScopeInvalid
from consent.services import Services
from kernel.access import Confirmation
from kernel.banking.consents import Consent
from kernel.brand import Brand


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token request whose client is authenticated and may use the grant; its tokens will be bound to `confirmation`."""

    services: Services
    brand: Brand
    client: Client
    parameters: Parameters
    confirmation: Confirmation


class GrantType(Protocol):
    """One value of grant_type."""

    name: str

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """The members of the token response. Raises Problem."""
        ...


def render_tokens(issued: IssuedToken, scope: tuple[str, ...], refresh_token: str | None) -> dict[str, Any]:
    """The members of a token response that every grant has. RFC 6749 section 5.1, RFC 9449 section 5."""
    answer = {
        "access_token": issued.token,
        "token_type": issued.token_type,
        "expires_in": issued.expires_in,
        "scope": " ".join(scope),
    }
    return answer if refresh_token is None else answer | {"refresh_token": refresh_token}


def render_grant(brand: Brand, consent: Consent, family: sa.Row[Any]) -> dict[str, Any]:
    """The members of a token response about its grant: its id, and its terms if they were requested as authorization details. Grant
    Management section 5.5, RFC 9396 section 7."""
    answer: dict[str, Any] = {"grant_id": consent.id}
    return answer | {"authorization_details": render_details(brand, consent)} if family.is_detailed else answer


def parse_audience(asked: TokenRequest, granted: str = "") -> tuple[str, ...]:
    """The audience of the token, out of the granted resources. Raises TargetInvalid."""
    return narrow(asked.services, asked.brand, asked.parameters.get("resource"), granted.split())


def parse_scope(asked: TokenRequest, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The scope that the request asks for, within `allowed`; all of `allowed` if it names none. Raises ScopeInvalid for anything more."""
    scope = asked.parameters.get("scope")
    if scope is None:
        return allowed
    wanted = split_scope(scope)
    if not wanted or not set(wanted) <= set(allowed):
        raise ScopeInvalid("malformed, or more than was granted")
    return wanted

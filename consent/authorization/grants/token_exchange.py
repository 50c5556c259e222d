"""grant_type=token-exchange: one of the bank's own services changes a TPP's access token for one that another of them takes. RFC 8693.

The new token names one audience, none of the brand's own API, so no resource of a TPP takes it. It is bound to the service's key, says
who acts for whom, lives a minute at most and no longer than the first, and stands and falls with the same family.
"""

from datetime import timedelta
from typing import Any

from consent.authorization.grants.grant import TokenRequest, parse_scope, render_tokens
from consent.authorization.offer.resources import list_named, resources_of
from consent.authorization.tokens.access import issue_access_token
from consent.authorization.tokens.standing import load_standing
from consent.errors import ScopeInvalid, SubjectTokenInvalid, TargetInvalid
from kernel.access import AccessToken
from kernel.errors import FieldInvalid, FieldMissing, FieldUnexpected, TokenExpired, TokenInvalid, TokenRevoked
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
SECONDS_MAX = 60  # an exchanged token is good for, and never longer than the one before it


class TokenExchange:
    name = "urn:ietf:params:oauth:grant-type:token-exchange"

    async def issue(self, asked: TokenRequest) -> dict[str, Any]:
        """Raises FieldMissing, FieldInvalid, FieldUnexpected, TargetInvalid, SubjectTokenInvalid, ScopeInvalid, or Overloaded when its
        record cannot be taken."""
        services, client = asked.services, asked.client
        _check_types(asked)
        audience = _parse_audience(asked)
        subject = await _accept_subject(asked)
        scope = parse_scope(asked, tuple(sorted(subject.scope & client.scopes)))
        if not scope:
            raise ScopeInvalid("the subject token has no scope that this client may use")
        remaining = (subject.expires_at - services.clock.wall()) // timedelta(seconds=1)
        if remaining < 1:
            raise SubjectTokenInvalid("about to expire")
        issued = issue_access_token(
            services,
            asked.brand,
            client,
            subject=subject.subject,
            scope=scope,
            confirmation=asked.confirmation,
            family_id=subject.family_id,
            consent_id=subject.consent_id,
            audience=(audience,),
            actor=client.id,
            seconds_max=min(SECONDS_MAX, remaining),
        )
        services.record_token(_entry(asked, subject, issued.jti, audience))
        return render_tokens(issued, scope, None) | {"issued_token_type": ACCESS_TOKEN}


def _check_types(asked: TokenRequest) -> None:
    parameters = asked.parameters
    for name in ("actor_token", "actor_token_type"):
        if name in parameters:
            raise FieldUnexpected(path=name, public="The actor is the client that authenticates; no actor_token is taken.")
    for name in ("subject_token", "subject_token_type"):
        if name not in parameters:
            raise FieldMissing(path=name, public=f"The {name} is missing.")
    for name in ("subject_token_type", "requested_token_type"):
        if parameters.get(name, ACCESS_TOKEN) != ACCESS_TOKEN:
            raise FieldInvalid("another type", path=name, public="Access tokens alone are exchanged, and for access tokens.")


def _parse_audience(asked: TokenRequest) -> str:
    """The one service that the token is for, named as audience or as resource. Raises FieldMissing or TargetInvalid."""
    named: list[str] = [asked.parameters["audience"]] if "audience" in asked.parameters else []
    if "resource" in asked.parameters:
        named += list_named(asked.parameters["resource"])
    if not named:
        raise FieldMissing(path="audience", public="The audience is missing.")
    audience, *others = named
    if others or audience not in asked.client.token_exchange_audiences:
        raise TargetInvalid("not one audience of this client")
    brand = asked.brand
    own = (brand.issuer, brand.mtls_url, *resources_of(asked.services, brand))
    if audience in own or audience.startswith((f"{brand.issuer}/", f"{brand.mtls_url}/")):
        raise TargetInvalid("the brand's own API: a TPP's token would be born again, bound to another key")
    return audience


async def _accept_subject(asked: TokenRequest) -> AccessToken:
    """Raises SubjectTokenInvalid: also for a token that was itself got by exchange, because it is not for the brand's API."""
    try:
        standing = await load_standing(asked.services, asked.brand, asked.parameters["subject_token"], lambda *_: None)
    except (TokenInvalid, TokenExpired, TokenRevoked) as problem:
        raise SubjectTokenInvalid(problem.detail) from None
    return standing.token


def _entry(asked: TokenRequest, subject: AccessToken, jti: str, audience: str) -> Entry:
    return Entry(
        brand=asked.brand.name,
        kind="token.issued",
        aggregate_id=jti,
        at=asked.services.clock.wall(),
        actor=f"client:{asked.client.id}",
        interaction_id=interaction_id.get(),
        facts={
            "grant": "token_exchange",
            "audience": audience,
            "subject_token": subject.jti,
            "client_id": subject.client_id,
            "family_id": subject.family_id,
            "consent_id": subject.consent_id,
        },
    )

"""GET and POST /userinfo: who the customer is, to the client that they let in. OIDC Core section 5.3.

`sub` is pairwise, the id_token's own. With it come what the request's claims parameter asked of userinfo (section 5.5), as far as
the consent reaches: a name is personal data, and returned only under a consent that opens the party.
"""

from typing import Any

from multidict import CIMultiDict

from consent.authorization.client_authentication.first_use import count_request
from consent.authorization.clients.client import Client
from consent.authorization.keys.ring import KeyPurpose
from consent.authorization.messages.json_response import NOT_STORED, render_json
from consent.authorization.tokens.access import consent_claims
from consent.authorization.tokens.presented import accept_token
from consent.authorization.tokens.proofs import offer_nonce
from consent.authorization.tokens.standing import Standing
from consent.services import Services
from kernel.banking.consents import Permission
from kernel.brand import Brand
from kernel.errors import ScopeInsufficient
from kernel.http.message import Request, Response
from kernel.jose.jwt import sign_jwt
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry

JWT_MEDIA_TYPE = "application/jwt"


async def return_claims(services: Services, brand: Brand, request: Request) -> Response:
    """Raises what `accept_token` raises, ScopeInsufficient, and RateExceeded."""
    standing = await accept_token(services, brand, request)
    if standing.family is None or "openid" not in standing.token.scope:
        raise ScopeInsufficient("openid is needed")
    await count_request(services, brand, standing.client)
    claims = {**await _requested(services, brand, standing), "sub": standing.token.subject}
    services.record_token(_entry(services, brand, standing, sorted(claims)))
    return offer_nonce(services, brand, request, _render(services, brand, standing.client, claims))


async def _requested(services: Services, brand: Brand, standing: Standing) -> dict[str, Any]:
    """Of the claims that were asked for, those that there are. What we do not know is left out."""
    family, consent = standing.family, standing.consent
    assert family is not None
    assert consent is not None
    known = dict(consent_claims(services, consent))
    if "name" in family.userinfo_claims and Permission.PARTY_PSU in consent.permissions:
        psu = await services.identity.find(brand, family.psu_id)
        if psu is not None:
            known["name"] = psu.display_name
    return {name: known[name] for name in family.userinfo_claims if name in known}


def _render(services: Services, brand: Brand, client: Client, claims: dict[str, Any]) -> Response:
    """Signed for a client that registered userinfo_signed_response_alg, plain for any other. OIDC Core section 5.3.2."""
    if client.userinfo_signed_response_alg is None:
        return render_json(200, claims)
    key = services.keys.signing_key(brand.name, KeyPurpose.USERINFO, client.userinfo_signed_response_alg)
    token = sign_jwt({**claims, "iss": brand.issuer, "aud": client.id}, key, typ="JWT")
    return Response(200, token.encode(), CIMultiDict({"Content-Type": JWT_MEDIA_TYPE, **NOT_STORED}))


def _entry(services: Services, brand: Brand, standing: Standing, names: list[str]) -> Entry:
    return Entry(
        brand=brand.name,
        kind="userinfo.returned",
        aggregate_id=standing.token.jti,
        at=services.clock.wall(),
        actor=f"client:{standing.client.id}",
        interaction_id=interaction_id.get(),
        facts={"consent_id": standing.token.consent_id, "claims": names},
    )

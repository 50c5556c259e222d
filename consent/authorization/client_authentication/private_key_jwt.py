"""Authenticate a client by an assertion that it signed for this server. RFC 7523 section 3, FAPI2-SP-FINAL 5.3.2.1-6 and -8.

Under FAPI 2.0 `aud` is the issuer alone: an assertion for several audiences could be presented by one of them to us. FAPI 1.0 clients
name the endpoint, or several.
"""

from consent.authorization.client_authentication.assertion import AssertionProof, check_claims, parse_unverified_client_id
from consent.authorization.client_authentication.method import Attempt, prove_client
from consent.authorization.clients.client import AuthMethod, Client
from consent.authorization.offer.profiles import PROFILES
from consent.errors import ClientUnauthenticated
from kernel.brand import Brand
from kernel.jose.jwt import JwtInvalid, UnverifiedJwt, parse_jwt, verify_parsed

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})  # `typ`; never at+jwt, never that of another token


class PrivateKeyJwt:
    """private_key_jwt of OIDC Core section 9."""

    name: AuthMethod = "private_key_jwt"

    def is_used(self, attempt: Attempt) -> bool:
        return "client_assertion" in attempt.parameters or "client_assertion_type" in attempt.parameters

    async def authenticate(self, attempt: Attempt) -> Client:
        if attempt.parameters.get("client_assertion_type") != ASSERTION_TYPE:
            raise ClientUnauthenticated("client_assertion_type")
        try:
            unverified = parse_jwt(attempt.parameters.get("client_assertion", ""))
            client_id = parse_unverified_client_id(unverified)
            if attempt.parameters.get("client_id", client_id) != client_id:
                raise ClientUnauthenticated("client_id is not the assertion's subject")

            async def prove(client: Client) -> AssertionProof:
                return await _verify(attempt, client, unverified)

            return await prove_client(attempt, client_id, self.name, prove)
        except JwtInvalid as error:
            raise ClientUnauthenticated(f"assertion: {error}") from None


async def _verify(attempt: Attempt, client: Client, unverified: UnverifiedJwt) -> AssertionProof:
    """Raises JwtInvalid."""
    services, brand = attempt.services, attempt.brand
    keys = await services.client_keys.of(client, unverified.header.get("kid"))
    verified = verify_parsed(unverified, keys, algorithms={client.token_endpoint_auth_signing_alg}, types=ASSERTION_TYPES)
    by_endpoint = PROFILES[client.security_profile].assertion_audience == "endpoint"
    endpoints = _endpoints(brand, attempt.request.path) if by_endpoint else frozenset[str]()
    return check_claims(
        verified.claims, issuer=brand.issuer, endpoints=endpoints, client_id=client.id, wall=services.clock.wall()
    )


def _endpoints(brand: Brand, path: str) -> frozenset[str]:
    """The endpoints that OIDC Core section 9, RFC 9126 section 2 and FAPI 1.0 let an assertion name: the token endpoint, or the one it is sent to."""
    return frozenset(base + called for base in (brand.issuer, brand.mtls_url) for called in ("/token", path))

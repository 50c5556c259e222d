"""Authenticate a client by an assertion that it signed for this server alone. RFC 7523 section 3, FAPI2-SP-FINAL 5.3.2.1-6 to -8.

`aud` must be the issuer, as a string: an assertion for several audiences could be presented by one of them to us.
"""

from consent.client_authentication.assertion import check_claims, parse_unverified_client_id
from consent.client_authentication.first_use import take_assertion
from consent.errors import ClientUnauthenticated
from consent.parameters import Parameters
from consent.services import Services
from kernel.access import Client
from kernel.brand import Brand
from kernel.jose import JwtInvalid, parse_jwt, verify_parsed

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})  # `typ`; never at+jwt, never that of another token
LOADS_MAX = 3  # of a client that changes while it authenticates


class PrivateKeyJwt:
    """private_key_jwt of OIDC Core section 9."""

    name = "private_key_jwt"

    def is_used(self, parameters: Parameters) -> bool:
        return "client_assertion" in parameters or "client_assertion_type" in parameters

    async def authenticate(self, services: Services, brand: Brand, parameters: Parameters) -> Client:
        """Raises ClientUnauthenticated, or Overloaded when a replay cannot be ruled out."""
        if parameters.get("client_assertion_type") != ASSERTION_TYPE:
            raise ClientUnauthenticated("client_assertion_type")
        assertion = parameters.get("client_assertion", "")
        try:
            return await self._authenticate(services, brand, parameters, assertion)
        except JwtInvalid as error:
            raise ClientUnauthenticated(f"assertion: {error}") from None

    async def _authenticate(self, services: Services, brand: Brand, parameters: Parameters, assertion: str) -> Client:
        unverified = parse_jwt(assertion)
        client_id = parse_unverified_client_id(unverified)
        if parameters.get("client_id", client_id) != client_id:
            raise ClientUnauthenticated("client_id is not the assertion's subject")
        for attempt in range(LOADS_MAX):
            client = await services.snapshots.client(brand, client_id, fresh=attempt > 0)
            if client is None:
                raise ClientUnauthenticated("unknown client")
            if client.token_endpoint_auth_method != self.name:
                raise ClientUnauthenticated(f"registered for {client.token_endpoint_auth_method}")
            keys = services.client_keys.of(client)
            verified = verify_parsed(unverified, keys, algorithms={client.token_endpoint_auth_signing_alg}, types=ASSERTION_TYPES)
            proof = check_claims(verified.claims, issuer=brand.issuer, client_id=client_id, wall=services.clock.wall())
            if await take_assertion(services, brand, client, proof):
                if not client.active:
                    raise ClientUnauthenticated("inactive client")
                return client
        raise ClientUnauthenticated(f"client {client_id} changed {LOADS_MAX} times during one request")

"""An authorization response as one JWT, so that nothing between us and the client can alter it or pass it on. JARM section 2.1.

Signed by a key that signs nothing else, for one client, for minutes; encrypted to the client as well if it registered how.
"""

from consent.authorization.clients.encryption import encrypt_for
from consent.authorization.keys.ring import KeyPurpose
from consent.authorization.response_modes.response import AuthorizationResponse
from kernel.jose.jwt import sign_jwt

LIFETIME_SECONDS = 300  # of a signed authorization response: JARM section 2.1 recommends ten minutes at most
TYPE = "JWT"


def sign_response(response: AuthorizationResponse) -> str:
    services, brand, client = response.services, response.brand, response.destination.client
    alg = client.authorization_signed_response_alg
    if alg is None:
        raise RuntimeError(f"client {client.id} registered no algorithm for signed responses")
    expires_at = int(services.clock.wall().timestamp()) + LIFETIME_SECONDS
    claims = {**response.named, "aud": client.id, "exp": expires_at}
    signed = sign_jwt(claims, services.keys.signing_key(brand.name, KeyPurpose.AUTHORIZATION_RESPONSE, alg), typ=TYPE)
    return encrypt_for(client, signed, client.authorization_encrypted_response_alg, client.authorization_encrypted_response_enc)

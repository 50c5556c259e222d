"""DPoP proofs at the consent server: judged as everywhere, and accepted once. RFC 9449 sections 5, 7 and 11.1.

The memory of used proofs fails closed, as that of used assertions does.
"""

from consent.authorization.clients.client import Client
from consent.services import Services
from kernel.brand import Brand
from kernel.errors import ProofInvalid
from kernel.hot_state.first_uses import check_first_use, client_share
from kernel.http.message import Request, Response
from kernel.tokens.dpop import Proof, check_proof, first_use_of
from kernel.tokens.dpop_nonces import Nonces


async def take_proof(services: Services, brand: Brand, client: Client, request: Request) -> Proof:
    """The proof of a client's request that carries no access token. Raises ProofMissing, ProofInvalid, ProofNonceRequired,
    RateExceeded for one too many, or Overloaded when a replay cannot be ruled out."""
    proof = check_proof(brand, request, wall=services.clock.wall(), nonces=Nonces(services.sealer))
    await take_first_use(services, brand, client, proof)
    return proof


async def take_first_use(services: Services, brand: Brand, client: Client, proof: Proof) -> None:
    """Raises ProofInvalid, RateExceeded, or Overloaded when a replay cannot be ruled out."""
    share = client_share(brand.name, client.id, services.settings.first_uses_per_client)
    use = first_use_of(brand, proof, services.clock.wall(), share)
    (verdict,) = await services.versions.decide([use], spend=True)
    check_first_use(verdict, ProofInvalid)


def offer_nonce(services: Services, brand: Brand, request: Request, response: Response) -> Response:
    """Add the nonce for the next proof to the response, if the request carried a proof and the brand demands nonces. RFC 9449 section
    8.2."""
    if brand.dpop_nonce == "required" and "DPoP" in request.headers:
        response.headers["DPoP-Nonce"] = Nonces(services.sealer).current(brand, services.clock.wall())
    return response

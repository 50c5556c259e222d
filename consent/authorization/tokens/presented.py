"""Accept an access token that is presented to the authorization server itself, as a resource would. RFC 6750, RFC 8705 section 3,
RFC 9449 section 7.
"""

from consent.authorization.clients.client import Client
from consent.authorization.tokens.standing import Standing, load_standing
from consent.callers import note_known
from consent.services import Services
from kernel.access import AccessToken
from kernel.brand import Brand
from kernel.certificates.certificate import check_owner, check_valid_at
from kernel.hot_state.checks import FirstUse
from kernel.hot_state.first_uses import client_share
from kernel.http.message import Request
from kernel.tokens.dpop import first_use_of
from kernel.tokens.dpop_nonces import Nonces
from kernel.tokens.presented import check_holder, parse_presented_token


async def accept_token(services: Services, brand: Brand, request: Request) -> Standing:
    """The standing of the token of this request, once its binding to the caller is proven. Raises what `load_standing` raises, TokenMissing,
    TokenNotBound, CertificateMissing, CertificateExpired, CertificateForeign and what the certificate's status forbids, ProofMissing,
    ProofInvalid or ProofNonceRequired."""
    presented, wall = parse_presented_token(request), services.clock.wall()
    certificate, nonces = request.certificate, Nonces(services.sealer)
    if certificate is not None:
        check_valid_at(certificate, wall)
        await services.certificate_status.check(certificate)

    def prove(token: AccessToken, client: Client) -> FirstUse | None:
        proof = check_holder(token, presented, brand, request, wall=wall, nonces=nonces)
        if certificate is not None:
            check_owner(certificate, client.organisation_id)
        share = client_share(brand.name, client.id, services.settings.first_uses_per_client)
        return None if proof is None else first_use_of(brand, proof, wall, share)

    standing = await load_standing(services, brand, presented.text, prove)
    note_known()
    return standing

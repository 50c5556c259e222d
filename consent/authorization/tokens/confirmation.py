"""Which key a token will be bound to: the one that the request proves to hold. RFC 8705 section 3, RFC 9449 section 5,
FAPI2-SP-FINAL 5.3.2.1-5 and -6.

A client has one way of proving, the one that it is registered for; the other is refused rather than left unsaid.
"""

from consent.authorization.clients.client import Client
from consent.authorization.tokens.proofs import take_proof
from consent.services import Services
from kernel.access import Confirmation
from kernel.brand import Brand
from kernel.certificates.certificate import check_owner, check_valid_at
from kernel.errors import CertificateMissing, HeaderInvalid
from kernel.http.message import Request


async def confirm(services: Services, brand: Brand, client: Client, request: Request) -> Confirmation:
    """Raises CertificateMissing, CertificateExpired, CertificateForeign and what the certificate's status forbids; HeaderInvalid,
    ProofMissing, ProofInvalid or ProofNonceRequired; Overloaded when a replay cannot be ruled out."""
    if request.certificate is not None:
        check_valid_at(request.certificate, services.clock.wall())
        await services.certificate_status.check(request.certificate)
        check_owner(request.certificate, client.organisation_id)
    if client.sender_constraint == "dpop":
        return Confirmation("jkt", (await take_proof(services, brand, client, request)).jkt)
    check_proof_absent(request)
    if request.certificate is None:
        raise CertificateMissing("no client certificate", public="A client certificate is required to issue a token bound to it.")
    return Confirmation("x5t#S256", request.certificate.thumbprint)


def check_proof_absent(request: Request) -> None:
    """Raises HeaderInvalid if the request carries a proof: its client expects a token bound to the proof's key."""
    if "DPoP" in request.headers:
        raise HeaderInvalid(
            "a DPoP proof", path="DPoP", public="The client's tokens are bound to certificates: send no DPoP proof."
        )

"""Which key a token will be bound to: the one that the request proves to hold. RFC 8705 section 3, FAPI2-SP-FINAL 5.3.2.1-5."""

from consent.services import Services
from kernel.access import Client, Confirmation
from kernel.certificates import Certificate, check_valid_at
from kernel.errors import CertificateForeign, CertificateMissing
from kernel.http.message import Request


async def confirm(services: Services, client: Client, request: Request) -> Confirmation:
    """Raises CertificateMissing, CertificateExpired, CertificateForeign, and what the certificate's status forbids."""
    if request.certificate is None:
        raise CertificateMissing("no client certificate", public="A client certificate is required to issue a token bound to it.")
    check_valid_at(request.certificate, services.clock.wall())
    await services.certificate_status.check(request.certificate)
    check_own_certificate(request.certificate, client)
    return Confirmation("x5t#S256", request.certificate.thumbprint)


def check_own_certificate(certificate: Certificate, client: Client) -> None:
    """A certificate that names an organisation speaks for that one only (RTS art. 34); one that names none is told by its binding.

    Raises CertificateForeign."""
    if certificate.organisation_id not in (None, client.organisation_id):
        raise CertificateForeign(f"client {client.id} with a certificate of {certificate.organisation_id}")

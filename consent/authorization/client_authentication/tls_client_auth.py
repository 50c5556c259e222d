"""Authenticate a client by the certificate of its connection: one of our authorities vouches for it, and it names the subject that the
client registered. RFC 8705 section 2.1.
"""

from consent.authorization.client_authentication.assertion import AssertionProof
from consent.authorization.client_authentication.method import Attempt, prove_client
from consent.authorization.clients.certificate_subject import is_named_by
from consent.authorization.clients.client import AuthMethod, Client
from consent.errors import ClientUnauthenticated
from kernel.certificates.certificate import check_owner, check_valid_at
from kernel.errors import CertificateBlocked, CertificateExpired, CertificateForeign, CertificateInvalid, CertificateRevoked


class TlsClientAuth:
    """tls_client_auth."""

    name: AuthMethod = "tls_client_auth"

    def is_used(self, attempt: Attempt) -> bool:
        return "client_id" in attempt.parameters

    async def authenticate(self, attempt: Attempt) -> Client:
        async def prove(client: Client) -> AssertionProof | None:
            await _check_certificate(attempt, client)
            return None

        return await prove_client(attempt, attempt.parameters["client_id"], self.name, prove)


async def _check_certificate(attempt: Attempt, client: Client) -> None:
    certificate = attempt.request.certificate
    if certificate is None:
        raise ClientUnauthenticated("no client certificate")
    try:
        check_valid_at(certificate, attempt.services.clock.wall())
        check_owner(certificate, client.organisation_id)
        await attempt.services.certificate_status.check(certificate)
    except (CertificateExpired, CertificateForeign, CertificateRevoked, CertificateBlocked, CertificateInvalid) as refusal:
        raise ClientUnauthenticated(refusal.detail) from None
    if client.tls_client_auth is None or not is_named_by(client.tls_client_auth, certificate):
        raise ClientUnauthenticated(f"the certificate of {certificate.subject_dn} is not the one that the client registered")

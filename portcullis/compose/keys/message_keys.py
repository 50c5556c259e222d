"""The keys of signed messages: a TPP's, by which its bodies are verified, and the brand's, by which ours are signed."""

from dataclasses import dataclass, replace

from consent.authorization.clients.certificate_subject import is_subject
from consent.authorization.clients.client import Client
from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.keys.ring import KeyPurpose, KeyRing
from gateway.ports import MessageSigner
from kernel.brand import Brand
from kernel.certificates.certificate import CertificateStatus, check_valid_at, parse_certificate
from kernel.clock import Clock
from kernel.errors import CertificateBlocked, CertificateExpired, CertificateInvalid, CertificateRevoked, ClientInactive
from kernel.jose.jwt import JwtKey


@dataclass(frozen=True, slots=True)
class RegisteredMessageKeys:
    """The gateway's MessageKeys port."""

    clients: CurrentClients
    client_keys: ClientKeys
    ring: KeyRing
    certificate_status: CertificateStatus
    clock: Clock

    async def signer(self, brand: Brand, client_id: str, kid: str, issuer: str) -> MessageSigner:
        client = await self.clients.current(brand, client_id)
        if client is None:
            raise ClientInactive(f"client {client_id} is gone")
        keys = await self.client_keys.of(client, kid)
        is_registered = issuer == f"{client.organisation_id}/{client.software_id}"
        return MessageSigner(is_registered or await self._is_seal(client, keys.get(kid), issuer), keys)

    def signing_key(self, brand: Brand, algorithm: str) -> JwtKey:
        return self.ring.signing_key(brand.name, KeyPurpose.RESOURCE_RESPONSE, algorithm)

    async def _is_seal(self, client: Client, key: JwtKey | None, issuer: str) -> bool:
        """True for the subject of the qualified seal of the client's organisation that this key is certified by. OBIE R/W 4.0 Profile,
        "Message Signing": a signature by a certificate names its subject."""
        if key is None or not key.certificates:
            return False
        try:
            seal, *issuers = map(parse_certificate, key.certificates)
            if seal.organisation_id != client.organisation_id or not is_subject(issuer, seal):
                return False
            seal = replace(seal, issuers=tuple(issuers))
            check_valid_at(seal, self.clock.wall())
            await self.certificate_status.check_seal(seal)
        except (CertificateInvalid, CertificateExpired, CertificateRevoked, CertificateBlocked):
            return False
        return True

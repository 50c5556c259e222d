"""The keys of signed messages: a TPP's, by which its bodies are verified, and the brand's, by which ours are signed."""

from dataclasses import dataclass

from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.keys.ring import KeyPurpose, KeyRing
from gateway.ports import MessageSigner
from kernel.brand import Brand
from kernel.errors import ClientInactive
from kernel.jose.jwt import JwtKey


@dataclass(frozen=True, slots=True)
class RegisteredMessageKeys:
    """The gateway's MessageKeys port."""

    clients: CurrentClients
    client_keys: ClientKeys
    ring: KeyRing

    async def signer(self, brand: Brand, client_id: str, kid: str) -> MessageSigner:
        client = await self.clients.current(brand, client_id)
        if client is None:
            raise ClientInactive(f"client {client_id} is gone")
        keys = await self.client_keys.of(client, kid)
        return MessageSigner(frozenset({f"{client.organisation_id}/{client.software_id}"}), keys)

    def signing_key(self, brand: Brand, algorithm: str) -> JwtKey:
        return self.ring.signing_key(brand.name, KeyPurpose.RESOURCE_RESPONSE, algorithm)

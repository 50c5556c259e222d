"""Refuse a body that its sender did not sign as its standard demands, and sign the answer. RFC 7515 appendix F.

The form and the claims of a signature are judged before the body is read; the signature, over the bytes as they came, before anything of
them is understood. What an answer says is signed as it leaves, refusals with a body included.
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import MessageKeys
from kernel.clock import Clock
from kernel.errors import SignatureClaimInvalid, SignatureInvalid
from kernel.http.message import Response
from kernel.jose.detached import DetachedJws, is_signed_by, sign_detached
from openapi.dialect import Row


@dataclass(frozen=True)
class MessageSignature:
    message_keys: MessageKeys
    clock: Clock
    name = "message_signature"

    def applies(self, row: Row) -> bool:
        return row.signed

    async def on_request(self, exchange: Exchange) -> None:
        face, row = present(exchange.dialect.signatures), exchange.row
        if row.request is None:
            face.check_absent(exchange.request)
            return
        signature = face.parse(exchange.request)
        signer = await self.message_keys.signer(exchange.brand, present(present(exchange.caller).client_id), _kid(signature))
        face.check(signature, signer.names, self.clock.wall())
        key = signer.keys.get(_kid(signature))
        if key is None or key.alg != face.algorithm:
            raise SignatureClaimInvalid("no such key of the caller", path="kid")
        exchange.request = await exchange.request.received(exchange.dialect.body_bytes_max_of(row))
        if not is_signed_by(exchange.request.body, signature, key):
            raise SignatureInvalid(path=face.header)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.body is None:
            return
        face = present(exchange.dialect.signatures)
        key = self.message_keys.signing_key(exchange.brand, face.algorithm)
        head = face.head_of(key.kid, exchange.brand.organisation_id, self.clock.wall())
        response.headers[face.header] = sign_detached(response.body, head, key)


def _kid(signature: DetachedJws) -> str:
    kid: str = signature.header["kid"]
    return kid

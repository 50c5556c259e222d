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
from kernel.http.spool import SPOOL_ABOVE_BYTES
from kernel.jose.detached import is_signed_by, is_signed_over, sign_detached
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
        face.check_time(signature, self.clock.wall())
        kid, issuer = signature.header["kid"], signature.header[face.issuer_claim]
        client_id = present(present(exchange.caller).client_id)
        signer = await self.message_keys.signer(exchange.brand, client_id, kid, issuer)
        if not signer.is_named:
            raise SignatureClaimInvalid("another issuer than the caller", path=face.issuer_claim)
        key = signer.keys.get(kid)
        if key is None or key.alg != face.algorithm:
            raise SignatureClaimInvalid("no such key of the caller", path="kid")
        limit = exchange.dialect.body_bytes_max_of(row)
        take = exchange.request.received if limit <= SPOOL_ABOVE_BYTES else exchange.request.spooled
        exchange.request = request = await take(limit)
        if request.spool is None:
            is_signed = is_signed_by(request.body, signature, key)
        else:
            is_signed = await is_signed_over(request.spool.blocks(), signature, key)
        if not is_signed:
            raise SignatureInvalid(path=face.header)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        if response.body is None:
            return
        face = present(exchange.dialect.signatures)
        key = self.message_keys.signing_key(exchange.brand, face.algorithm)
        head = face.head_of(key.kid, exchange.brand.organisation_id, self.clock.wall())
        response.headers[face.header] = sign_detached(response.body, head, key)

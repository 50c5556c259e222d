"""Refuse a token presented with another certificate or key than its own, or with a proof that was used before. RFC 8705 section 3,
RFC 9449 sections 7 and 11.1.

The memory of used proofs fails closed: a proof that may have been used before is not accepted.
"""

from dataclasses import dataclass

from gateway.exchange import Exchange, present
from kernel.clock import Clock
from kernel.dpop import first_use_of
from kernel.dpop_nonces import Nonces
from kernel.errors import Overloaded, ProofInvalid
from kernel.hot_state import Fresh, Replayed
from kernel.http.message import Response
from kernel.presented_token import check_holder
from openapi.dialect import Row


@dataclass(frozen=True)
class TokenBinding:
    clock: Clock
    nonces: Nonces
    name = "token_binding"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, presented, wall = present(exchange.token), present(exchange.presented), self.clock.wall()
        proof = check_holder(token, presented, exchange.brand, exchange.request, wall=wall, nonces=self.nonces)
        if proof is not None:
            exchange.proof_use = first_use_of(exchange.brand, proof, wall)
            exchange.checks.append(exchange.proof_use)

    def on_decision(self, exchange: Exchange) -> None:
        if exchange.proof_use is None:
            return
        verdict = exchange.verdicts.get(exchange.proof_use)
        if isinstance(verdict, Replayed):
            raise ProofInvalid("used before, or older than the memory of used ones")
        if not isinstance(verdict, Fresh):
            raise Overloaded(f"the memory of used proofs cannot be asked: {verdict}")

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """The nonce of the next call, for who is still to have one."""
        if exchange.proof_use is not None and exchange.brand.dpop_nonce == "required":
            response.headers["DPoP-Nonce"] = self.nonces.current(exchange.brand, self.clock.wall())

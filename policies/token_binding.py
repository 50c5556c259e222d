"""Refuse a token presented with another certificate or key than its own, or with a proof that was used before. RFC 8705 section 3,
RFC 9449 sections 7 and 11.1.

The memory of used proofs fails closed: a proof that may have been used before is not accepted. Each client has a share of it.
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.clock import Clock
from kernel.errors import ProofInvalid
from kernel.hot_state.first_uses import FIRST_USES_PER_CLIENT, check_first_use, client_share
from kernel.http.message import Response
from kernel.tokens.dpop import first_use_of
from kernel.tokens.dpop_nonces import Nonces
from kernel.tokens.presented import check_holder
from openapi.dialect import Row


@dataclass(frozen=True, slots=True)
class FirstUses:
    """Proofs of one client that are remembered at a time."""

    per_client: int = FIRST_USES_PER_CLIENT


@dataclass(frozen=True)
class TokenBinding:
    clock: Clock
    nonces: Nonces
    first_uses: FirstUses
    name = "token_binding"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        token, presented, wall = present(exchange.token), present(exchange.presented), self.clock.wall()
        proof = check_holder(token, presented, exchange.brand, exchange.request, wall=wall, nonces=self.nonces)
        if proof is not None:
            share = client_share(exchange.brand.name, token.client_id, self.first_uses.per_client)
            exchange.proof_use = first_use_of(exchange.brand, proof, wall, share)
            exchange.checks.append(exchange.proof_use)

    def on_decision(self, exchange: Exchange) -> None:
        if exchange.proof_use is None:
            return
        check_first_use(exchange.verdicts.get(exchange.proof_use), ProofInvalid)

    def on_response(self, exchange: Exchange, response: Response) -> None:
        """The nonce of the next call, for who is still to have one."""
        if exchange.proof_use is not None and exchange.brand.dpop_nonce == "required":
            response.headers["DPoP-Nonce"] = self.nonces.current(exchange.brand, self.clock.wall())

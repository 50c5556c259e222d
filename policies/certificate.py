"""Refuse a certificate outside its validity, and a call without one where the operation or the brand demands it of everyone.

A token that is bound to a certificate demands it by itself (policies/token_binding.py).
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from kernel.certificates.certificate import check_valid_at
from kernel.clock import Clock
from kernel.errors import CertificateMissing
from openapi.dialect import Row


@dataclass(frozen=True)
class CertificatePresented:
    clock: Clock
    name = "certificate"

    def applies(self, row: Row) -> bool:
        return row.credential != "none"

    async def on_request(self, exchange: Exchange) -> None:
        certificate = exchange.request.certificate
        if certificate is not None:
            check_valid_at(certificate, self.clock.wall())
        elif exchange.row.credential == "certificate" or exchange.brand.certificate == "always":
            raise CertificateMissing("the connection carries no client certificate")

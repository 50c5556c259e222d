"""Refuse a call without a client certificate, or with one outside its validity. FAPI2-SP-FINAL-5.3.2.1-4, RFC 8705 section 3."""

from dataclasses import dataclass

from gateway.exchange import Exchange
from kernel.certificates import check_valid_at
from kernel.clock import Clock
from kernel.errors import CertificateMissing
from openapi.dialect import Row


@dataclass(frozen=True)
class CertificatePresented:
    clock: Clock
    name = "certificate"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        if exchange.request.certificate is None:
            raise CertificateMissing("the connection carries no client certificate")
        check_valid_at(exchange.request.certificate, self.clock.wall())

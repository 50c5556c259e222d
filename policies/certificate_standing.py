"""Refuse a certificate that was revoked, that the bank has blocked, or that no configured list vouches for. RFC 5280 section 6.3."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from kernel.certificates.certificate import CertificateStatus
from openapi.dialect import Row


@dataclass(frozen=True)
class CertificateStanding:
    certificate_status: CertificateStatus
    name = "certificate_standing"

    def applies(self, row: Row) -> bool:
        return True

    async def on_request(self, exchange: Exchange) -> None:
        if exchange.request.certificate is not None:
            await self.certificate_status.check(exchange.request.certificate)

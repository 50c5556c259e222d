"""Refuse a certificate that was revoked, that the bank has blocked, or that no configured list vouches for: as a qualified one where it
alone shows who calls. RFC 5280 section 6.3, Commission Delegated Regulation (EU) 2018/389 article 34."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from kernel.certificates.certificate import CertificateStatus
from openapi.dialect import Row


@dataclass(frozen=True)
class CertificateStanding:
    certificate_status: CertificateStatus
    name = "certificate_standing"

    def applies(self, row: Row) -> bool:
        return row.credential != "none"

    async def on_request(self, exchange: Exchange) -> None:
        certificate = exchange.request.certificate
        if certificate is None:
            return
        if exchange.row.credential == "certificate":
            await self.certificate_status.check_qualified(certificate)
        else:
            await self.certificate_status.check(certificate)

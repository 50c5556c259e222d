"""Refuse a certificate that names another organisation than the client's, also where the token is bound to a key. Commission Delegated
Regulation (EU) 2018/389 article 34."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.certificates.certificate import check_owner
from openapi.dialect import Row


@dataclass(frozen=True)
class CertificateOwner:
    name = "certificate_owner"

    def applies(self, row: Row) -> bool:
        return row.credential == "token"

    async def on_request(self, exchange: Exchange) -> None:
        certificate = exchange.request.certificate
        if certificate is not None:
            check_owner(certificate, present(exchange.caller).organisation_id)

"""Refuse a certificate that names no payment service provider where it alone shows who calls; any other names the caller, with the
roles that it states. Commission Delegated Regulation (EU) 2018/389 article 34, ETSI TS 119 495 section 5.1.
"""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from kernel.access import Caller, Confirmation
from kernel.errors import CertificateInvalid
from openapi.dialect import Row


@dataclass(frozen=True)
class CertificateCaller:
    name = "certificate_caller"

    def applies(self, row: Row) -> bool:
        return row.credential == "certificate"

    async def on_request(self, exchange: Exchange) -> None:
        certificate = present(exchange.request.certificate)
        provider, organisation_id = certificate.qualified.provider, certificate.organisation_id
        if provider is None or organisation_id is None:
            raise CertificateInvalid(f"{certificate.thumbprint} names no payment service provider")
        exchange.caller = Caller(
            organisation_id=organisation_id,
            name=certificate.organisation_name or organisation_id,
            roles=provider.opens(),
            bound_to=Confirmation("x5t#S256", certificate.thumbprint),
        )

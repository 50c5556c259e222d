"""A `CertificateStatus` of a test's own: every certificate stands until the test says otherwise."""

from dataclasses import dataclass, field

from kernel.certificates.certificate import Certificate
from kernel.errors import Problem


@dataclass
class Statuses:
    """`refused`: what is raised, by thumbprint."""

    refused: dict[str, type[Problem]] = field(default_factory=dict)

    async def check(self, certificate: Certificate) -> None:
        if certificate.thumbprint in self.refused:
            raise self.refused[certificate.thumbprint]("as the test says")

    async def check_qualified(self, certificate: Certificate) -> None:
        await self.check(certificate)

    async def check_seal(self, certificate: Certificate) -> None:
        await self.check(certificate)

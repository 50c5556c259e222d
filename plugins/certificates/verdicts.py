"""The verdicts of a source of revocation on one certificate, and the port that each source implements."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509

SKEW = timedelta(minutes=5)  # by how much the clock of an authority may be ahead of ours


@dataclass(frozen=True, slots=True)
class Good:
    """Not revoked, as the authority says until then (nextUpdate)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    at: datetime


Verdict = Good | Revoked


class Source(Protocol):
    @property
    def name(self) -> str: ...

    async def ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Verdict | None:
        """None: not a source for this certificate. Raises kernel.http.outbound.fetcher.Unanswered if it should
        have known and did not say, or said what cannot be believed."""
        ...

"""Revocation lists from where certificates say they lie. RFC 5280 section 4.2.1.13.

A list is fetched once for all certificates that name it, however many ask at the same time, and kept until its next update, but no
longer than an hour: an authority may publish a new one before the old one has run out.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from kernel.clock import Clock
from kernel.http.outbound.fetcher import Fetcher, Unanswered
from kernel.in_flight import InFlight
from plugins.certificates.crl import crl_urls_of, judge_by_crl, parse_crl
from plugins.certificates.crl_files import CRL_BYTES_MAX
from plugins.certificates.verdicts import Verdict

URLS_MAX = 3  # distribution points of one certificate that are asked
LISTS_MAX = 32  # fetched revocation lists kept in memory
SCHEMES = ("http", "https")  # what is fetched is signed
KEPT = timedelta(hours=1)  # a fetched revocation list is used, at most


@dataclass(frozen=True, slots=True)
class _Copy:
    crl: x509.CertificateRevocationList
    until: datetime


class CrlPoints:
    name = "crl"

    def __init__(self, fetcher: Fetcher, clock: Clock) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._copies: dict[str, _Copy] = {}
        self._fetches = InFlight[x509.CertificateRevocationList]()

    async def ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Verdict | None:
        """The first of the certificate's lists that can be fetched and passes its checks."""
        doubt = None
        for url in crl_urls_of(certificate)[:URLS_MAX]:
            try:
                crl = await self._list(url)
                # a long list takes a while to verify
                return await asyncio.to_thread(judge_by_crl, crl, certificate, issuer, self._clock.wall())
            except Unanswered as unanswered:
                doubt = unanswered
        if doubt is not None:
            raise doubt
        return None

    async def _list(self, url: str) -> x509.CertificateRevocationList:
        copy = self._copies.get(url)
        if copy is not None and copy.until > self._clock.wall():
            return copy.crl
        return await self._fetches.run(url, lambda: self._fetch(url))

    async def _fetch(self, url: str) -> x509.CertificateRevocationList:
        content = await self._fetcher.get(url, CRL_BYTES_MAX, schemes=SCHEMES)
        crl = await asyncio.to_thread(parse_crl, content)
        if crl.next_update_utc is None:
            raise Unanswered("a list without a next update")
        if len(self._copies) >= LISTS_MAX:
            del self._copies[next(iter(self._copies))]
        self._copies[url] = _Copy(crl, min(crl.next_update_utc, self._clock.wall() + KEPT))
        return crl

"""The standing of a client's certificate: not blocked, vouched for by a configured list, and not revoked. RFC 5280 section 6.3.

A finding is kept by thumbprint until the authority's next update, at most an hour, so that a warm call makes no request. When no
source answers, the configured rule applies: `soft` accepts the certificate and counts it, `hard` accepts only a certificate that was
good lately. A certificate found revoked stays revoked either way.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from cryptography import x509

from kernel.certificates.certificate import UNREADABLE, Certificate
from kernel.certificates.trust_lists import TrustLists, TrustPath, check_client, check_seal, check_website
from kernel.clock import Clock
from kernel.errors import CertificateBlocked, CertificateInvalid, CertificateRevoked, CertificateUnchecked
from kernel.http.outbound.fetcher import Unanswered
from kernel.in_flight import InFlight
from plugins.certificates.verdicts import Good, Revoked, Source, Verdict

KEPT = timedelta(hours=1)  # an answer about a certificate is kept at most, even if its next update is later
RETRIED_AFTER = timedelta(seconds=30)  # until a certificate is asked about again when no source answered
SEARCH_SECONDS_MAX = 6.0  # over all sources and the whole path
FINDINGS_MAX = 4096  # certificates whose standing is kept, in each process

CheckPath = Callable[[Certificate, TrustPath | None], TrustPath]
Key = tuple[CheckPath, str]  # what the certificate was shown as, and its thumbprint

log = structlog.get_logger(__name__)


class Revocation(StrEnum):
    """The rule for a certificate about which no source answers; `off` does not ask."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`stale`: how long after its next update a good answer still counts while no newer one can be fetched."""

    revocation: Revocation = Revocation.SOFT
    stale: timedelta = timedelta(hours=4)
    blocked_thumbprints: frozenset[str] = frozenset()
    blocked_organisations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unknown:
    """`lasting`: no source will ever answer, because the certificate names none and none is configured."""

    lasting: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Asked again after `until`. `good_until`: the last next update that an authority gave, if it ever said good."""

    verdict: Good | Revoked | Unknown
    until: datetime
    good_until: datetime | None = None


class Standing:
    """The `CertificateStatus` of a server. `accepted_unchecked`: calls accepted since the start without an answer."""

    def __init__(self, trust: TrustLists, sources: Sequence[Source], rules: Rules, clock: Clock) -> None:
        self._trust = trust
        self._sources = sources
        self._rules = rules
        self._clock = clock
        self._findings: dict[Key, Finding] = {}
        self._searches = InFlight[Finding]()
        self._news = 0
        self.accepted_unchecked = 0
        self.unanswered = 0

    async def check(self, certificate: Certificate) -> None:
        """A client's certificate. See kernel.certificates.certificate.CertificateStatus."""
        await self._check(certificate, check_client)

    async def check_qualified(self, certificate: Certificate) -> None:
        """A client's certificate in place of a registration. See kernel.certificates.certificate.CertificateStatus."""
        await self._check(certificate, check_website)

    async def check_seal(self, certificate: Certificate) -> None:
        """The certificate of a qualified seal, which came with a signature; its issuers may have come along, unverified. Dates are
        the caller's to check (`check_valid_at`). Raises as `check` does."""
        await self._check(certificate, check_seal)

    async def _check(self, certificate: Certificate, check_path: CheckPath) -> None:
        self._check_blocked(certificate)
        key = (check_path, certificate.thumbprint)
        finding = self._findings.get(key)
        if finding is None or finding.until <= self._clock.wall():
            path = check_path(certificate, self._trust.find_path(certificate, self._clock.wall()))
            finding = await self._searches.run(key, lambda: self._search(key, path))
        self._judge(certificate, finding)

    def forget(self) -> None:
        """Ask again at the next call: a source has news. The findings so far still count where no source answers."""
        self._news += 1
        due = self._clock.wall()
        self._findings = {key: replace(finding, until=due) for key, finding in self._findings.items()}

    def _check_blocked(self, certificate: Certificate) -> None:
        if certificate.thumbprint in self._rules.blocked_thumbprints:
            raise CertificateBlocked(f"certificate {certificate.thumbprint}")
        if certificate.organisation_id in self._rules.blocked_organisations:
            raise CertificateBlocked(f"organisation {certificate.organisation_id}")

    def _judge(self, certificate: Certificate, finding: Finding) -> None:
        match finding.verdict:
            case Revoked(at):
                raise CertificateRevoked(f"{certificate.thumbprint} at {at}")
            case Unknown(lasting) if self._rules.revocation is Revocation.HARD:
                if lasting:
                    raise CertificateInvalid(f"{certificate.thumbprint} names no source that says whether it was revoked")
                raise CertificateUnchecked(f"no source says whether {certificate.thumbprint} was revoked")
            case Unknown():
                self.accepted_unchecked += 1
            case Good():
                pass

    async def _search(self, key: Key, path: TrustPath) -> Finding:
        while True:
            news = self._news
            verdict = await self._verdict_in_time(path)
            if news == self._news:
                break
        finding = _finding(verdict, self._findings.pop(key, None), self._rules.stale, self._clock.wall())
        if len(self._findings) >= FINDINGS_MAX:
            del self._findings[next(iter(self._findings))]
        self._findings[key] = finding
        return finding

    async def _verdict_in_time(self, path: TrustPath) -> Good | Revoked | Unknown:
        try:
            async with asyncio.timeout(SEARCH_SECONDS_MAX):
                return await self._verdict(path)
        except TimeoutError:
            self.unanswered += 1
            log.warning("revocation_unanswered", source="all", reason="too late")
            return Unknown(lasting=False)

    async def _verdict(self, path: TrustPath) -> Good | Revoked | Unknown:
        """Of the whole path: revoked if one link is, unknown if one is, good until the first next update."""
        worst: Good | Revoked | Unknown = Good(datetime.max.replace(tzinfo=self._clock.wall().tzinfo))
        if self._rules.revocation is Revocation.OFF:
            return worst
        for link, issuer in path.with_issuers():
            found = await self._ask(link, issuer)
            if isinstance(found, Revoked):
                return found
            if isinstance(worst, Good):
                worst = found if isinstance(found, Unknown) else min(worst, found, key=lambda good: good.until)
        return worst

    async def _ask(self, link: x509.Certificate, issuer: x509.Certificate) -> Verdict | Unknown:
        lasting = True
        for source in self._sources:
            try:
                found = await source.ask(link, issuer)
            except (Unanswered, *UNREADABLE) as reason:
                lasting = False
                self.unanswered += 1
                log.warning("revocation_unanswered", source=type(source).__name__, reason=str(reason))
                continue
            if found is not None:
                return found
        return Unknown(lasting)


def _finding(verdict: Good | Revoked | Unknown, before: Finding | None, stale: timedelta, wall: datetime) -> Finding:
    """The finding to keep, and until when."""
    match verdict:
        case Good(until):
            return Finding(verdict, min(until, wall + KEPT), until)
        case Revoked():
            return Finding(verdict, wall + KEPT)
        case Unknown():
            return _finding_without_answer(verdict, before, stale, wall)


def _finding_without_answer(verdict: Unknown, before: Finding | None, stale: timedelta, wall: datetime) -> Finding:
    """The finding when no source answers: an earlier good one counts until `stale` has passed, a revocation for good."""
    if before is not None and isinstance(before.verdict, Revoked):
        return Finding(before.verdict, wall + RETRIED_AFTER)
    good_until = before.good_until if before is not None else None
    if good_until is not None and wall < good_until + stale:
        return Finding(Good(good_until), wall + RETRIED_AFTER, good_until)
    return Finding(verdict, wall + RETRIED_AFTER, good_until)

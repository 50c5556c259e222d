"""Composition of the checks of client certificates: trust lists, sources of revocation and rules, from the configuration."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kernel.certificates.trust_lists import TrustLists, Vouches, load_certificates
from kernel.clock import Clock
from kernel.config import ConfigurationRefused
from kernel.http.outbound.fetcher import Unanswered
from kernel.ids import Ids
from kernel.observability.telemetry import Telemetry
from plugins.certificates.crl_files import CrlFiles
from plugins.certificates.crl_points import CrlPoints
from plugins.certificates.ocsp import OcspResponders
from plugins.certificates.standing import Rules, Standing
from plugins.certificates.verdicts import Source
from portcullis.compose.outbound import open_fetcher
from portcullis.settings.certificates import CertificateSettings
from portcullis.settings.schema import Settings, TlsSettings
from portcullis.shutdown import cancel

Lists = Sequence[tuple[Path, frozenset[Vouches]]]


@dataclass(frozen=True, slots=True)
class Certificates:
    standing: Standing
    files: CrlFiles

    async def reload(self) -> None:
        """Take over revocation lists that were replaced, now."""
        if await asyncio.to_thread(self.files.load_changed):
            self.standing.forget()


def lists_of(tls: TlsSettings) -> Lists:
    """The trust lists of a configuration: what `client_authorities` names vouches for any client certificate."""
    named = [(each.file, frozenset(each.vouches_for)) for each in tls.trust_lists]
    return [(tls.client_authorities, frozenset({Vouches.TRANSPORT})), *named] if tls.client_authorities else named


def client_anchors(tls: TlsSettings) -> list[Path]:
    """The lists whose certificates may finish a handshake."""
    return [file for file, vouches in lists_of(tls) if vouches & {Vouches.TRANSPORT, Vouches.QWAC}]


def load_trust(tls: TlsSettings) -> TrustLists:
    """Raises ConfigurationRefused naming the file."""
    loaded = []
    for file, vouches in lists_of(tls):
        try:
            loaded.append((load_certificates(file), vouches))
        except (OSError, ValueError) as error:
            raise ConfigurationRefused(f"tls: {file} is no list of certificates ({error})") from None
    return TrustLists(loaded)


def load_lists(files: Sequence[Path], clock: Clock) -> CrlFiles:
    """Raises ConfigurationRefused naming the file."""
    lists = CrlFiles(files, clock)
    try:
        lists.load()
    except (OSError, Unanswered) as error:
        raise ConfigurationRefused(f"certificates.crl_files: {error}") from None
    return lists


@asynccontextmanager
async def open_certificates(
    settings: Settings, trust: TrustLists, clock: Clock, ids: Ids, telemetry: Telemetry, *, crl_files: Sequence[Path] = ()
) -> AsyncIterator[Certificates]:
    """`crl_files` are read in addition to those of the settings. Raises ConfigurationRefused for a file that cannot be used."""
    rules = settings.certificates
    async with AsyncExitStack() as stack:
        files = await asyncio.to_thread(load_lists, (*rules.crl_files, *crl_files), clock)
        # of its own: an address that a TPP named and that stays silent must not silence an authority
        fetcher = await stack.enter_async_context(open_fetcher(settings))
        known: Sequence[Source] = (files, OcspResponders(fetcher, clock, ids), CrlPoints(fetcher, clock))
        sources = {source.name: source for source in known}
        standing = Standing(trust, [sources[name] for name in rules.sources], _rules_of(rules), clock)
        _watch(telemetry, standing)
        following = asyncio.create_task(files.follow(standing.forget), name="revocation lists")
        stack.push_async_callback(cancel, following)
        yield Certificates(standing, files)


def _rules_of(settings: CertificateSettings) -> Rules:
    return Rules(
        revocation=settings.revocation,
        stale=timedelta(minutes=settings.stale_minutes),
        blocked_thumbprints=frozenset(settings.blocked_thumbprints),
        blocked_organisations=frozenset(settings.blocked_organisations),
    )


def _watch(telemetry: Telemetry, standing: Standing) -> None:
    telemetry.watch(
        "certificates_accepted_unchecked",
        "Calls accepted without knowing whether their certificate was revoked, since the start.",
        lambda: standing.accepted_unchecked,
    )
    telemetry.watch(
        "revocation_unanswered",
        "Questions about revocation that a source did not answer, since the start.",
        lambda: standing.unanswered,
    )

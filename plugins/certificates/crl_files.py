"""Revocation lists that lie in configured files: read at the start, and again whenever a file was replaced.

For authorities whose lists the bank fetches by its own means, and where no server may call out.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from cryptography import x509

from kernel.clock import Clock
from kernel.http.outbound.fetcher import Unanswered
from plugins.certificates.crl import judge_by_crl, parse_crl
from plugins.certificates.verdicts import Revoked, Verdict

CRL_BYTES_MAX = 16 << 20  # of one revocation list; a larger one is not read
FOLLOW_SECONDS = 5.0  # between two looks at the files of revocation lists

log = structlog.get_logger(__name__)

Stamp = tuple[int, int, int] | None


class CrlFiles:
    """`load` before the first question. A file that became unusable leaves its last good list in force, until that runs out."""

    name = "crl_files"

    def __init__(self, files: Sequence[Path], clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._lists: dict[Path, x509.CertificateRevocationList] = {}
        self._stamps: dict[Path, Stamp] = {}

    async def ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Verdict | None:
        """Ask every list of the issuer. A certificate on any one of them is revoked."""
        wall, verdict, doubt = self._clock.wall(), None, None
        for crl in self._lists.values():
            if crl.issuer != issuer.subject:
                continue
            try:
                found = judge_by_crl(crl, certificate, issuer, wall)
            except Unanswered as unanswered:
                doubt = unanswered
                continue
            if isinstance(found, Revoked):
                return found
            verdict = found
        if verdict is None and doubt is not None:
            raise doubt
        return verdict

    def load(self) -> None:
        """Read every file. Raises OSError or Unanswered, naming the first that cannot be used."""
        for file in self._files:
            stamp = _stamp(file)
            try:
                self._lists[file] = _read(file)
            except Unanswered as unanswered:
                raise Unanswered(f"{file}: {unanswered}") from None
            self._stamps[file] = stamp

    def load_changed(self) -> bool:
        """Read the files that were replaced; True if one was taken over."""
        changed = False
        for file in self._files:
            stamp = _stamp(file)
            if stamp == self._stamps.get(file):
                continue
            try:
                self._lists[file] = _read(file)
            except (OSError, Unanswered) as error:
                log.warning("revocation_list_unusable", file=file.name, error=type(error).__name__)
                continue
            self._stamps[file] = stamp
            changed = True
        return changed

    async def follow(self, on_change: Callable[[], None], seconds: float = FOLLOW_SECONDS) -> None:
        """Take over what is replaced, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            if await asyncio.to_thread(self.load_changed):
                log.info("revocation_lists_reloaded")
                on_change()


def _read(file: Path) -> x509.CertificateRevocationList:
    if file.stat().st_size > CRL_BYTES_MAX:
        raise Unanswered(f"larger than {CRL_BYTES_MAX} bytes")
    return parse_crl(file.read_bytes())


def _stamp(file: Path) -> Stamp:
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size

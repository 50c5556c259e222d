"""Findings about a configuration: the key that it is about, what is wrong with it, and if a server would start on it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult

from kernel.config import ConfigurationRefused

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Finding:
    key: str
    text: str
    refuses: bool  # otherwise it is a warning

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


def refuse(key: str, text: str) -> Finding:
    return Finding(key, text, refuses=True)


def warn(key: str, text: str) -> Finding:
    return Finding(key, text, refuses=False)


def check_findings(findings: Iterable[Finding]) -> None:
    """Raises ConfigurationRefused that says all that must be changed, a line each."""
    refused = [str(finding) for finding in findings if finding.refuses]
    if refused:
        raise ConfigurationRefused("\n".join(refused))


def warnings_of(findings: Iterable[Finding]) -> Iterator[Finding]:
    return (finding for finding in findings if not finding.refuses)


def is_remote(url: SplitResult, *others: str) -> bool:
    """True if it leads off this machine; `others` are hosts that the URL's options name. A path is a socket of this machine."""
    hosts = [host for host in (url.hostname or "", *others) if host and not host.startswith("/")]
    return any(host not in LOOPBACK for host in hosts)

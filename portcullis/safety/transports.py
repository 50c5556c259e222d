"""The connections to database and hot state: encrypted, and to the right server, wherever they leave this machine."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import SplitResult, parse_qs, urlsplit

from portcullis.safety.finding import Finding, is_remote, refuse, warn
from portcullis.settings.schema import Settings

OFF = frozenset({"disable", "allow"})
WHOLE = "verify-full"
SSL_VARIABLE = "PGSSLMODE"
FOREIGN_OPTIONS = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey"})  # as other drivers name them


def judge_transports(settings: Settings, _now: datetime, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    yield from _judge_database("database_url", urlsplit(settings.database()), environment)
    if settings.migration_url:
        yield from _judge_database("migration_url", urlsplit(settings.migration_url), environment)
    yield from _judge_hot_state(settings)


def _judge_database(key: str, url: SplitResult, environment: Mapping[str, str]) -> Iterator[Finding]:
    if url.scheme.startswith("sqlite"):
        yield warn(key, "SQLite serves one server on one machine; PostgreSQL serves several, and outlives a disk")
        return
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    if foreign := sorted(FOREIGN_OPTIONS & options.keys()):
        yield refuse(
            key,
            f"{', '.join(foreign)}: write ssl={WHOLE} in place of it; PGSSLROOTCERT names the file of the database's authority",
        )
        return
    if not is_remote(url, options.get("host", "")):
        return
    mode = options.get("ssl") or environment.get(SSL_VARIABLE, "prefer")
    if mode in OFF:
        yield refuse(key, f"TLS is switched off (ssl={mode}), and customers' data travels on it; write ssl={WHOLE}")
    elif mode != WHOLE:
        yield warn(
            key,
            f"nothing proves that the database is the right one (ssl={mode}); write ssl={WHOLE}, and name its authority in PGSSLROOTCERT",
        )


def _judge_hot_state(settings: Settings) -> Iterator[Finding]:
    key, url = "redis_url", urlsplit(settings.redis_url)
    if not settings.redis_url or not is_remote(url):
        return
    if url.scheme == "redis":
        yield refuse(key, "must be rediss:// to another machine: who changes what it answers undoes revocations and limits")
    elif not url.password:
        yield warn(key, "names no password: anyone who reaches the hot state may undo revocations and limits")

"""Trials of a production configuration: each server that a production configuration names is asked, and each port is bound, for a moment.

Nothing is changed anywhere and no one is sent a message. A trial that fails says why in one line.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from kernel.clock import monotonic
from kernel.hot_state.redis_connection import Address, RedisConnection
from kernel.http.handshake import shake_hands
from kernel.http.tls import TlsIdentity, public_context
from kernel.storage.database import Database
from plugins.key_stores.vault_transit import VaultTransit
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank import CoreBank
from plugins.upstreams.core_bank_http import client_tls
from portcullis.cli.explanations import explain
from portcullis.compose.keys.key_store import open_keys
from portcullis.compose.nature import Nature, check_nature, find_nature
from portcullis.compose.outbound import open_directories, open_fetcher
from portcullis.safety.finding import Finding, is_remote, refuse, warn
from portcullis.safety.sink_trials import try_sinks
from portcullis.serving.listeners import check_ports
from portcullis.settings.schema import Settings

TRIAL_SECONDS_MAX = 10.0  # for one trial of `config check --connect`
HTTPS_PORT = 443
UNKNOWN_ISSUERS = (18, 19, 20, 21)  # OpenSSL's numbers of a path that leads to no authority of this machine

Trial = Callable[[Settings], Awaitable[list[Finding]]]


async def try_database(settings: Settings) -> list[Finding]:
    """There, a production server's or not used yet, and encrypted if it is on another machine."""
    if (found := await asyncio.to_thread(_judge_new_file, sa.make_url(settings.database()))) is not None:
        return found
    async with Database.open(settings.database()) as database:
        check_nature(await find_nature(database), Nature.PRODUCTION)
        if database.is_sqlite or not is_remote(urlsplit(settings.database())):
            return []
        async with database.read() as connection:
            encrypted = await connection.scalar(sa.text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    return [] if encrypted else [refuse("database_url", "the connection is not encrypted, and customers' data travels on it")]


def _judge_new_file(url: sa.URL) -> list[Finding] | None:
    """Of a database that is a file still to be made; None for any other."""
    file = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or file.exists():
        return None
    folder = file.resolve().parent
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    return [refuse("database_url", f"no database can be made in {folder}")]


async def try_hot_state(settings: Settings) -> list[Finding]:
    """There, and one that forgets nothing by itself."""
    if not settings.redis_url:
        return []
    connection = await RedisConnection.open(Address.parse(settings.redis_url))
    try:
        memory = (await connection.call("INFO", "memory")).decode()
    finally:
        connection.abort()
    if "maxmemory_policy:noeviction" in memory:
        return []
    return [refuse("redis_url", "its maxmemory-policy must be noeviction: an evicted first use could be used again")]


async def try_key_store(settings: Settings) -> list[Finding]:
    if settings.key_store == VaultTransit.name:
        async with open_keys(settings):
            pass
    return []


async def try_core_bank(settings: Settings) -> list[Finding]:
    if settings.upstream != CoreBank.name:
        return []
    files = settings.core_bank_tls
    tls = await asyncio.to_thread(client_tls, files.authorities, files.certificate, files.private_key) if files else None
    async with CoreBank.open(settings.core_bank_url, circuit=Circuit(monotonic), token=settings.core_bank_token, tls=tls) as bank:
        status = (await bank.health()).status
    return [] if status == "up" else [warn("core_bank_url", f"the bank says that it is {status}")]


async def try_code_sender(settings: Settings) -> list[Finding]:
    """Its TLS alone: a code that is sent reaches a customer."""
    assert settings.code_sender is not None
    url = urlsplit(settings.code_sender.url)
    _, writer = await asyncio.open_connection(url.hostname, url.port or HTTPS_PORT, ssl=ssl.create_default_context())
    writer.close()
    return []


async def try_directories(settings: Settings) -> list[Finding]:
    """Check that the keys of each directory can be fetched."""
    async with open_fetcher(settings) as fetcher:
        for directory in open_directories(settings, fetcher):
            await directory.keys(None)
    return []


async def try_ports(settings: Settings) -> list[Finding]:
    await asyncio.to_thread(check_ports, settings)
    return []


async def try_certificate(settings: Settings) -> list[Finding]:
    """A client that trusts what this machine trusts shakes hands with it, by the name of each issuer."""
    assert settings.tls is not None
    identity = TlsIdentity(settings.tls.certificate, settings.tls.private_key)
    server = public_context(identity, tls12=settings.tls.minimum_version == "1.2")
    found = []
    for brand in settings.resolved_brands():
        try:
            shake_hands(server, ssl.create_default_context(), urlsplit(brand.issuer).hostname or "")
        except ssl.SSLCertVerificationError as error:
            if error.verify_code in UNKNOWN_ISSUERS:
                text = (
                    "leads to no authority that this machine trusts: browsers refuse it, unless the file lacks its intermediates"
                )
                found.append(warn("tls.certificate", f"{text} ({error.verify_message})"))
    return found


TRIALS: tuple[tuple[str, str, Trial], ...] = (
    ("database", "database_url", try_database),
    ("hot state", "redis_url", try_hot_state),
    ("key store", "vault_transit", try_key_store),
    ("core bank", "core_bank_url", try_core_bank),
    ("code sender", "code_sender.url", try_code_sender),
    ("directories", "directories", try_directories),
    ("sinks", "sinks", try_sinks),
    ("ports", "ports", try_ports),
    ("certificate", "tls.certificate", try_certificate),
)


async def run_trials(settings: Settings) -> AsyncIterator[tuple[str, list[Finding]]]:
    """Each trial's name and what it found, in order. `settings` have passed check_production and been judged."""
    for name, key, trial in TRIALS:
        yield name, await _run(settings, key, trial)


async def _run(settings: Settings, key: str, trial: Trial) -> list[Finding]:
    try:
        async with asyncio.timeout(TRIAL_SECONDS_MAX):
            return await trial(settings)
    except TimeoutError:
        return [refuse(key, f"no answer within {TRIAL_SECONDS_MAX:.0f} s")]
    except Exception as error:  # any failure means that the part does not work
        reason = explain(error) or getattr(error, "detail", "") or str(error) or type(error).__name__
        return [refuse(key, reason.removeprefix("database_url: ").removeprefix(f"{key}: "))]

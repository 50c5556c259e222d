"""The server's outbound clients, opened from the settings: a fetcher of addresses that clients named, and the directories."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consent.ports import SoftwareDirectory
from kernel.clock import monotonic
from kernel.config import ConfigurationRefused
from kernel.http.outbound.fetcher import Fetcher
from plugins.directories.jwks_address import JwksAddress
from plugins.directories.jwks_file import JwksFile
from portcullis.settings.schema import DirectorySettings, Settings

HOUR_SECONDS = 3600.0  # of one hour, the unit of stale_hours_max


@asynccontextmanager
async def open_fetcher(settings: Settings, hosts: tuple[str, ...] = ()) -> AsyncIterator[Fetcher]:
    """Open the fetcher of outbound requests. `hosts` are allowed in addition to those of the settings. Raises ConfigurationRefused for authorities that cannot be read."""
    try:
        tls = ssl.create_default_context()
        if settings.outbound_authorities is not None:
            tls.load_verify_locations(settings.outbound_authorities)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationRefused(f"outbound_authorities: {error}") from None
    async with Fetcher.open((*settings.outbound_hosts, *hosts), monotonic, only=settings.outbound_only, tls=tls) as fetcher:
        yield fetcher


def open_directories(settings: Settings, fetcher: Fetcher) -> tuple[SoftwareDirectory, ...]:
    return tuple(_open(directory, fetcher) for directory in settings.directories)


def _open(settings: DirectorySettings, fetcher: Fetcher) -> SoftwareDirectory:
    if settings.jwks_file is not None:
        return JwksFile(settings.issuer, settings.jwks_file)
    return JwksAddress(settings.issuer, settings.jwks_uri, fetcher, monotonic, settings.stale_hours_max * HOUR_SECONDS)

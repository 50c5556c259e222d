"""What the server asks of addresses that others named, and of directories: opened as the settings say."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consent.ports import SoftwareDirectory
from kernel.clock import monotonic
from kernel.config import ConfigurationRefused
from kernel.http.fetching import Fetching
from plugins.directories.jwks_address import JwksAddress
from plugins.directories.jwks_file import JwksFile
from portcullis.settings import DirectorySettings, Settings

HOUR_SECONDS = 3600.0


@asynccontextmanager
async def open_fetching(settings: Settings, hosts: tuple[str, ...] = ()) -> AsyncIterator[Fetching]:
    """`hosts` are asked beside those of the settings. Raises ConfigurationRefused for authorities that cannot be read."""
    try:
        tls = ssl.create_default_context()
        if settings.outbound_authorities is not None:
            tls.load_verify_locations(settings.outbound_authorities)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationRefused(f"outbound_authorities: {error}") from None
    async with Fetching.open((*settings.outbound_hosts, *hosts), monotonic, only=settings.outbound_only, tls=tls) as fetching:
        yield fetching


def open_directories(settings: Settings, fetching: Fetching) -> tuple[SoftwareDirectory, ...]:
    return tuple(_open(directory, fetching) for directory in settings.directories)


def _open(settings: DirectorySettings, fetching: Fetching) -> SoftwareDirectory:
    if settings.jwks_file is not None:
        return JwksFile(settings.issuer, settings.jwks_file)
    return JwksAddress(settings.issuer, settings.jwks_uri, fetching, monotonic, settings.stale_hours_max * HOUR_SECONDS)

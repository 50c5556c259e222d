"""Every setting there is, with its default, its unit and what makes it unsafe. docs/configuration.md is checked against this.

Order of precedence: environment over file over default. Addresses the outside sees come from here, never from a request.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from kernel.brand import Brand
from kernel.config import ConfigurationRefused, build, overlay, read_file
from kernel.http.client_cert import TrustedProxies
from kernel.jose import Algorithm
from kernel.operations import Operation
from kernel.redis_connection import Address
from openapi import DIALECTS
from plugins.upstreams import UPSTREAMS
from plugins.upstreams.built_in import BuiltInBank
from plugins.upstreams.core_bank import CoreBank
from portcullis.front import host_of

VARIABLES = {
    "PORTCULLIS_STATE_DIR": "state_dir",
    "PORTCULLIS_BIND": "bind",
    "PORTCULLIS_PUBLIC_PORT": "public_port",
    "PORTCULLIS_MTLS_PORT": "mtls_port",
    "PORTCULLIS_OPS_PORT": "ops_port",
    "PORTCULLIS_ISSUER": "issuer",
    "PORTCULLIS_MTLS_URL": "mtls_url",
    "PORTCULLIS_DATABASE_URL": "database_url",
    "PORTCULLIS_REDIS_URL": "redis_url",
    "PORTCULLIS_WORKERS": "workers",
    "PORTCULLIS_SANDBOX_TOKEN": "sandbox_token",
    "PORTCULLIS_SPECS": "specs",
    "PORTCULLIS_UPSTREAM": "upstream",
    "PORTCULLIS_CORE_BANK_URL": "core_bank_url",
    "PORTCULLIS_CORE_BANK_TOKEN": "core_bank_token",
    "PORTCULLIS_CORE_BANK_PORT": "core_bank_port",
}
DEFAULT_CORE_BANK_PORT = 8446
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORTS = ("public_port", "mtls_port", "ops_port", "core_bank_port")
PORT_MAX = 65_535
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
NAME = re.compile(r"[a-z0-9-]{1,32}")  # of a brand: part of keys, subjects and paths


class InternalClientSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the bank's own services, which exchanges TPPs' tokens for those of `audiences`. `jwks` is a file of its public keys."""

    client_id: str
    jwks: Path
    audiences: tuple[str, ...]
    scope: str
    alg: Algorithm = "PS256"


class BrandSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One ASPSP. `issuer` and `mtls_url` are https URLs without path, query or trailing slash. `operations_off`: conditional
    operations that it does not offer, as the published documents name them (`read_statement_file`)."""

    name: str
    display_name: str
    issuer: str
    mtls_url: str
    zone: str = "Europe/London"
    dialects: tuple[str, ...] = tuple(dialect.name for dialect in DIALECTS)
    organisation_id: str = ""
    colour: str = "#1d4d8f"
    country: str = "GB"
    sca_required_after_days: int | None = None
    sca_recent_minutes: int | None = None
    operations_off: tuple[str, ...] = ()
    internal_clients: tuple[InternalClientSettings, ...] = ()


class TlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PEM files of the server and the authorities whose client certificates are known."""

    certificate: Path
    private_key: Path
    client_authorities: Path
    minimum_version: str = "1.3"


class RateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Requests per client within a window, and unattended reads per consent, account and operation within 24 hours."""

    requests: int = 3000
    window_seconds: int = 60
    unattended_per_day: int = 4


class CodeSenderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The bank's message gateway: one-time codes are posted to `url` as JSON with `token` as the bearer."""

    url: str
    token: str


class CoreBankTlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PEM files for https to the core bank: whom to believe (none: the machine's own trust), and the certificate to show."""

    authorities: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration of one server."""

    state_dir: Path = Path("var/sandbox")
    bind: str = "127.0.0.1"
    public_port: int = 8443
    mtls_port: int = 8444
    ops_port: int = 8445
    issuer: str = ""
    mtls_url: str = ""
    database_url: str = ""
    redis_url: str = ""
    workers: int = 1
    sandbox_token: str = ""
    specs: str = ""
    brands: tuple[BrandSettings, ...] = ()
    tls: TlsSettings | None = None
    sealing_keys: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    rates: RateSettings = RateSettings()
    code_sender: CodeSenderSettings | None = None
    upstream: str = BuiltInBank.name
    core_bank_url: str = ""
    core_bank_token: str = ""
    core_bank_port: int = DEFAULT_CORE_BANK_PORT  # where `portcullis core-bank serve` listens, on loopback
    core_bank_tls: CoreBankTlsSettings | None = None

    def database(self) -> str:
        """The database's URL: SQLite in the state directory unless another is set."""
        return self.database_url or f"sqlite:///{self.state_dir.resolve()}/portcullis.db"

    def resolved_brands(self) -> tuple[Brand, ...]:
        """The brands to serve; without any in the file, one that is named by the ports. `issuer` and `mtls_url` beside a single
        brand override its own."""
        if len(self.brands) > 1:
            return tuple(_brand(brand) for brand in self.brands)
        (brand,) = self.brands or (
            BrandSettings(
                name="main",
                display_name="Portcullis Bank",
                issuer=f"https://localhost:{self.public_port}",
                mtls_url=f"https://localhost:{self.mtls_port}",
            ),
        )
        issuer, mtls_url = self.issuer or brand.issuer, self.mtls_url or brand.mtls_url
        return (_brand(msgspec.structs.replace(brand, issuer=issuer, mtls_url=mtls_url)),)


def load(file: Path | None, environment: Mapping[str, str] = os.environ, *, workers: int | None = None) -> Settings:
    """Settings from `file` (none: defaults alone), the environment and the command line, the last word last.

    Raises ConfigurationRefused naming the key."""
    members = overlay(read_file(file) if file else {}, environment, VARIABLES)
    if workers is not None:
        members["workers"] = workers
    settings = build(members, Settings)
    check_safe(settings)
    return settings


def check_safe(settings: Settings) -> None:
    """Refuse what cannot work or is not safe, before anything is opened."""
    if settings.workers != 1:
        raise ConfigurationRefused("workers: this version runs one; start several servers that share database_url and redis_url")
    if settings.tls is not None and settings.tls.minimum_version not in ("1.2", "1.3"):
        raise ConfigurationRefused("tls.minimum_version: must be 1.2 or 1.3")
    url = urlsplit(settings.database())
    if url.scheme.split("+")[0] not in ("sqlite", "postgresql"):
        raise ConfigurationRefused("database_url: must be a sqlite:// or postgresql:// URL")
    if url.scheme.startswith("sqlite") and (url.netloc or not url.path.strip("/")):
        raise ConfigurationRefused("database_url: needs the path of a file, sqlite:///relative or sqlite:////absolute")
    _check_ports(settings)
    _check_rates(settings.rates)
    _check_addresses(settings)
    _check_upstream(settings)
    _check_brands(settings)


def _check_ports(settings: Settings) -> None:
    taken: dict[int, str] = {}
    for key in PORTS:
        port = getattr(settings, key)
        if not 1 <= port <= PORT_MAX:
            raise ConfigurationRefused(f"{key}: must be a port, 1 to {PORT_MAX}")
        if port in taken:
            raise ConfigurationRefused(f"{key}: {port} is {taken[port]} already")
        taken[port] = key


def _check_rates(rates: RateSettings) -> None:
    for key in rates.__struct_fields__:
        if getattr(rates, key) < 1:
            raise ConfigurationRefused(f"rates.{key}: must be at least 1")


def _check_addresses(settings: Settings) -> None:
    try:
        TrustedProxies.parse(settings.trusted_proxies)
    except ValueError as error:
        raise ConfigurationRefused(f"trusted_proxies: must be addresses or CIDR blocks of our own proxies ({error})") from None
    if not settings.redis_url:
        return
    try:
        Address.parse(settings.redis_url)
    except (ValueError, OSError):  # not repeated: the URL may hold a password
        raise ConfigurationRefused("redis_url: must be a redis://, rediss:// or unix:// URL that can be used") from None


def _check_brands(settings: Settings) -> None:
    if len(settings.brands) > 1:
        for key in ("issuer", "mtls_url"):
            if getattr(settings, key):
                raise ConfigurationRefused(f"{key}: says nothing beside several [[brands]]; set brands.{key} of each")
    brands = settings.resolved_brands()
    for what, values in (
        ("name", [brand.name for brand in brands]),
        ("host", [host for brand in brands for host in {host_of(brand.issuer), host_of(brand.mtls_url)}]),
    ):
        if len(values) != len(set(values)):
            raise ConfigurationRefused(f"brands: two of them have the same {what}")


def _check_upstream(settings: Settings) -> None:
    names = [upstream.name for upstream in UPSTREAMS]
    if settings.upstream not in names:
        raise ConfigurationRefused(f"upstream: must be one of {', '.join(names)}")
    if settings.upstream != CoreBank.name:
        return
    url, tls = urlsplit(settings.core_bank_url), settings.core_bank_tls
    if not url.hostname or url.scheme not in ("http", "https") or url.query or url.fragment or "@" in url.netloc:
        raise ConfigurationRefused("core_bank_url: must be https://host[:port][/path] and nothing more")
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise ConfigurationRefused("core_bank_url: must be https, because customers' data travels on it")
    if tls is not None and (tls.certificate is None) != (tls.private_key is None):
        raise ConfigurationRefused("core_bank_tls: certificate and private_key come together")
    if not settings.core_bank_token and (tls is None or tls.certificate is None):
        raise ConfigurationRefused("core_bank_token: is required, or core_bank_tls.certificate: the bank must know who asks")


def check_production(settings: Settings) -> None:
    """What a server with real customers must say for itself: brands, TLS, sealing keys, a way to send one-time codes."""
    required = {
        "brands": settings.brands,
        "tls": settings.tls,
        "sealing_keys": settings.sealing_keys,
        "database_url": settings.database_url,
        "code_sender": settings.code_sender,
    }
    for key, value in required.items():
        if not value:
            raise ConfigurationRefused(f"{key}: is required by `portcullis serve`")
    if settings.code_sender is not None and urlsplit(settings.code_sender.url).scheme != "https":
        raise ConfigurationRefused("code_sender.url: must be https, because one-time codes travel there")
    if settings.sandbox_token:
        raise ConfigurationRefused("sandbox_token: has no place in production")


def check_sandbox(settings: Settings) -> None:
    """The sandbox's personas, TPPs and clock are of one brand."""
    if len(settings.brands) > 1:
        raise ConfigurationRefused("brands: a sandbox serves one; start one sandbox for each, on its own ports and state_dir")


def _brand(settings: BrandSettings) -> Brand:
    if not NAME.fullmatch(settings.name):
        raise ConfigurationRefused("brands.name: must be 1 to 32 lower-case letters, digits or hyphens")
    for key in ("sca_required_after_days", "sca_recent_minutes"):
        if (value := getattr(settings, key)) is not None and value < 1:
            raise ConfigurationRefused(f"brands.{key}: must be at least 1, or left out")
    for key in ("issuer", "mtls_url"):
        url = urlsplit(getattr(settings, key))
        if url.scheme != "https" or not url.netloc or url.path or url.query or url.fragment or "@" in url.netloc:
            raise ConfigurationRefused(f"brands.{key}: must be https://host[:port] and nothing more")
    unknown = set(settings.dialects) - {dialect.name for dialect in DIALECTS}
    if unknown:
        raise ConfigurationRefused(f"brands.dialects: unknown are {', '.join(sorted(unknown))}")
    if not COLOUR.fullmatch(settings.colour):
        raise ConfigurationRefused("brands.colour: must be #rrggbb")
    try:
        zone = ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationRefused(f"brands.zone: {settings.zone} is not a time zone") from None
    return Brand(
        name=settings.name,
        display_name=settings.display_name,
        issuer=settings.issuer,
        mtls_url=settings.mtls_url,
        zone=zone,
        dialects=settings.dialects,
        resource_audience=settings.mtls_url,
        organisation_id=settings.organisation_id,
        colour=settings.colour,
        country=settings.country,
        sca_required_after_days=settings.sca_required_after_days,
        sca_recent_minutes=settings.sca_recent_minutes,
        operations_off=_operations_off(settings),
    )


def _operations_off(settings: BrandSettings) -> frozenset[Operation]:
    """What a standard demands of every bank stays on."""
    rows = [row for dialect in DIALECTS if dialect.name in settings.dialects for row in dialect.rows]
    switchable = {row.operation for row in rows} - {row.operation for row in rows if not row.conditional}
    refused = sorted(set(settings.operations_off) - switchable)
    if refused:
        known = ", ".join(sorted(switchable)) or "none"
        raise ConfigurationRefused(f"brands.operations_off: cannot be switched off are {', '.join(refused)}; can be: {known}")
    return frozenset(Operation(name) for name in settings.operations_off)

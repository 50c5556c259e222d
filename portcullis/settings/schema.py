"""Every setting, with its default and its unit. A test compares docs/configuration.md with it; portcullis/settings/checks.py says what makes
one unsafe.

Addresses that callers see come from here, never from a request.
"""

import logging
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from consent.settings import REGISTRATIONS_PER_ORGANISATION, UNKNOWN_REQUESTS_PER_MINUTE, KeySchedule
from consent.store.consents import LODGED_MAX
from gateway.pipeline.calls_in_flight import RUNNING_PER_CLIENT_MAX, UNITS_MAX, UNITS_PER_CLIENT_MAX
from kernel.brand import FUNDS_CHECKS_PER_DAY, PLANNED_DAYS_MAX, Brand, CertificateDemand, Endpoints, NonceDemand
from kernel.config import ConfigurationRefused
from kernel.hot_state.first_uses import FIRST_USES_PER_CLIENT
from kernel.http.admission.limits import (
    BODY_SECONDS,
    BUFFERED_BYTES_MAX,
    BUFFERED_BYTES_PER_PEER_MAX,
    CONNECTIONS_MAX,
    CONNECTIONS_PER_ADDRESS_MAX,
    CONNECTIONS_PER_ORGANISATION_MAX,
)
from kernel.jose.jwt import Algorithm
from kernel.operations import Operation
from openapi import DIALECTS
from plugins.key_stores.sealing_file import SealingFile
from plugins.sinks import SinkSettings
from plugins.upstreams.built_in import BuiltInBank
from policies.rate_limit import UNITS_PER_ADDRESS, UNITS_PER_WINDOW, WINDOW_SECONDS
from policies.unattended_limit import ACCESSES_PER_DAY
from portcullis.settings.certificates import CertificateSettings, TrustListSettings
from portcullis.settings.cut_offs import CutOffSettings
from portcullis.settings.log_level import LogLevel
from portcullis.settings.operators import OperatorSettings

DEFAULT_CORE_BANK_PORT = 8446
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
    frequency_per_day_max: int = 4
    funds_checks_per_day: int = FUNDS_CHECKS_PER_DAY
    certificate: CertificateDemand = "when_bound"
    dpop_nonce: NonceDemand = "off"
    top_level_endpoints: Endpoints = "public"
    cut_off: CutOffSettings | None = None  # of payments; None: they are taken and made at any hour
    planned_days_max: int = PLANNED_DAYS_MAX
    operations_off: tuple[str, ...] = ()
    members_on: tuple[str, ...] = ()  # of answers: what a later edition of a standard brought, and strict clients may not know
    internal_clients: tuple[InternalClientSettings, ...] = ()


class TlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PEM files of the server and the authorities whose client certificates are known: `client_authorities` for any, `trust_lists`
    for some kinds."""

    certificate: Path
    private_key: Path
    client_authorities: Path | None = None
    trust_lists: tuple[TrustListSettings, ...] = ()
    minimum_version: str = "1.3"


class RateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Units per client within a window, and per address that asks for public data; requests of one address that prove no caller, within a minute; unattended reads per consent,
    account and operation, and lodged consents per client, within 24 hours; units in flight on one worker, of all clients and of one, and
    units worked on at once for one; first uses that are remembered per client; registrations that an organisation has at a time."""

    requests: int = UNITS_PER_WINDOW
    requests_per_address: int = UNITS_PER_ADDRESS
    window_seconds: int = WINDOW_SECONDS
    unknown_per_minute: int = UNKNOWN_REQUESTS_PER_MINUTE
    first_uses: int = FIRST_USES_PER_CLIENT
    registrations: int = REGISTRATIONS_PER_ORGANISATION
    unattended_per_day: int = ACCESSES_PER_DAY
    lodgements_per_day: int = LODGED_MAX
    in_flight: int = UNITS_MAX
    in_flight_per_client: int = UNITS_PER_CLIENT_MAX
    running_per_client: int = RUNNING_PER_CLIENT_MAX


class BodySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The memory that the bodies of requests may take in one process, in bytes: of all together, and of one peer. `seconds` is the time
    that a body has to arrive."""

    buffered_bytes: int = BUFFERED_BYTES_MAX
    buffered_bytes_per_peer: int = BUFFERED_BYTES_PER_PEER_MAX
    seconds: int = int(BODY_SECONDS)


class ConnectionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Connections from accept: of each TLS listener, of one address (IPv6: /64) without a certificate, and of one organisation that shows
    one. `balancers` are addresses or networks that pass on connections of many."""

    per_listener: int = CONNECTIONS_MAX
    per_address: int = CONNECTIONS_PER_ADDRESS_MAX
    per_organisation: int = CONNECTIONS_PER_ORGANISATION_MAX
    balancers: tuple[str, ...] = ()


class CodeSenderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The bank's message gateway: one-time codes are posted to `url` as JSON with `token` as the bearer."""

    url: str
    token: str


class CoreBankTlsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """PEM files for https to the core bank: whom to believe (none: the machine's own trust), and the certificate to show."""

    authorities: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None


class DirectorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A directory that vouches for TPPs by software statements: their `iss`, and its JWK Set at an address or in a file."""

    issuer: str
    jwks_uri: str = ""
    jwks_file: Path | None = None
    stale_hours_max: int = 24


class SigningKeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The lifetime of a signing key, and how long before its end the successor is published."""

    rotate_every_days: int = 90
    publish_ahead_hours: int = 24

    def schedule(self) -> KeySchedule:
        """Raises ValueError."""
        return KeySchedule(timedelta(days=self.rotate_every_days), timedelta(hours=self.publish_ahead_hours))


class VaultTransitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key of Vault's Transit engine. `token_file` is read for each question; `authorities` is a PEM file (none: the machine's
    own trust)."""

    url: str
    key: str
    mount: str = "transit"
    namespace: str = ""
    token_file: Path | None = None
    authorities: Path | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration of one server."""

    state_dir: Path = Path("var/sandbox")
    bind: str = "127.0.0.1"
    public_port: int = 8443
    mtls_port: int = 8444
    ops_port: int = 8445
    ops_hosts: tuple[str, ...] = ()  # by which a proxy on this machine asks the operations listener
    issuer: str = ""
    mtls_url: str = ""
    database_url: str = ""
    migration_url: str = ""  # of the role that owns the tables, PostgreSQL only
    redis_url: str = ""
    workers: int = 1
    sandbox_token: str = ""
    specs: str = ""
    log_level: LogLevel = "info"
    operators: tuple[OperatorSettings, ...] = ()  # none: no command that changes money or consents is carried out
    brands: tuple[BrandSettings, ...] = ()
    tls: TlsSettings | None = None
    sealing_keys: Path | None = None
    key_store: str = SealingFile.name
    vault_transit: VaultTransitSettings | None = None
    vault_token: str = ""
    signing_keys: SigningKeySettings = SigningKeySettings()
    trusted_proxies: tuple[str, ...] = ()
    certificates: CertificateSettings = CertificateSettings()
    rates: RateSettings = RateSettings()
    bodies: BodySettings = BodySettings()
    connections: ConnectionSettings = ConnectionSettings()
    outbound_hosts: tuple[str, ...] = ()  # that addresses named by TPPs may lead to although they are not public
    outbound_only: bool = False  # to those hosts and to no others
    outbound_authorities: Path | None = None  # PEM: authorities to trust there, in addition to the machine's own
    directories: tuple[DirectorySettings, ...] = ()
    code_sender: CodeSenderSettings | None = None
    sinks: tuple[SinkSettings, ...] = ()  # that events are delivered to
    upstream: str = BuiltInBank.name
    core_bank_url: str = ""
    core_bank_token: str = ""
    core_bank_port: int = DEFAULT_CORE_BANK_PORT  # where `portcullis core-bank serve` listens, on loopback
    core_bank_tls: CoreBankTlsSettings | None = None
    core_bank_payments: bool = False  # the core bank carries out payments too
    core_bank_notice_token: str = ""  # that the core bank shows with a notice of its own accord; none: notices are not taken

    def database(self) -> str:
        """The database's URL: SQLite in the state directory unless another is set."""
        return self.database_url or f"sqlite:///{self.state_dir.resolve()}/portcullis.db"

    def log_threshold(self) -> int:
        """`log_level` as the logging module counts it."""
        return logging.getLevelNamesMapping()[self.log_level.upper()]

    def resolved_brands(self) -> tuple[Brand, ...]:
        """The brands to serve; without any in the file, one that is named by the ports. `issuer` and `mtls_url` outside it
        override those of a single brand."""
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


def _brand(settings: BrandSettings) -> Brand:
    if not NAME.fullmatch(settings.name):
        raise ConfigurationRefused("brands.name: must be 1 to 32 lower-case letters, digits or hyphens")
    for key in (
        "sca_required_after_days",
        "sca_recent_minutes",
        "frequency_per_day_max",
        "funds_checks_per_day",
        "planned_days_max",
    ):
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
        frequency_per_day_max=settings.frequency_per_day_max,
        funds_checks_per_day=settings.funds_checks_per_day,
        certificate=settings.certificate,
        dpop_nonce=settings.dpop_nonce,
        top_level_endpoints=settings.top_level_endpoints,
        cut_off=None if settings.cut_off is None else settings.cut_off.rule(),
        planned_days_max=settings.planned_days_max,
        operations_off=_operations_off(settings),
        members_on=_members_on(settings),
    )


def _operations_off(settings: BrandSettings) -> frozenset[Operation]:
    """The operations that the brand switches off. Raises ConfigurationRefused for one that the standard demands of every bank."""
    rows = [row for dialect in DIALECTS if dialect.name in settings.dialects for row in dialect.rows]
    switchable = {row.operation for row in rows} - {row.operation for row in rows if not row.conditional}
    refused = sorted(set(settings.operations_off) - switchable)
    if refused:
        known = ", ".join(sorted(switchable)) or "none"
        raise ConfigurationRefused(f"brands.operations_off: cannot be switched off are {', '.join(refused)}; can be: {known}")
    return frozenset(Operation(name) for name in settings.operations_off)


def _members_on(settings: BrandSettings) -> frozenset[str]:
    known = {member for dialect in DIALECTS if dialect.name in settings.dialects for member in dialect.later_members}
    unknown = sorted(set(settings.members_on) - known)
    if unknown:
        can_be = ", ".join(sorted(known)) or "none"
        raise ConfigurationRefused(f"brands.members_on: unknown are {', '.join(unknown)}; can be: {can_be}")
    return frozenset(settings.members_on)

"""The checks that refuse a useless or unsafe configuration, naming the key, before anything is opened."""

import re
from urllib.parse import urlsplit

from kernel.config import ConfigurationRefused
from kernel.hot_state.redis_connection import Address
from kernel.http.admission.limits import REQUEST_SECONDS
from kernel.http.client_cert import TrustedProxies
from kernel.http.outbound.fetcher import host_of as host_of_entry
from kernel.http.server.incoming_body import BODY_BYTES_MAX
from openapi import DIALECTS
from plugins.key_stores import KEY_STORES
from plugins.key_stores.vault_transit import NAME as VAULT_NAME
from plugins.key_stores.vault_transit import VaultTransit
from plugins.upstreams import UPSTREAMS
from plugins.upstreams.core_bank import CoreBank
from portcullis.settings.certificates import check_certificates, check_client_authorities
from portcullis.settings.hosts import host_of
from portcullis.settings.operators import check_operators
from portcullis.settings.schema import BodySettings, ConnectionSettings, RateSettings, Settings
from portcullis.settings.sinks import check_lasting_sinks, check_sinks

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORTS = ("public_port", "mtls_port", "ops_port", "core_bank_port")
PORT_MAX = 65_535  # the largest number of a TCP port
OPS_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


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
    _check_migration(settings)
    _check_ports(settings)
    check_certificates(settings.certificates)
    if settings.tls is not None:
        check_client_authorities(settings.tls.client_authorities, settings.tls.trust_lists)
    _check_rates(settings.rates)
    _check_bodies(settings.bodies)
    _check_connections(settings.connections)
    _check_addresses(settings)
    _check_upstream(settings)
    _check_outbound(settings)
    _check_keys(settings)
    _check_brands(settings)
    check_operators(settings.operators)
    check_sinks(settings.sinks, [brand.name for brand in settings.resolved_brands()])


def _check_migration(settings: Settings) -> None:
    """The role that owns the tables is another than the application's, or it would keep no one from anything."""
    if not settings.migration_url:
        return
    owner, application = urlsplit(settings.migration_url), urlsplit(settings.database())
    if any(url.scheme.split("+")[0] != "postgresql" for url in (owner, application)):
        raise ConfigurationRefused("migration_url: needs postgresql:// URLs, here and in database_url; SQLite has no roles")
    if not owner.username or not application.username or owner.username == application.username:
        raise ConfigurationRefused("migration_url: must name another role than database_url, and both must name theirs")
    if owner.path != application.path:
        raise ConfigurationRefused("migration_url: must be of the same database as database_url")


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
    if rates.in_flight_per_client > rates.in_flight:
        raise ConfigurationRefused("rates.in_flight_per_client: must be at most rates.in_flight")


def _check_bodies(bodies: BodySettings) -> None:
    if bodies.buffered_bytes_per_peer < BODY_BYTES_MAX:
        raise ConfigurationRefused(f"bodies.buffered_bytes_per_peer: must be at least {BODY_BYTES_MAX}, the largest body")
    if bodies.buffered_bytes < 2 * bodies.buffered_bytes_per_peer:
        raise ConfigurationRefused("bodies.buffered_bytes: must be at least twice bodies.buffered_bytes_per_peer")
    if not 1 <= bodies.seconds <= REQUEST_SECONDS:
        raise ConfigurationRefused(f"bodies.seconds: must be 1 to {REQUEST_SECONDS:.0f}")


def _check_connections(connections: ConnectionSettings) -> None:
    for key in ("per_address", "per_organisation"):
        if not 1 <= getattr(connections, key) <= connections.per_listener:
            raise ConfigurationRefused(f"connections.{key}: must be 1 to connections.per_listener, {connections.per_listener}")
    try:
        TrustedProxies.parse(connections.balancers)
    except ValueError as error:
        raise ConfigurationRefused(f"connections.balancers: must be addresses or CIDR blocks of our own ({error})") from None


def _check_addresses(settings: Settings) -> None:
    for name in settings.ops_hosts:
        if not OPS_HOST.fullmatch(name):
            raise ConfigurationRefused(f"ops_hosts: {name!r} is not a host, or host:port, as a Host header has it")
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
                raise ConfigurationRefused(f"{key}: has no effect with several [[brands]]; set brands.{key} of each")
    brands = settings.resolved_brands()
    for brand in brands:
        if host_of(brand.issuer) == host_of(brand.mtls_url):
            raise ConfigurationRefused(
                f"mtls_url: of brand {brand.name} is its issuer; callers with a certificate need a listener of their own"
            )
    for what, values in (
        ("name", [brand.name for brand in brands]),
        ("host", [host for brand in brands for host in {host_of(brand.issuer), host_of(brand.mtls_url)}]),
    ):
        if len(values) != len(set(values)):
            raise ConfigurationRefused(f"brands: two of them have the same {what}")


def _check_outbound(settings: Settings) -> None:
    try:
        for host in settings.outbound_hosts:
            host_of_entry(host)
    except ValueError as error:
        raise ConfigurationRefused(f"outbound_hosts: {error}") from None
    issuers = [directory.issuer for directory in settings.directories]
    if len(set(issuers)) != len(issuers) or not all(issuers):
        raise ConfigurationRefused("directories.issuer: each directory needs one of its own")
    for directory in settings.directories:
        if bool(directory.jwks_uri) == (directory.jwks_file is not None):
            raise ConfigurationRefused("directories: each needs either jwks_uri or jwks_file")
        if directory.jwks_uri and urlsplit(directory.jwks_uri).scheme != "https":
            raise ConfigurationRefused("directories.jwks_uri: must be https")
        if directory.stale_hours_max < 1:
            raise ConfigurationRefused("directories.stale_hours_max: must be at least 1")


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


def _check_signers(settings: Settings) -> None:
    """A brand that signs answers does so by its id in its directory."""
    signing = {dialect.name for dialect in DIALECTS if dialect.signatures is not None}
    for brand in settings.resolved_brands():
        if not brand.organisation_id and signing & set(brand.dialects):
            raise ConfigurationRefused(
                f"brands.organisation_id: brand {brand.name} needs one, because it signs the answers about payments by it"
            )


def _check_keys(settings: Settings) -> None:
    try:
        settings.signing_keys.schedule()
    except (ValueError, OverflowError) as error:
        raise ConfigurationRefused(f"signing_keys: rotate_every_days and publish_ahead_hours do not fit ({error})") from None
    names = [store.name for store in KEY_STORES]
    if settings.key_store not in names:
        raise ConfigurationRefused(f"key_store: must be one of {', '.join(names)}")
    if settings.key_store == VaultTransit.name:
        _check_vault(settings)


def _check_vault(settings: Settings) -> None:
    vault = settings.vault_transit
    if vault is None:
        raise ConfigurationRefused("vault_transit: is required by key_store = vault_transit")
    url = urlsplit(vault.url)
    if not url.hostname or url.scheme not in ("http", "https") or url.path or url.query or url.fragment or "@" in url.netloc:
        raise ConfigurationRefused("vault_transit.url: must be https://host[:port] and nothing more")
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise ConfigurationRefused("vault_transit.url: must be https, because keys travel on it")
    if not VAULT_NAME.fullmatch(vault.key):
        raise ConfigurationRefused("vault_transit.key: must be the name of a key, letters, digits, `_`, `.` and `-`")
    if not all(VAULT_NAME.fullmatch(segment) for segment in vault.mount.split("/")):
        raise ConfigurationRefused("vault_transit.mount: must be the path of the engine, such as transit")
    if not vault.namespace.isprintable() or not vault.namespace.isascii():
        raise ConfigurationRefused("vault_transit.namespace: must be printable ASCII")
    if (vault.token_file is None) == (not settings.vault_token):
        raise ConfigurationRefused("vault_transit.token_file: set it, or PORTCULLIS_VAULT_TOKEN, and not both")


def check_production(settings: Settings) -> None:
    """Check the settings without a default that a server with real customers requires: brands, TLS, sealing keys, a code sender."""
    required = {
        "brands": settings.brands,
        "tls": settings.tls,
        "sealing_keys": settings.sealing_keys,
        "database_url": settings.database_url,
        "code_sender": settings.code_sender,
    }
    missing = [key for key, value in required.items() if not value]
    if missing:
        others = f" (missing too: {', '.join(missing[1:])})" if missing[1:] else ""
        raise ConfigurationRefused(
            f"{missing[0]}: is required by `portcullis serve`{others}; docs/configuration.md ends with an example"
        )
    if settings.code_sender is not None and urlsplit(settings.code_sender.url).scheme != "https":
        raise ConfigurationRefused("code_sender.url: must be https, because one-time codes travel there")
    if settings.sandbox_token:
        raise ConfigurationRefused("sandbox_token: has no place in production")
    check_lasting_sinks(settings.sinks)
    if settings.core_bank_payments:
        _check_signers(settings)


def check_sandbox(settings: Settings) -> None:
    """The sandbox's personas, TPPs and clock are of one brand."""
    if len(settings.brands) > 1:
        raise ConfigurationRefused("brands: a sandbox serves one; start one sandbox for each, on its own ports and state_dir")

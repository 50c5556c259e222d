"""The verdict of `portcullis config check` and `serve` on a production configuration, without asking anyone. Each defect is refused or warned
of by its key."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kernel.config import ConfigurationRefused
from plugins.certificates.standing import Revocation
from portcullis.safety.finding import check_findings
from portcullis.safety.judgement import judge
from portcullis.safety.transports import judge_transports
from portcullis.serving.production import serve_production
from portcullis.settings.certificates import CertificateSettings
from portcullis.settings.checks import check_production, check_safe
from portcullis.settings.schema import (
    CodeSenderSettings,
    CoreBankTlsSettings,
    RateSettings,
    Settings,
    TlsSettings,
    VaultTransitSettings,
)
from tests.unit.portcullis.safety.installed import BRAND, installed

DB = "postgresql://db.internal/x"
SENDER = "https://messages.internal"


def found(settings: Settings, now: datetime | None = None, file: Path | None = None) -> list[tuple[str, str]]:
    """Key and verdict of each finding."""
    return [
        (finding.key, "refused" if finding.refuses else "warning")
        for finding in judge(settings, now or datetime.now(UTC), file=file)
    ]


def test_a_good_configuration_gives_no_finding(tmp_path):
    settings = installed(tmp_path)
    check_safe(settings)
    check_production(settings)
    assert judge(settings, datetime.now(UTC)) == []


@pytest.mark.parametrize(
    ("changes", "key", "verdict"),
    [
        ({"trusted_proxies": ("0.0.0.0/1",)}, "trusted_proxies", "refused"),
        ({"trusted_proxies": ("10.0.0.1", "203.0.0.0/12")}, "trusted_proxies", "refused"),
        ({"trusted_proxies": ("2001::/16",)}, "trusted_proxies", "refused"),
        ({"trusted_proxies": ("10.0.0.0/8",)}, "trusted_proxies", "warning"),
        ({"trusted_proxies": ("fd00:1::/48",)}, "trusted_proxies", "warning"),
        ({"code_sender": CodeSenderSettings(url=SENDER, token="")}, "code_sender.token", "refused"),
        ({"code_sender": CodeSenderSettings(url=SENDER, token="  ")}, "code_sender.token", "refused"),
        ({"code_sender": CodeSenderSettings(url=SENDER, token="short")}, "code_sender.token", "warning"),
        ({"core_bank_token": " "}, "core_bank_token", "refused"),
        ({"vault_token": "\t"}, "vault_token", "refused"),
        ({"redis_url": "redis://:password@hot.internal/0"}, "redis_url", "refused"),
        ({"redis_url": "rediss://hot.internal/0"}, "redis_url", "warning"),
        ({"database_url": f"{DB}?ssl=disable"}, "database_url", "refused"),
        ({"database_url": f"{DB}?ssl=allow"}, "database_url", "refused"),
        ({"database_url": f"{DB}?host=db.internal&ssl=disable"}, "database_url", "refused"),
        ({"database_url": f"{DB}?sslmode=verify-full"}, "database_url", "refused"),
        ({"database_url": DB}, "database_url", "warning"),
        ({"database_url": f"{DB}?ssl=require"}, "database_url", "warning"),
        ({"database_url": "sqlite:////srv/portcullis.db"}, "database_url", "warning"),
        ({"certificates": CertificateSettings(revocation=Revocation.OFF)}, "certificates.revocation", "warning"),
        ({"rates": RateSettings(unattended_per_day=5)}, "rates.unattended_per_day", "warning"),
    ],
)
def test_each_defect_is_named_by_its_key(tmp_path, changes: dict[str, Any], key: str, verdict: str):
    assert found(installed(tmp_path, **changes)) == [(key, verdict)]


@pytest.mark.parametrize(
    "changes",
    [
        {"trusted_proxies": ("10.1.2.0/24", "192.0.2.7", "fd00::7")},
        {"redis_url": "redis://127.0.0.1:6379/0"},
        {"redis_url": "unix:///run/valkey.sock"},
        {"redis_url": "rediss://:password@hot.internal/0"},
        {"database_url": "postgresql://127.0.0.1/x?ssl=disable"},
        {"database_url": "postgresql:///x?host=/run/postgresql"},
    ],
)
def test_what_stays_on_this_machine_or_is_proven_is_fine(tmp_path, changes: dict[str, Any]):
    assert found(installed(tmp_path, **changes)) == []


def test_the_drivers_own_variable_counts_where_the_url_is_silent(tmp_path):
    (finding,) = judge_transports(installed(tmp_path, database_url=DB), datetime.now(UTC), {"PGSSLMODE": "disable"})
    assert finding.refuses
    assert list(judge_transports(installed(tmp_path, database_url=DB), datetime.now(UTC), {"PGSSLMODE": "verify-full"})) == []


@pytest.mark.parametrize(("mode", "verdict"), [(0o604, "refused"), (0o620, "refused"), (0o602, "refused"), (0o640, "warning")])
def test_key_files_that_others_may_read_are_named(tmp_path, mode: int, verdict: str):
    settings = installed(tmp_path)
    token, key = tmp_path / "token", tmp_path / "bank.key"
    for file in (token, key):
        file.touch()
    settings = msgspec.structs.replace(
        settings,
        vault_transit=VaultTransitSettings(url="https://vault.bank", key="k", token_file=token),
        core_bank_tls=CoreBankTlsSettings(private_key=key),
    )
    for file in (settings.tls.private_key, settings.sealing_keys, token, key):
        file.chmod(0o600)
    assert found(settings) == []
    for name, file in {
        "tls.private_key": settings.tls.private_key,
        "sealing_keys": settings.sealing_keys,
        "vault_transit.token_file": token,
        "core_bank_tls.private_key": key,
    }.items():
        file.chmod(mode)
        assert found(settings) == [(name, verdict)]
        file.chmod(0o600)


def test_a_settings_file_with_secrets_that_others_may_read_is_named(tmp_path):
    file = tmp_path / "portcullis.toml"
    file.touch(0o600)
    assert found(installed(tmp_path), file=file) == []
    file.chmod(0o644)
    assert found(installed(tmp_path), file=file) == [(str(file), "warning")]


def test_the_certificate_covers_every_host_of_every_brand(tmp_path):
    other = msgspec.structs.replace(
        BRAND, name="other", issuer="https://auth.other.bank", mtls_url="https://other.api.example.bank"
    )
    settings = installed(tmp_path, brands=(BRAND, other))
    (finding,) = judge(settings, datetime.now(UTC))
    assert (finding.key, finding.refuses) == ("tls.certificate", True)
    assert "auth.other.bank" in finding.text
    behind = msgspec.structs.replace(settings, trusted_proxies=("192.0.2.7",))
    assert found(behind) == [("tls.certificate", "warning")]  # the proxies have a certificate of their own
    deeper = msgspec.structs.replace(BRAND, mtls_url="https://a.b.api.example.bank")
    assert found(installed(tmp_path, brands=(deeper,))) == [("tls.certificate", "refused")]


@pytest.mark.parametrize(("days", "verdict"), [(-1, "refused"), (1000, "refused"), (85, "warning"), (1, None)])
def test_the_certificate_is_in_date(tmp_path, days: int, verdict: str | None):
    settings = installed(tmp_path)
    expected = [] if verdict is None else [("tls.certificate", verdict)]
    assert found(settings, datetime.now(UTC) + timedelta(days=days)) == expected


def test_the_key_is_the_certificates_own(tmp_path):
    settings = installed(tmp_path)
    other = installed(tmp_path / "other")
    mixed = TlsSettings(
        certificate=settings.tls.certificate,
        private_key=other.tls.private_key,
        client_authorities=settings.tls.client_authorities,
    )
    assert found(msgspec.structs.replace(settings, tls=mixed)) == [("tls.private_key", "refused")]
    none = msgspec.structs.replace(mixed, certificate=tmp_path / "none")
    assert found(msgspec.structs.replace(settings, tls=none)) == [("tls.certificate", "refused")]


def test_an_issuer_that_leads_every_caller_to_itself_is_named(tmp_path):
    local = msgspec.structs.replace(BRAND, issuer="https://127.0.0.1:9443")
    assert found(installed(tmp_path, brands=(local,))) == [("brands.issuer", "warning")]


@pytest.mark.parametrize("mtls_url", ["https://auth.example.bank", "https://AUTH.example.bank:443"])
def test_issuer_and_mtls_url_are_two_addresses(tmp_path, mtls_url: str):
    with pytest.raises(ConfigurationRefused, match=r"^mtls_url"):
        check_safe(installed(tmp_path, brands=(msgspec.structs.replace(BRAND, mtls_url=mtls_url),)))


def test_everything_that_must_change_is_said_at_once(tmp_path):
    settings = installed(tmp_path, redis_url="redis://hot.internal/0", trusted_proxies=("0.0.0.0/1",))
    with pytest.raises(ConfigurationRefused) as refused:
        check_findings(judge(settings, datetime.now(UTC)))
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["trusted_proxies", "redis_url"]


async def test_a_server_refuses_to_start_on_what_is_unsafe(tmp_path):
    """Before anything is opened."""
    with pytest.raises(ConfigurationRefused, match=r"^redis_url: must be rediss"):
        await serve_production(installed(tmp_path, redis_url="redis://hot.internal/0"))

"""The docs are true."""

import inspect
import re
import tomllib
from pathlib import Path

import pytest

import consent.store.events as consent_events
import orders.changes as orders_changes
from consent.store.events import CONSENT_LODGED
from consent.store.rows.snapshots import FORMAT
from kernel.config import build
from plugins.sinks import SINKS
from portcullis.settings.certificates import CertificateSettings, TrustListSettings
from portcullis.settings.checks import check_production
from portcullis.settings.schema import (
    BrandSettings,
    CodeSenderSettings,
    ConnectionSettings,
    CoreBankTlsSettings,
    DirectorySettings,
    InternalClientSettings,
    RateSettings,
    Settings,
    SigningKeySettings,
    TlsSettings,
    VaultTransitSettings,
)
from portcullis.settings.sources import VARIABLES

ROOT = Path(__file__).parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


@pytest.mark.parametrize(
    "kind",
    [
        Settings,
        BrandSettings,
        InternalClientSettings,
        TlsSettings,
        TrustListSettings,
        CertificateSettings,
        RateSettings,
        CodeSenderSettings,
        ConnectionSettings,
        CoreBankTlsSettings,
        DirectorySettings,
        SigningKeySettings,
        VaultTransitSettings,
        *(sink.Settings for sink in SINKS),
    ],
)
def test_every_setting_is_documented(kind):
    for field in kind.__struct_fields__:
        assert f"`{field}`" in CONFIGURATION, field


def test_every_variable_is_documented():
    for variable in VARIABLES:
        assert f"`{variable}`" in CONFIGURATION, variable


def test_the_example_for_production_is_usable():
    example = re.search(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    settings = build(tomllib.loads(example[1]), Settings)
    check_production(settings)
    assert settings.resolved_brands()[0].issuer == "https://auth.example.bank"


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "THREAT_MODEL.md", "CHANGELOG.md", "docs/configuration.md"])
def test_links_and_paths_lead_somewhere(document):
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / document).parent / target).exists(), target


@pytest.mark.parametrize("place", [ROOT / "docs" / "configuration.md", ROOT / "CHANGELOG.md"], ids=lambda each: each.name)
def test_an_operator_reads_that_all_servers_are_replaced_at_once(place):
    """While a migration takes away what the release before reads, or consents are written in a format that it cannot read."""
    assert "at once" in re.search(r"upgrade.*", place.read_text(), re.IGNORECASE | re.DOTALL)[0]
    upgrade = CONFIGURATION.split("## Upgrade")[1].split("\n## ")[0]
    assert f"format {FORMAT} " in upgrade
    for migration in (ROOT / "consent" / "migrations" / "versions").glob("*.py"):
        if re.search(r"drop_column|drop_table|new_column_name", migration.read_text()):
            assert f"migration {migration.name[:4]} " in upgrade


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert target in targets, target


def test_every_command_of_the_readme_exists():
    from portcullis.cli.app import app

    for group, command in re.findall(r"portcullis (tpp|consent|config) (\w+)", (ROOT / "README.md").read_text()):
        assert command in app[group], f"{group} {command}"


@pytest.mark.parametrize("document", ["README.md", "docs/build-a-tpp.md"])
def test_every_way_to_make_a_tpp_is_understood(document):
    from portcullis.cli.app import app

    written = re.findall(r"portcullis (tpp new [^\n`]+)", (ROOT / document).read_text())
    assert written
    for line in written:
        app.parse_args(line, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("document", ["THREAT_MODEL.md", "CHANGELOG.md"])
def test_every_defence_names_tests_that_exist(document):
    """A promise that names no living test is a wish."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / document).read_text()))
    written = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}
    assert named - written == set()


def test_the_threat_model_and_the_changelog_say_each_thing_once():
    """Both grow by every change, and lines that two changes touch come back twice."""
    for section in (ROOT / "THREAT_MODEL.md").read_text().split("\n## "):
        threats = [
            row.split(" | ")[0] for row in section.splitlines() if row.startswith("| ") and not row.startswith("| threat |")
        ]
        assert sorted(set(threats)) == sorted(threats)
    lines = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith(("#", "- "))]
    assert sorted(set(lines)) == sorted(lines)


def test_every_kind_of_event_is_documented():
    text = (ROOT / "docs" / "events.md").read_text()
    for kind in {CONSENT_LODGED, *consent_events.FACTS.values(), *orders_changes.FACTS.values()}:
        assert f"`{kind}`" in text, kind


def test_every_member_of_an_events_data_is_documented():
    text = (ROOT / "docs" / "events.md").read_text()
    for module in (consent_events, orders_changes):
        body = re.search(r"body=\{(.*?)\}", inspect.getsource(module), re.DOTALL)
        for member in re.findall(r'"(\w+)":', body[1]):
            assert f"`{member}`" in text, member

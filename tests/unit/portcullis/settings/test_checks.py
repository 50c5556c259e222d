"""portcullis/settings/checks.py: a core bank that could not be asked safely is refused before anything is opened."""

from pathlib import Path

import pytest

from kernel.config import ConfigurationRefused
from portcullis.settings.checks import check_safe
from portcullis.settings.schema import CoreBankTlsSettings, Settings
from portcullis.settings.sources import load

SAFE = {"upstream": "core_bank", "core_bank_url": "https://core.bank.example/core-bank/v1", "core_bank_token": "t"}
PEM = Path("x.pem")


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"core_bank_url": "http://127.0.0.1:8446/core-bank/v1"},
        {"core_bank_token": "", "core_bank_tls": CoreBankTlsSettings(certificate=PEM, private_key=PEM)},
        {"core_bank_tls": CoreBankTlsSettings(authorities=PEM)},
    ],
)
def test_accepts_what_can_be_asked_safely(facts):
    check_safe(Settings(**SAFE | facts))


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"upstream": "mainframe"}, "upstream"),
        ({"core_bank_url": ""}, "core_bank_url"),
        ({"core_bank_url": "http://core.bank.example/core-bank/v1"}, "core_bank_url"),
        ({"core_bank_url": "https://user:word@core.bank.example/"}, "core_bank_url"),
        ({"core_bank_url": "https://core.bank.example/?brand=main"}, "core_bank_url"),
        ({"core_bank_url": "ftp://core.bank.example/"}, "core_bank_url"),
        ({"core_bank_token": ""}, "core_bank_token"),
        ({"core_bank_tls": CoreBankTlsSettings(certificate=PEM)}, "core_bank_tls"),
        ({"core_bank_token": "", "core_bank_tls": CoreBankTlsSettings(authorities=PEM)}, "core_bank_token"),
    ],
)
def test_refuses_what_cannot(facts, key):
    with pytest.raises(ConfigurationRefused, match=f"^{key}:"):
        check_safe(Settings(**SAFE | facts))


OWNED = {"database_url": "postgresql://app@db.internal/bank", "migration_url": "postgresql://owner@db.internal/bank"}


def test_the_tables_may_be_another_roles():
    check_safe(Settings(**OWNED))


@pytest.mark.parametrize(
    "facts",
    [
        {"database_url": "sqlite:///bank.db"},
        {"migration_url": "sqlite:///bank.db"},
        {"migration_url": OWNED["database_url"]},
        {"migration_url": "postgresql://db.internal/bank"},
        {"migration_url": "postgresql://owner@db.internal/other"},
    ],
)
def test_a_role_that_keeps_no_one_from_anything_is_refused(facts):
    with pytest.raises(ConfigurationRefused, match=r"^migration_url:"):
        check_safe(Settings(**OWNED | facts))


def test_the_environment_names_the_bank():
    variables = {f"PORTCULLIS_{name.upper()}": value for name, value in SAFE.items()}
    assert load(None, variables).core_bank_url == SAFE["core_bank_url"]

"""portcullis/compose/bank.py: which bank stands behind a server, and that it may be known by certificate."""

import pytest
import structlog

from kernel.banking.records.statements import PDF
from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.errors import UpstreamFailed
from kernel.observability.telemetry import Telemetry
from plugins.upstreams import UPSTREAMS
from plugins.upstreams.built_in import BuiltInBank
from plugins.upstreams.core_bank import CoreBank
from portcullis.compose.bank import OPENERS, open_bank
from portcullis.compose.payments import open_core_bank_payments
from portcullis.settings.schema import CoreBankTlsSettings, Settings
from tests.harness.paper_bank import BRAND, CUSTOMER, TOKEN, PaperBank, served, served_by_certificate


def opened(settings, telemetry=None):
    return open_bank(settings, None, None, SystemClock(), telemetry or Telemetry())


def settings_for(url, **facts):
    return Settings(upstream="core_bank", core_bank_url=url, core_bank_token=TOKEN, **facts)


def test_every_upstream_there_is_can_be_opened():
    assert set(OPENERS) == set(UPSTREAMS)


async def test_the_built_in_bank_unless_another_is_named():
    async with opened(Settings()) as bank:
        assert isinstance(bank, BuiltInBank)


async def test_a_production_servers_own_bank_prints_no_statements():
    """Their layout is the bank's own: the sandbox's printer makes a stand-in."""
    async with opened(Settings()) as bank:
        assert await bank.statement_file(BRAND, "a", "s", PDF) is None


async def test_a_core_bank_by_its_url_and_token():
    async with served(PaperBank()) as url, opened(settings_for(url)) as bank:
        assert isinstance(bank, CoreBank)
        assert len(await bank.accounts_of(BRAND, CUSTOMER)) == 3


async def test_its_owner_reads_defects_and_whether_it_is_left_alone():
    telemetry = Telemetry()
    async with opened(settings_for("http://127.0.0.1:1"), telemetry) as bank:
        assert b'portcullis_core_bank_circuit_open{questions="accounts"} 0.0' in telemetry.render()
        for _ in range(8):
            with pytest.raises(UpstreamFailed):
                await bank.accounts_of(BRAND, CUSTOMER)
        stated = telemetry.render().decode()
    assert 'portcullis_core_bank_circuit_open{questions="accounts"} 1.0' in stated
    assert 'upstream_defects_total{code="upstream_failed",operation="accounts_of",upstream="core_bank"} 8.0' in stated


async def test_the_circuit_of_payments_is_its_own_and_is_read_too():
    """A bank that cannot list transactions may well pay, and the other way round."""
    telemetry, settings = Telemetry(), settings_for("http://127.0.0.1:1")
    with structlog.testing.capture_logs() as logs:
        async with opened(settings, telemetry), open_core_bank_payments(settings, telemetry) as payments:
            for _ in range(8):
                with pytest.raises(UpstreamFailed):
                    await payments.status(BRAND, "order-1")
            stated = telemetry.render().decode()
    assert 'portcullis_core_bank_circuit_open{questions="payments"} 1.0' in stated
    assert 'portcullis_core_bank_circuit_open{questions="accounts"} 0.0' in stated
    lines = [(line["questions"], line["state"]) for line in logs if line["event"] == "core_bank_circuit"]
    assert lines == [("payments", "open")]


async def test_a_core_bank_that_knows_callers_by_certificate(tmp_path):
    async with served_by_certificate(PaperBank(), tmp_path) as (url, authority, certificate, key):
        shown = CoreBankTlsSettings(authorities=authority, certificate=certificate, private_key=key)
        async with opened(settings_for(url, core_bank_tls=shown)) as bank:
            assert len(await bank.accounts_of(BRAND, CUSTOMER)) == 3
        async with opened(settings_for(url, core_bank_tls=CoreBankTlsSettings(authorities=authority))) as bank:
            with pytest.raises(UpstreamFailed, match="401"):
                await bank.accounts_of(BRAND, CUSTOMER)
        async with opened(settings_for(url)) as bank:  # the machine does not trust this authority
            with pytest.raises(UpstreamFailed, match="unreachable"):
                await bank.accounts_of(BRAND, CUSTOMER)


async def test_certificates_that_cannot_be_used_are_refused_at_start(tmp_path):
    nothing = CoreBankTlsSettings(authorities=tmp_path / "none.pem")
    with pytest.raises(ConfigurationRefused, match=r"^core_bank_tls:"):
        async with opened(settings_for("https://localhost", core_bank_tls=nothing)):
            pass

"""portcullis/compose/payments.py: which source gives the cut-offs of a brand."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from kernel.config import ConfigurationRefused
from kernel.cut_offs import CutOffRule
from kernel.observability.telemetry import Telemetry
from plugins.cut_offs.configured import ConfiguredCutOffs
from portcullis.compose.payments import open_cut_offs
from portcullis.settings.cut_offs import CutOffSettings
from portcullis.settings.schema import BrandSettings, Settings
from tests.harness.paper_bank import BRAND, TOKEN, PaperBank, served

MONDAY = datetime(2026, 11, 30, 10, tzinfo=UTC)
CORE = replace(BRAND, cut_off=CutOffRule(at=time(15), late="next_day"))
HERE = replace(BRAND, cut_off=CutOffRule(at=time(16), late="refused"))


def settings_of(source: str, upstream: str = "core_bank", url: str = "http://127.0.0.1:1") -> Settings:
    cut_off = CutOffSettings(time="16:00", late="refused", source=source)
    brand = BrandSettings(name=BRAND.name, display_name="Main", issuer=BRAND.issuer, mtls_url=BRAND.mtls_url, cut_off=cut_off)
    return Settings(upstream=upstream, core_bank_url=url, core_bank_token=TOKEN, brands=(brand,))


@pytest.mark.parametrize(("source", "brand"), [("core_bank", CORE), ("configured", HERE)])
async def test_configuration_says_who_gives_the_cut_off_of_a_brand(source, brand):
    async with (
        served(PaperBank(), (CORE,), cut_offs=ConfiguredCutOffs()) as url,
        open_cut_offs(settings_of(source, url=url), Telemetry()) as cut_offs,
    ):
        assert await cut_offs.payment_day(HERE, MONDAY) == brand.cut_off.day_of(MONDAY, brand.zone)


async def test_a_core_bank_that_is_away_is_counted_and_its_circuit_is_read():
    telemetry = Telemetry()
    async with open_cut_offs(settings_of("core_bank"), telemetry) as cut_offs:
        assert await cut_offs.payment_day(HERE, MONDAY) == HERE.cut_off.day_of(MONDAY, HERE.zone)
        stated = telemetry.render().decode()
    assert 'portcullis_core_bank_circuit_open{questions="days"} 0.0' in stated
    assert 'operation="payment_day"' in stated


async def test_without_a_core_bank_none_can_be_asked():
    with pytest.raises(ConfigurationRefused, match=r"brands\.cut_off\.source: core_bank needs upstream"):
        async with open_cut_offs(settings_of("core_bank", upstream="built_in"), Telemetry()):
            pass

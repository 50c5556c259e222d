"""gateway/ports.py CutOffs: the same days, whether a bank's rule lies in the configuration or its own core gives them over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from gateway.ports import CutOffs
from kernel.clock import monotonic
from kernel.cut_offs import CutOffRule
from plugins.cut_offs.configured import ConfiguredCutOffs
from plugins.cut_offs.core_bank import CoreBankCutOffs
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank_days import CoreBankDays
from tests.harness.paper_bank import BRAND, TOKEN, PaperBank, served

RULE = CutOffRule(at=time(16, 30), late="refused", closed=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))
BANK = replace(BRAND, cut_off=RULE)
HERE = replace(
    BRAND, cut_off=CutOffRule(at=time(9), late="next_day")
)  # what the configuration says where the core gives its days
FRIDAY = datetime(2026, 12, 4, tzinfo=UTC)


@asynccontextmanager
async def configured() -> AsyncIterator[tuple[CutOffs, object]]:
    yield ConfiguredCutOffs(), BANK


@asynccontextmanager
async def of_a_core_bank() -> AsyncIterator[tuple[CutOffs, object]]:
    async with (
        served(PaperBank(), (BANK,), cut_offs=ConfiguredCutOffs()) as url,
        CoreBankDays.open(url, circuit=Circuit(monotonic), token=TOKEN) as bank,
    ):
        yield CoreBankCutOffs(bank, frozenset({BANK.name})), HERE


@pytest.fixture(params=[configured, of_a_core_bank], ids=lambda source: source.__name__)
async def source(request):
    async with request.param() as opened:
        yield opened


async def test_the_day_of_a_payment_is_the_banks_at_every_hour(source):
    """From a Friday over holidays and a year's end; what was answered a moment ago is not gone by for too long."""
    cut_offs, brand = source
    for hours in range(0, 24 * 30, 7):
        now = FRIDAY + timedelta(hours=hours, minutes=29, seconds=59, microseconds=999_999)
        assert await cut_offs.payment_day(brand, now) == RULE.day_of(now, BANK.zone), now


async def test_the_very_instant_of_the_cut_off_is_of_the_next_day(source):
    cut_offs, brand = source
    cut_off = FRIDAY.replace(hour=16, minute=30)
    for now, day in ((cut_off - timedelta(microseconds=1), 4), (cut_off, 7), (cut_off + timedelta(seconds=1), 7)):
        found = await cut_offs.payment_day(brand, now)
        assert found is not None
        assert (found.cut_off.day, found.late) == (day, "refused")

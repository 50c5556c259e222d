"""portcullis/core_bank/day_checks.py: a bank that gives its days as the contract says passes, and each way of not doing so is found."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from kernel.cut_offs import CutOffRule
from plugins.cut_offs.configured import ConfiguredCutOffs
from portcullis.core_bank.day_checks import DAY_CHECKS
from portcullis.core_bank.subject import open_subject, run_checks
from tests.harness.paper_bank import BRAND, TOKEN, PaperBank, served

BANK = replace(BRAND, cut_off=CutOffRule(at=time(16), late="refused"))


async def finding_of(cut_offs, brand=BANK):
    async with (
        served(PaperBank(), (brand,), cut_offs=cut_offs) as url,
        open_subject(url, TOKEN, "", ()) as subject,
    ):
        [finding] = [finding async for finding in run_checks(subject, DAY_CHECKS)]
    return finding


async def test_a_bank_that_gives_its_days_passes():
    finding = await finding_of(ConfiguredCutOffs())
    assert (finding.verdict, finding.note) == (True, "10 working days")


@pytest.mark.parametrize(("cut_offs", "brand"), [(None, BANK), (ConfiguredCutOffs(), BRAND)])
async def test_a_bank_that_gives_none_is_not_broken(cut_offs, brand):
    finding = await finding_of(cut_offs, brand)
    assert (finding.verdict, finding.note) == (None, "the bank leaves its cut-off to the configuration")


class Lying(ConfiguredCutOffs):
    """Says of each instant that its cut-off was a moment ago."""

    async def payment_day(self, brand, now):
        return replace(await super().payment_day(brand, now), cut_off=now - timedelta(seconds=1))


class Forgetful(ConfiguredCutOffs):
    """Knows the first day alone."""

    asked = 0

    async def payment_day(self, brand, now):
        self.asked += 1
        return await super().payment_day(brand, now) if self.asked < 3 else None


class Sliding(ConfiguredCutOffs):
    """A cut-off that is always an hour away."""

    async def payment_day(self, brand, now):
        return replace(await super().payment_day(brand, now), opens=now, cut_off=now + timedelta(hours=1))


class Overlapping(ConfiguredCutOffs):
    """Each day began before the one before it had ended."""

    async def payment_day(self, brand, now):
        day = await super().payment_day(brand, now)
        return replace(day, opens=day.cut_off - timedelta(hours=25)) if day.opens.weekday() else day


@pytest.mark.parametrize(
    ("cut_offs", "note"),
    [
        (Lying, "malformed: a cut-off that has passed"),
        (Forgetful, "some instants have a working day"),
        (Sliding, "just before the cut-off is not of its day"),
        (Overlapping, "begins before the cut-off of the day before"),
    ],
)
async def test_finds_what_a_bank_says_wrong_of_its_days(cut_offs, note):
    finding = await finding_of(cut_offs())
    assert finding.verdict is False
    assert note in finding.note

"""plugins/cut_offs/core_bank.py: what a core bank says of its days counts while it may be true; otherwise the brand's configuration does."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import msgspec
import pytest
import structlog

from kernel.clock import monotonic
from kernel.cut_offs import CutOffRule, PaymentDay
from openapi.core_bank.v1.payment_days import DAY_HOURS_MAX, DAYS_AHEAD_MAX
from openapi.core_bank.v1.payment_examples import DAY_EXAMPLE
from plugins.cut_offs.core_bank import KEPT_MINUTES_MAX, UNANSWERED_SECONDS, CoreBankCutOffs
from plugins.upstreams.circuit import Circuit, CircuitLimits
from plugins.upstreams.core_bank_days import DAY_BYTES_MAX, CoreBankDays
from tests.harness.misbehaving_peer import Peer, answered, sends, serving
from tests.harness.paper_bank import BRAND

NOW = DAY_EXAMPLE.at.replace(microsecond=0)
DAY = msgspec.structs.replace(DAY_EXAMPLE, at=NOW, valid_until=NOW + timedelta(minutes=15))
GIVEN = PaymentDay(DAY.opens, DAY.cut_off, DAY.late)
RULE = CutOffRule(at=time(16), late="refused")
BANK = replace(BRAND, cut_off=RULE)
CONFIGURED = RULE.day_of(NOW, BANK.zone)
SECRET = "00997112345678"  # an account number that a bank puts into an answer: it must not reach a log
SECONDS = 0.4  # what a question may take here


def said(**facts) -> bytes:
    return answered(msgspec.json.encode(msgspec.structs.replace(DAY, **facts)))


def written(**facts) -> bytes:
    """An answer that its own type would not let anyone make."""
    return answered(json.dumps(msgspec.to_builtins(DAY) | facts).encode())


@asynccontextmanager
async def bank_that(answer, *, asked=frozenset({BANK.name})):
    """The source of cut-offs, its core bank, and the defects that it counted."""
    counted = []
    async with (
        serving(Peer(answer)) as peer,
        CoreBankDays.open(
            f"http://127.0.0.1:{peer.port}",
            circuit=Circuit(monotonic, CircuitLimits(calls_min=1000)),
            token="t",
            seconds_max=SECONDS,
        ) as bank,
    ):
        yield CoreBankCutOffs(bank, asked, lambda *defect: counted.append(defect)), peer, counted


async def test_what_the_bank_says_counts_and_is_asked_as_published():
    async with bank_that(said()) as (cut_offs, peer, counted):
        assert await cut_offs.payment_day(BANK, NOW + timedelta(microseconds=250)) == GIVEN
        assert peer.heads[0].decode().startswith("GET /brands/main/payment-day?at=2026-06-30T14%3A05%3A11Z HTTP/1.1\r\n")
        assert counted == []


async def test_a_brand_that_does_not_ask_keeps_to_its_configuration():
    async with bank_that(said(), asked=frozenset()) as (cut_offs, peer, _):
        assert await cut_offs.payment_day(BANK, NOW) == CONFIGURED
        assert await cut_offs.payment_day(BRAND, NOW) is None
        assert peer.heads == []


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        ({"valid_until": NOW + timedelta(minutes=15)}, NOW + timedelta(minutes=15)),
        ({"valid_until": NOW + timedelta(days=20)}, NOW + timedelta(minutes=KEPT_MINUTES_MAX)),
        ({"cut_off": NOW + timedelta(minutes=3)}, NOW + timedelta(minutes=3)),
    ],
    ids=["as it says", "an hour at most", "never beyond the cut-off"],
)
async def test_an_answer_counts_no_longer_than_it_may(facts, end):
    async with bank_that(said(**facts)) as (cut_offs, peer, _):
        first = await cut_offs.payment_day(BANK, NOW)
        assert await cut_offs.payment_day(BANK, end - timedelta(microseconds=1)) == first
        assert len(peer.heads) == 1
        later = PaymentDay(end, end + timedelta(hours=1), "refused")
        peer.good = said(at=end, opens=later.opens, cut_off=later.cut_off, late="refused", valid_until=later.cut_off)
        assert await cut_offs.payment_day(BANK, end) == later
        peer.good = said(**facts)
        assert await cut_offs.payment_day(BANK, NOW) == first  # nor is it of an instant before it
        assert len(peer.heads) == 3


LIES = {
    "of another instant": said(at=NOW - timedelta(seconds=1)),
    "a cut-off that has passed": said(cut_off=NOW),
    "too far ahead": said(opens=NOW + timedelta(days=DAYS_AHEAD_MAX), cut_off=NOW + timedelta(days=DAYS_AHEAD_MAX, seconds=1)),
    "too long": said(opens=DAY.cut_off - timedelta(hours=DAY_HOURS_MAX, seconds=1)),
    "ends before it begins": said(opens=DAY.cut_off),
    "of no validity": said(valid_until=NOW),
    "of no zone": written(cut_off="2026-06-30T15:30:00"),
    "of another zone": written(cut_off="2026-06-30T16:30:00+01:00"),
    "a day in place of an instant": written(cut_off="2026-06-30"),
    "of another age": written(opens="0001-01-01T00:00:00Z"),
    "no rule that there is": written(late="perhaps"),
    "without a member": answered(json.dumps({"at": "2026-06-30T14:05:11Z", "note": SECRET}).encode()),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_day_that_cannot_be_is_not_believed(lie):
    async with bank_that(LIES[lie]) as (cut_offs, _, counted):
        assert await cut_offs.payment_day(BANK, NOW) == CONFIGURED
        assert counted == [("payment_day", "upstream_failed")]


async def test_the_bounds_themselves_are_believed():
    far = NOW + timedelta(days=DAYS_AHEAD_MAX)
    async with bank_that(said(opens=far - timedelta(hours=DAY_HOURS_MAX), cut_off=far)) as (cut_offs, _, counted):
        assert await cut_offs.payment_day(BANK, NOW) == PaymentDay(far - timedelta(hours=DAY_HOURS_MAX), far, DAY.late)
        assert counted == []


MISCHIEF = {
    "hangs": sends(b"", then="hang"),
    "closes at once": sends(b"", then="close"),
    "is HTML": sends(answered(b"<html>", media_type="text/html")),
    "announces too much": sends(answered(b"", Content_Length=DAY_BYTES_MAX + 1), then="hang"),
    "knows no such path": sends(answered(b"not here", "404 Not Found", "text/plain")),
    "knows no such brand": sends(answered(b'{"code": "brand_unknown"}', "404 Not Found")),
    "fails": sends(answered(SECRET.encode(), "500 Internal Server Error")),
    "gives up": sends(answered(b'{"code": "timed_out"}', "504 Gateway Timeout")),
}


@pytest.mark.parametrize("mischief", MISCHIEF)
async def test_without_an_answer_the_configuration_counts(mischief, capsys):
    """Payments are taken while the core bank is away, and it is soon asked again, but not for each payment."""
    async with bank_that(said()) as (cut_offs, peer, counted):
        peer.mischief = MISCHIEF[mischief]
        with structlog.testing.capture_logs() as logs:
            assert await cut_offs.payment_day(BANK, NOW) == CONFIGURED
        assert SECRET not in f"{logs} {capsys.readouterr()}"
        late = mischief in {"hangs", "gives up"}
        assert counted == [("payment_day", "upstream_timed_out" if late else "upstream_failed")]
        peer.mischief, again = None, NOW + timedelta(seconds=UNANSWERED_SECONDS)
        peer.good = said(at=again)
        assert await cut_offs.payment_day(BANK, again - timedelta(microseconds=1)) == CONFIGURED
        assert await cut_offs.payment_day(BANK, again) == GIVEN
        assert len(counted) == 1


@pytest.mark.parametrize("code", ["unknown", "operation_unknown"])
async def test_a_bank_may_leave_its_days_to_the_configuration(code):
    async with bank_that(answered(json.dumps({"code": code}).encode(), "404 Not Found")) as (cut_offs, peer, counted):
        for _ in range(2):
            assert await cut_offs.payment_day(BANK, NOW) == CONFIGURED
        assert (len(peer.heads), counted) == (1, [])


def test_the_example_is_of_its_own_day():
    assert DAY_EXAMPLE.opens == datetime(2026, 6, 30, tzinfo=BANK.zone).astimezone(UTC)

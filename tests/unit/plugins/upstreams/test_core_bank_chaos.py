"""A core bank that misbehaves on the wire: the caller gets the standard's error promptly, and the next question is answered."""

import asyncio
import json
from contextlib import asynccontextmanager

import msgspec
import pytest
import structlog

from gateway.ports import Page, TransactionFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.records.statements import PDF
from kernel.clock import monotonic
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from openapi.core_bank.v1.examples import EXAMPLES
from openapi.core_bank.v1.operations import JSON_BYTES_MAX
from plugins.upstreams.circuit import Circuit, CircuitLimits
from plugins.upstreams.core_bank import CoreBank
from tests.harness.misbehaving_peer import Peer, answered, sends, serving
from tests.harness.paper_bank import BRAND
from tests.harness.patience import PATIENCE_SECONDS

ACCOUNT = "acc-7f3c"
SECRET = "00997112345678"  # an account number in every answer: it must not reach a log
SECONDS = 0.4  # what a question may take here
GOOD = msgspec.json.encode(EXAMPLES["accounts"])


@pytest.fixture
async def peer():
    async with serving(Peer(answered(GOOD))) as peer:
        yield peer


@asynccontextmanager
async def bank_at(peer: Peer, limits: CircuitLimits | None = None):
    """The bank behind the guard, as the gateway sees it, and the defects that were counted."""
    counted = []
    circuit = Circuit(monotonic, limits)
    async with CoreBank.open(f"http://127.0.0.1:{peer.port}", circuit=circuit, token="t", seconds_max=SECONDS) as bank:
        yield GuardedAccounts(bank, count_defect=lambda *defect: counted.append(defect)), counted


async def drips(writer: asyncio.StreamWriter) -> None:
    for byte in answered(GOOD):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def floods(writer: asyncio.StreamWriter) -> None:
    """A body without a length that never ends."""
    writer.write(answered(b"", Content_Length=None, Transfer_Encoding="chunked"))
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        writer.write(chunk)
        await writer.drain()


def altered(**facts: object) -> bytes:
    [account] = msgspec.to_builtins(EXAMPLES["accounts"])["accounts"]
    return json.dumps({"accounts": [account | facts]}).encode()


MISCHIEF = {
    "hangs": sends(b"", then="hang"),
    "hangs after the head": sends(answered(b"", Content_Length=5), then="hang"),
    "drips": drips,
    "breaks off in the body": sends(answered(GOOD)[:-20], then="close"),
    "resets in the body": sends(answered(GOOD)[:-20], then="reset"),
    "resets at once": sends(b"", then="reset"),
    "closes at once": sends(b"", then="close"),
    "is no HTTP": sends(b"\x16\x03\x01 what is this?\r\n\r\n", then="close"),
    "has two lengths": sends(answered(GOOD, content_length=7), then="close"),
    "is no JSON": sends(answered(b"<html>" + SECRET.encode())),
    "is half JSON": sends(answered(GOOD[:-2])),
    "is not UTF-8": sends(answered(GOOD.replace(b"Bills", b"\xff\xfe"))),
    "is empty": sends(answered(b"")),
    "is another shape": sends(answered(b'{"accounts": {}}')),
    "lacks a member": sends(answered(b'{"accounts": [{"id": "acc-7f3c"}]}')),
    "says a word that is none of ours": sends(answered(altered(status=SECRET))),
    "has a date without a zone": sends(answered(altered(opened_at="2026-01-01T00:00:00"))),
    "has a currency that is none": sends(answered(altered(currency="POUNDS"))),
    "names another account": sends(answered(altered(id="another"))),
    "nests without end": sends(answered(b'{"accounts": ' + b"[" * 100_000)),
    "is HTML": sends(answered(GOOD, media_type="text/html")),
    "has no media type": sends(answered(GOOD, Content_Type=None)),
    "is compressed": sends(answered(GOOD, Content_Encoding="gzip")),
    "announces too much": sends(answered(b"", Content_Length=JSON_BYTES_MAX + 1), then="hang"),
    "floods": floods,
    "redirects": sends(answered(b"", "302 Found", Location="http://127.0.0.1:1/")),
    "refuses": sends(answered(b'{"code": "credentials_invalid"}', "401 Unauthorized")),
    "knows no such path": sends(answered(b"not here", "404 Not Found", "text/plain")),
    "says unknown where nothing can be": sends(answered(b'{"code": "unknown"}', "404 Not Found")),
    "fails": sends(answered(SECRET.encode(), "500 Internal Server Error")),
    "is busy": sends(answered(b"", "503 Service Unavailable", Retry_After="100")),
    "gives up": sends(answered(b'{"code": "timed_out"}', "504 Gateway Timeout")),
}
LATE = {"hangs", "hangs after the head", "drips", "gives up"}


@pytest.mark.parametrize("name", MISCHIEF)
async def test_the_caller_fails_promptly_and_the_next_question_is_answered(peer, name, capsys):
    async with bank_at(peer) as (bank, counted):
        assert [account.id for account in await bank.accounts(BRAND, (ACCOUNT,))] == [ACCOUNT]
        peer.mischief = MISCHIEF[name]
        with (
            structlog.testing.capture_logs() as logs,
            pytest.raises(UpstreamTimedOut if name in LATE else UpstreamFailed) as shown,
        ):
            await bank.accounts(BRAND, (ACCOUNT,))
        assert counted == [("accounts", shown.value.code)]
        assert SECRET not in f"{shown.value} {shown.value.detail} {logs} {capsys.readouterr()}"
        peer.mischief = None
        assert [account.id for account in await bank.accounts(BRAND, (ACCOUNT,))] == [ACCOUNT]
        assert len(counted) == 1


async def test_a_question_is_asked_once_more_when_the_connection_breaks_before_the_answer_and_then_no_more(peer):
    async with bank_at(peer) as (bank, _):
        peer.mischief = sends(b"", then="reset")
        with pytest.raises(UpstreamFailed):
            await bank.accounts(BRAND, (ACCOUNT,))
        assert len(peer.heads) == 2

        async def once(writer: asyncio.StreamWriter) -> None:
            peer.mischief = None
            writer.transport.abort()

        peer.mischief = once
        assert await bank.accounts(BRAND, (ACCOUNT,))
        assert len(peer.heads) == 4


@pytest.mark.parametrize("name", ["breaks off in the body", "fails", "is no JSON", "hangs"])
async def test_an_answer_that_began_or_is_late_is_not_asked_for_again(peer, name):
    async with bank_at(peer) as (bank, _):
        peer.mischief = MISCHIEF[name]
        with pytest.raises((UpstreamFailed, UpstreamTimedOut)):
            await bank.accounts(BRAND, (ACCOUNT,))
        assert len(peer.heads) == 1


async def test_a_page_with_any_false_value_is_refused(peer):
    page = EXAMPLES["transactions"]
    foreign = msgspec.structs.replace(page.transactions[0], account_id="another")
    async with bank_at(peer) as (bank, counted):
        for rows in ((foreign,), page.transactions[::-1]):
            peer.mischief = sends(answered(msgspec.json.encode(msgspec.structs.replace(page, transactions=rows))))
            with pytest.raises(UpstreamFailed):
                await bank.transactions(BRAND, (ACCOUNT,), TransactionFilter())
        peer.mischief = sends(answered(msgspec.json.encode(EXAMPLES["beneficiaries"]).replace(b"ben-31", b"ben 31")))
        with pytest.raises(UpstreamFailed):
            await bank.beneficiaries(BRAND, (ACCOUNT,), Page())
    assert [operation for operation, _ in counted] == ["transactions", "transactions", "beneficiaries"]


@pytest.mark.parametrize("body", [b"<html>not a statement</html>", b""])
async def test_a_file_that_is_none_is_refused(peer, body):
    async with bank_at(peer) as (bank, _):
        for media_type in (PDF, "text/html"):
            peer.mischief = sends(answered(body, media_type=media_type))
            with pytest.raises(UpstreamFailed):
                await bank.statement_file(BRAND, ACCOUNT, "st-1", PDF)


async def test_a_dead_bank_is_answered_for_at_once_and_asked_again_when_it_is_back(peer):
    limits = CircuitLimits(calls_min=3, open_seconds=1.5, probes=1)
    async with bank_at(peer, limits) as (bank, counted):
        peer.mischief = MISCHIEF["hangs"]
        for _ in range(limits.calls_min):
            with pytest.raises(UpstreamTimedOut):
                await bank.accounts(BRAND, (ACCOUNT,))
        asked = len(peer.heads)
        with structlog.testing.capture_logs() as logs, pytest.raises(UpstreamTimedOut, match="circuit_open"):
            await bank.accounts(BRAND, (ACCOUNT,))
        assert logs == []  # not at its callers' pace
        assert len(peer.heads) == asked
        peer.mischief = None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    assert await bank.accounts(BRAND, (ACCOUNT,))
                    break
                except UpstreamTimedOut:
                    await asyncio.sleep(0.05)
    assert ("accounts", "upstream_timed_out") in counted


async def test_a_closed_port_is_a_failure_at_once():
    async with CoreBank.open("http://127.0.0.1:1", circuit=Circuit(monotonic), token="t") as bank:
        with pytest.raises(UpstreamFailed, match="unreachable"):
            await bank.accounts(BRAND, (ACCOUNT,))


async def test_a_caller_who_goes_away_leaves_no_connection_behind(peer):
    async with bank_at(peer) as (bank, counted):
        peer.mischief = MISCHIEF["hangs"]
        asking = asyncio.create_task(bank.accounts(BRAND, (ACCOUNT,)))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await peer.heard.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        peer.mischief = None
        assert await bank.accounts(BRAND, (ACCOUNT,))
        assert peer.connections == 2
        assert counted == []


async def test_the_owner_reads_what_was_defect_also_of_what_passes_no_guard(peer):
    counted = []
    async with CoreBank.open(
        f"http://127.0.0.1:{peer.port}", circuit=Circuit(monotonic), count_defect=lambda *defect: counted.append(defect)
    ) as bank:
        peer.mischief = MISCHIEF["fails"]
        with pytest.raises(UpstreamFailed):
            await bank.accounts_of(BRAND, "customer-1")
    assert counted == [("accounts_of", "upstream_failed")]

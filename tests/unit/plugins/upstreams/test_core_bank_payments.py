"""plugins/upstreams/core_bank_payments.py: a core that misbehaves is never believed, never asked twice, and never contradicts itself unnoticed.

That it keeps the promises of the port is held by tests/contracts/test_payments_upstream.py.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest
import structlog

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from kernel.banking.payee_checks import NOT_AVAILABLE
from kernel.clock import ManualClock, monotonic
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from openapi.core_bank.v1.operations import PAYMENT_ROWS
from openapi.core_bank.v1.payment_examples import PAYMENT_EXAMPLES, PAYMENT_QUESTIONS
from orders.ports import PaymentsUpstream, Progress, Refused, Reserved, Resolution
from plugins.upstreams.circuit import Circuit, CircuitLimits
from plugins.upstreams.core_bank_payments import PAYMENT_BYTES_MAX, CoreBankPayments
from tests.harness.misbehaving_peer import Peer, answered, sends, serving
from tests.harness.paper_bank import BRAND
from tests.harness.paper_payments import PaperPayments
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.payment_banks import payments_over_http
from tests.harness.upstream_books import NOW

TRANSFER = PAYMENT_QUESTIONS["submit"].transfer
ORDER, AMOUNT = TRANSFER.order_id, TRANSFER.amount
ACCOUNT = TRANSFER.payer_account
PAYEE = TRANSFER.creditor_account
RESOLUTION = Resolution(status=RailStatus.SETTLED, evidence_sha256=PAYMENT_QUESTIONS["resolve"].evidence_sha256)
SECRET = "00997112345678"  # an account number that a bank puts into an answer: it must not reach a log
SECONDS = 0.4  # what a question may take here
OFFER = msgspec.to_builtins(PAYMENT_EXAMPLES["quote"].quote)
GOOD = {name: msgspec.json.encode(example) for name, example in PAYMENT_EXAMPLES.items()}
QUESTIONS = {
    "reserve": lambda bank: bank.reserve(BRAND, TRANSFER),
    "submit": lambda bank: bank.submit(BRAND, TRANSFER),
    "status": lambda bank: bank.status(BRAND, ORDER),
    "cancel": lambda bank: bank.cancel(BRAND, ORDER),
    "release": lambda bank: bank.release(BRAND, ORDER),
    "resolve": lambda bank: bank.resolve(BRAND, ORDER, RESOLUTION),
    "funds": lambda bank: bank.funds(BRAND, ACCOUNT, AMOUNT),
    "quote": lambda bank: bank.quote(BRAND, PAYMENT_QUESTIONS["quote"].asked),
}
POSTS = sorted(row.name for row in PAYMENT_ROWS if row.method == "POST" and row.name != "payee")


@pytest.fixture
async def peer():
    async with serving(Peer(answered(b"{}"))) as peer:
        yield peer


@asynccontextmanager
async def bank_at(peer: Peer, limits: CircuitLimits | None = None, seconds: float = PATIENCE_SECONDS):
    """The bank as its client sees it, and the defects that it counted. `seconds`: the time that the client gives it."""
    counted = []
    async with CoreBankPayments.open(
        f"http://127.0.0.1:{peer.port}",
        circuit=Circuit(monotonic, limits or CircuitLimits(calls_min=1000)),
        token="t",
        seconds_max=seconds,
        count_defect=lambda *defect: counted.append(defect),
    ) as bank:
        yield bank, counted


def altered(name: str, /, **facts: object) -> bytes:
    return answered(json.dumps(msgspec.to_builtins(PAYMENT_EXAMPLES[name]) | facts).encode())


def test_the_client_has_a_method_for_every_row():
    port = {name for name in vars(PaymentsUpstream) if not name.startswith("_")} - {"name"}
    assert port == {row.name for row in PAYMENT_ROWS}


@pytest.mark.parametrize("row", [row for row in PAYMENT_ROWS if row.name in QUESTIONS], ids=lambda row: row.name)
async def test_what_the_bank_is_asked_is_the_published_question(peer, row):
    """By the example: each question of the client is the body, or the query, that the document shows."""
    peer.good = answered(GOOD[row.name])
    async with bank_at(peer) as (bank, _):
        await QUESTIONS[row.name](bank)
    head = peer.heads[0].decode()
    assert f"Deadline-Ms: {int(PATIENCE_SECONDS * 1000)}" in head
    if row.method == "POST":
        assert head.startswith(f"POST /brands/main{row.path} ")
        assert msgspec.json.decode(peer.bodies[0], type=row.question) == PAYMENT_QUESTIONS[row.name]
        assert "Content-Type: application/json" in head
    else:
        assert head.startswith(f"GET /brands/main{row.path}?order_id={ORDER} ")


MISCHIEF = {
    "hangs": sends(b"", then="hang"),
    "resets at once": sends(b"", then="reset"),
    "closes at once": sends(b"", then="close"),
    "is half JSON": sends(answered(b'{"order_id": "x"')),
    "is empty": sends(answered(b"{}")),
    "is HTML": sends(answered(b"<html>", media_type="text/html")),
    "announces too much": sends(answered(b"", Content_Length=PAYMENT_BYTES_MAX + 1), then="hang"),
    "redirects": sends(answered(b"", "307 Temporary Redirect", Location="http://127.0.0.1:1/")),
    "does not understand": sends(answered(b'{"code": "question_invalid"}', "400 Bad Request")),
    "knows no such path": sends(answered(b"not here", "404 Not Found", "text/plain")),
    "knows no such brand": sends(answered(b'{"code": "brand_unknown"}', "404 Not Found")),
    "fails": sends(answered(SECRET.encode(), "500 Internal Server Error")),
    "is busy": sends(answered(b"", "503 Service Unavailable")),
    "gives up": sends(answered(b'{"code": "timed_out"}', "504 Gateway Timeout")),
}
LATE = {"hangs", "gives up"}


def seconds_for(mischief: str) -> float:
    """Short only where the client waits in vain: an answer that comes is judged however slow the machine is."""
    return SECONDS if mischief == "hangs" else PATIENCE_SECONDS


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("mischief", MISCHIEF)
async def test_no_usable_answer_is_no_answer(peer, name, mischief, capsys):
    async with bank_at(peer, seconds=seconds_for(mischief)) as (bank, counted):
        peer.mischief = MISCHIEF[mischief]
        with (
            structlog.testing.capture_logs() as logs,
            pytest.raises(UpstreamTimedOut if mischief in LATE else UpstreamFailed) as failed,
        ):
            await QUESTIONS[name](bank)
        assert SECRET not in f"{failed.value} {failed.value.detail} {logs} {capsys.readouterr()}"
        assert counted == ([(name, failed.value.code)] if name in ("funds", "quote") else [])


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("mischief", ["resets at once", "closes at once", "fails", "hangs"])
async def test_what_has_an_effect_is_sent_once(peer, name, mischief):
    """Also on a connection that was used before: the machine of orders asks for the status in place of sending again."""
    async with bank_at(peer, seconds=seconds_for(mischief)) as (bank, _):
        peer.good = answered(GOOD["status"])
        await bank.status(BRAND, ORDER)
        peer.mischief = MISCHIEF[mischief]
        with pytest.raises((UpstreamFailed, UpstreamTimedOut)):
            await QUESTIONS[name](bank)
        assert len(peer.heads) == 2


FOREIGN = {
    "reserve, another order": ("reserve", {"order_id": "another"}),
    "reserve, another amount": ("reserve", {"amount": {"currency": "GBP", "minor": 1}}),
    "reserve, another currency": ("reserve", {"amount": {"currency": "EUR", "minor": AMOUNT.minor}}),
    "reserve, refused without a reason": ("reserve", {"reserved": False}),
    "reserve, held with a reason": ("reserve", {"reason": "AM04"}),
    "submit, another order": ("submit", {"order_id": "another"}),
    "submit, another amount": ("submit", {"amount": {"currency": "GBP", "minor": AMOUNT.minor + 1}}),
    "submit, no amount": ("submit", {"amount": None}),
    "submit, a status outside the table": ("submit", {"status": "DONE"}),
    "submit, an instant without a zone": ("submit", {"at": "2026-06-30T14:05:11"}),
    "submit, an instant of another age": ("submit", {"at": "9999-06-30T14:05:11Z"}),
    "submit, a reason that is no code": ("submit", {"status": "RJCT", "reason": SECRET}),
    "status, another order": ("status", {"order_id": "another"}),
    "status, a status outside the table": ("status", {"status": ""}),
    "cancel, another order": ("cancel", {"order_id": "another"}),
    "resolve, another order": ("resolve", {"order_id": "another"}),
    "release, another order": ("release", {"order_id": "another"}),
    "funds, another account": ("funds", {"account_id": "another"}),
    "funds, another amount": ("funds", {"amount": {"currency": "GBP", "minor": 1}}),
    "funds, perhaps": ("funds", {"available": "perhaps"}),
    "quote, another amount": ("quote", {"amount": {"currency": "EUR", "minor": 1}}),
    "quote, another currency": ("quote", {"currency": "USD"}),
    "quote, at another rate": ("quote", {"quote": OFFER | {"rate": "1.1602"}}),
    "quote, for ever": ("quote", {"quote": {name: OFFER[name] for name in OFFER if name != "expires_at"}}),
    "quote, and none": ("quote", {"refused": "currency"}),
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_an_answer_that_is_not_of_the_question_is_refused(peer, case, capsys):
    name, facts = FOREIGN[case]
    async with bank_at(peer) as (bank, _):
        peer.mischief = sends(altered(name, **facts))
        with structlog.testing.capture_logs() as logs, pytest.raises(UpstreamFailed) as failed:
            await QUESTIONS[name](bank)
        assert SECRET not in f"{failed.value} {failed.value.detail} {logs} {capsys.readouterr()}"


async def test_an_order_that_the_bank_does_not_know_has_no_status(peer):
    async with bank_at(peer) as (bank, _):
        peer.mischief = sends(answered(b'{"code": "unknown"}', "404 Not Found"))
        assert await bank.status(BRAND, ORDER) is None
        with pytest.raises(UpstreamFailed):
            await bank.cancel(BRAND, ORDER)


async def test_reasons_keep_their_code_and_one_that_is_none_of_ours_says_nothing(peer):
    async with bank_at(peer) as (bank, _):
        for code, reason in (("AC04", Reason.ACCOUNT_CLOSED), ("AG13", Reason.UNSPECIFIED_BY_AGENT)):
            peer.mischief = sends(altered("status", status="RJCT", reason=code))
            assert await bank.status(BRAND, ORDER) == Progress(
                status=RailStatus.REJECTED, at=datetime(2026, 6, 30, 14, 5, 11, 250000, tzinfo=UTC), reason=reason
            )
            peer.mischief = sends(altered("reserve", reserved=False, reason=code))
            assert await bank.reserve(BRAND, TRANSFER) == Refused(reason)
        peer.mischief = sends(altered("reserve"))
        assert await bank.reserve(BRAND, TRANSFER) == Reserved()


async def test_what_the_bank_said_is_kept_as_it_came(peer):
    async with bank_at(peer) as (bank, _):
        for name in ("submit", "status", "cancel", "resolve"):
            peer.good = answered(GOOD[name])
            assert (await QUESTIONS[name](bank)).message == GOOD[name]


async def test_an_answer_that_was_overtaken_is_no_contradiction(peer):
    async with bank_at(peer) as (bank, _):
        for status in ("ACSP", "ACCC", "ACSP", "ACSC"):
            peer.mischief = sends(altered("status", status=status))
            assert (await bank.status(BRAND, ORDER)).status == status


async def test_a_last_word_that_is_taken_back_is_passed_on(peer):
    """The machine of orders notes the contradiction: it would hear nothing of what is a defect here."""
    async with bank_at(peer) as (bank, _):
        for status in ("ACCC", "RJCT"):
            peer.mischief = sends(altered("status", status=status))
            assert (await bank.status(BRAND, ORDER)).status == status


@pytest.mark.parametrize(
    "mischief",
    [
        *MISCHIEF.values(),
        sends(altered("payee", match="no_match")),  # with a name
        sends(altered("payee", match="match", name=None)),  # with the code of a close match
        sends(altered("payee", code="XXXX")),
        sends(altered("payee", name="x" * 2001)),
    ],
)
async def test_a_check_of_a_payee_that_fails_is_one_that_is_not_available(peer, mischief):
    async with bank_at(peer) as (bank, counted):
        peer.mischief = mischief
        assert await bank.payee(BRAND, PAYEE, "Anne Landlord") == NOT_AVAILABLE
        assert [question for question, _ in counted] == ["payee"]


async def test_a_check_of_a_payee_is_passed_on_whole(peer):
    async with bank_at(peer) as (bank, counted):
        peer.good = answered(GOOD["payee"])
        assert await bank.payee(BRAND, PAYEE, "Anne Landlord") == PAYMENT_EXAMPLES["payee"]
        assert b"landlord" in peer.bodies[0].lower()
        assert b"landlord" not in peer.heads[0].lower()
        assert counted == []


async def test_a_core_that_fails_too_often_is_left_alone_for_a_while(peer):
    limits = CircuitLimits(calls_min=3, open_seconds=60)
    async with bank_at(peer, limits) as (bank, _):
        peer.mischief = MISCHIEF["fails"]
        for _ in range(limits.calls_min):
            with pytest.raises(UpstreamFailed):
                await bank.status(BRAND, ORDER)
        asked = len(peer.heads)
        with pytest.raises(UpstreamTimedOut, match="circuit_open"):
            await bank.submit(BRAND, TRANSFER)
        assert len(peer.heads) == asked


# the server that we ship
async def test_a_submission_whose_deadline_passes_is_given_up():
    """It answers 504 and the work on it ends: nothing of it is begun later."""
    ended = asyncio.Event()

    class Slow(PaperPayments):
        async def submit(self, brand, transfer):
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    async with payments_over_http(Slow(ManualClock(NOW)), seconds_max=SECONDS) as bank:
        with pytest.raises(UpstreamTimedOut):
            await bank.submit(BRAND, TRANSFER)
    assert ended.is_set()


async def test_a_core_behind_the_server_that_fails_is_no_answer():
    class Broken(PaperPayments):
        async def submit(self, brand, transfer):
            raise UpstreamFailed("books on fire")

    async with payments_over_http(Broken(ManualClock(NOW))) as bank:
        with pytest.raises(UpstreamFailed, match="502"):
            await bank.submit(BRAND, TRANSFER)


async def test_a_bank_without_payments_serves_none():
    async with payments_over_http(None) as bank:
        with pytest.raises(UpstreamFailed, match="404"):
            await bank.status(BRAND, ORDER)


async def test_everything_that_may_be_known_of_a_transfer_arrives():
    seen = []

    class Listening(PaperPayments):
        async def reserve(self, brand, transfer):
            seen.append((brand, transfer))
            return await super().reserve(brand, transfer)

    whole = msgspec.structs.replace(
        TRANSFER,
        creditor_bic="BUKBGB22XXX",
        creditor_account=AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555", "Zoë Ünal", "roll 7"),
        creditor_name="Zoë Ünal & Søn",
        remittance="r" * 140,
        end_to_end_id="e" * 35,
        amount=Money("JPY", 5),
    )
    async with payments_over_http(Listening(ManualClock(NOW))) as bank:
        await bank.reserve(BRAND, whole)
    [(brand, transfer)] = seen
    assert (brand.name, transfer) == (BRAND.name, whole)

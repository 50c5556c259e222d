"""The file rail: payments collected into batches, handed over once though it is killed anywhere, and ended by evidence alone."""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from kernel.clock import ManualClock
from plugins.rails.files import exchange as exchange_module
from plugins.rails.files.exchange import Exchange
from plugins.rails.files.rail import FileRail, Sender
from plugins.rails.files.rules import AMOUNT_MAX, ZONE, BatchRule, daily_cut_off, refusal_of
from plugins.rails.files.simulated_bureau import NOTIFIED, OUTCOMES, SILENT, SimulatedBureau
from plugins.rails.files.spool import Spool
from plugins.rails.ports import RailPayment, RailSilent
from tests.harness.iso20022 import read_by_another, validate
from tests.harness.patience import PATIENCE_SECONDS

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
SENDER = Sender("Portcullis Bank", "PTCLGB2L")
RULE = BatchRule(daily_cut_off(time(15)), transfers_max=3)
GUIDE = Path(__file__).parents[4] / "docs" / "sandbox-payments.md"


class Killed(BaseException):
    """The process is no more."""


def payment(number: int, ending: str = "5698", **changes) -> RailPayment:
    made = RailPayment(
        uetr=str(UUID(int=number, version=4)),
        amount=Money("GBP", 1_000 + number),
        debtor_name="Alice Archer",
        debtor_account=None,
        creditor_name="ACME Inc",
        creditor_account=AccountIdentifier(Scheme.SORT_CODE, f"0808002132{ending}"),
        remittance="invoice 4711",
    )
    return msgspec.structs.replace(made, **changes)


@dataclass
class Room:
    folder: Path
    clock: ManualClock
    rail: FileRail
    bureau: SimulatedBureau

    def __post_init__(self) -> None:
        self.exchange = Exchange(self.folder)

    async def collect(self, *payments: RailPayment) -> None:
        for each in payments:
            assert (await self.rail.submit(each)).status is RailStatus.PENDING

    async def pass_cut_off(self) -> None:
        self.clock.advance(timedelta(hours=7))
        await self.rail.turn()

    async def answered(self) -> None:
        """The bureau answers, and the answers are read."""
        await self.bureau.look()
        await self.rail.turn()

    async def ends(self, *payments: RailPayment) -> list:
        return [await self.rail.status(each.uetr) for each in payments]

    async def put_in(self, document: bytes, name: str = "theirs") -> None:
        await asyncio.to_thread(self.exchange.answer, name, document)

    def documents(self) -> list[bytes]:
        """Every batch that was ever handed over."""
        return [
            path.read_bytes() for folder in (self.exchange.outgoing, self.exchange.taken) for path in sorted(folder.glob("*.xml"))
        ]


def open_rail(folder: Path, clock: ManualClock) -> FileRail:
    return FileRail(folder, RULE, SENDER, clock)


@pytest.fixture
def room(tmp_path):
    clock = ManualClock(MONDAY)
    made = Room(tmp_path, clock, open_rail(tmp_path, clock), SimulatedBureau(tmp_path, clock))
    yield made
    made.bureau.close()


async def test_payments_wait_for_the_cut_off_and_go_in_one_batch(room):
    await room.collect(payment(1), payment(2))
    await room.rail.turn()
    assert room.documents() == []
    await room.pass_cut_off()
    (document,) = room.documents()
    validate("pain.001.001.09", document)
    read = read_by_another("pain.001.001.09", document).cstmr_cdt_trf_initn
    (batch,) = read.pmt_inf
    assert [each.pmt_id.uetr for each in batch.cdt_trf_tx_inf] == [payment(1).uetr, payment(2).uetr]
    assert (read.grp_hdr.nb_of_txs, str(read.grp_hdr.ctrl_sum), str(batch.reqd_exctn_dt.dt)) == ("2", "20.03", "2026-12-01")


async def test_a_full_batch_waits_for_no_cut_off(room):
    await room.collect(*(payment(number) for number in range(1, 5)))
    await room.rail.turn()
    assert len(room.documents()) == 1
    await room.pass_cut_off()
    assert len(room.documents()) == 2


async def test_only_regular_files_are_read(room, tmp_path):
    """A folder, a pipe and links under the names of answers hold up none."""
    await room.collect(payment(1))
    await room.pass_cut_off()
    incoming, outside = room.exchange.incoming, tmp_path / "outside.xml"
    outside.write_bytes(b"<secret/>")
    (incoming / "0.xml").mkdir()
    os.mkfifo(incoming / "00.xml")
    (incoming / "01.xml").symlink_to(outside)
    (incoming / "02.xml").symlink_to(tmp_path / "nothing.xml")
    await room.answered()
    assert [end.status for end in await room.ends(payment(1))] != [RailStatus.PENDING]
    assert sorted(path.name for path in incoming.glob("*.xml")) == ["0.xml", "00.xml", "01.xml", "02.xml"]
    assert list(room.exchange.refused.iterdir()) == []


async def test_answers_are_read_also_where_nothing_can_be_handed_over(room, monkeypatch):
    first, second = payment(1), payment(2)
    await room.collect(first)
    await room.pass_cut_off()
    await room.bureau.look()
    await room.collect(second)
    room.clock.advance(timedelta(days=1))
    with monkeypatch.context() as full:
        full.setattr(Exchange, "hand_over", _refuse)
        with pytest.raises(RailSilent):
            await room.rail.turn()
    assert [end.status for end in await room.ends(first, second)] == [RailStatus.SETTLED, RailStatus.PENDING]
    await room.rail.turn()
    assert len(room.documents()) == 2


def _refuse(*_arguments) -> None:
    raise OSError("no space left")


async def test_a_full_batch_has_the_day_of_the_rail_and_not_that_of_another_zone(room):
    """After midnight in London, before midnight by UTC."""
    room.clock.advance(datetime(2027, 6, 30, 23, 30, tzinfo=UTC) - MONDAY)
    await room.collect(*(payment(number) for number in range(1, 4)))
    await room.rail.turn()
    assert b"<Dt>2027-07-02</Dt>" in room.documents()[0]


async def test_a_payment_that_was_collected_after_the_cut_off_goes_on_the_next_business_day(room):
    """Over a weekend."""
    room.clock.advance(timedelta(days=4, hours=7))  # Friday, 16:00
    await room.collect(payment(1))
    room.clock.advance(timedelta(days=2))
    await room.rail.turn()
    assert room.documents() == []
    room.clock.advance(timedelta(days=1))
    await room.rail.turn()
    assert b"<Dt>2026-12-08</Dt>" in room.documents()[0]


def test_a_cut_off_is_on_a_business_day_however_far_ahead():
    cut_off_of = daily_cut_off(time(15), ZONE)
    assert cut_off_of(datetime(2026, 12, 25, 9, tzinfo=UTC)) == datetime(
        2026, 12, 29, 15, tzinfo=UTC
    )  # two holidays and a weekend
    assert cut_off_of(datetime(2031, 1, 1, 9, tzinfo=UTC)) == datetime(2031, 1, 2, 15, tzinfo=UTC)


async def test_each_payment_ends_as_its_report_or_its_booking_says(room):
    paid, refused, silent, notified = payment(1), payment(2, "9904"), payment(3, SILENT), payment(4, NOTIFIED)
    await room.collect(paid, refused, silent, notified)
    await room.pass_cut_off()
    await room.answered()
    ends = await room.ends(paid, refused, silent, notified)
    assert [end.status for end in ends] == [RailStatus.SETTLED, RailStatus.REJECTED, RailStatus.PENDING, RailStatus.SETTLED]
    assert (ends[1].reason, ends[0].cycle) == (Reason.ACCOUNT_CLOSED, "2026-12-01.1")
    assert ends[2].status is RailStatus.PENDING  # until there is evidence
    for document, message in zip(sorted(room.exchange.read.glob("*")), ("camt.054.001.08", "pain.002.001.10") * 2, strict=False):
        validate(message, document.read_bytes())


async def test_a_batch_may_be_refused_as_a_whole(room):
    await room.collect(payment(1, "9901"), payment(2, "9901"))
    await room.pass_cut_off()
    await room.answered()
    assert {end.reason for end in await room.ends(payment(1), payment(2))} == {Reason.ACCOUNT_NUMBER_WRONG}


async def test_late_answers_are_noticed_until_they_are_acknowledged(room):
    await room.collect(payment(1))
    await room.pass_cut_off()
    await room.answered()
    kept = await room.rail.notices()
    assert {notice.report.status for notice in kept} == {RailStatus.SETTLED}
    for notice in kept:
        await room.rail.acknowledge(notice.id)
    assert await room.rail.notices() == ()


async def test_a_payment_is_collected_once_and_another_under_its_uetr_is_none(room):
    for _ in range(3):
        await room.collect(payment(1))
    with pytest.raises(RailSilent):
        await room.rail.submit(payment(1, amount=Money("GBP", 9)))
    await room.pass_cut_off()
    assert room.documents()[0].count(b"<CdtTrfTxInf>") == 1
    assert await room.rail.status("another") is None


async def test_what_a_message_has_no_room_for_is_refused_and_goes_into_no_batch(room):
    long = payment(1, creditor_name="A" * 141)
    refused = await room.rail.submit(long)
    assert (refused.status, refused.reason) == (RailStatus.REJECTED, Reason.UNSPECIFIED_BY_AGENT)
    assert await room.rail.submit(long) == refused
    await room.collect(payment(2))
    await room.pass_cut_off()
    assert long.uetr.encode() not in room.documents()[0]


STEPS = (
    (FileRail, "_batch"),
    (exchange_module, "put"),
    (exchange_module, "_sync"),
    (Exchange, "hand_over"),
    (Spool, "mark_written"),
    (Spool, "take"),
    (Spool, "close_batches"),
)


@pytest.mark.parametrize(("place", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_rail_that_is_killed_anywhere_hands_each_payment_over_once(room, monkeypatch, place, step, after):
    """Before the step, or after it; so is the bureau, which takes what there is meanwhile."""
    sent = [payment(number) for number in range(1, 6)]
    await room.collect(*sent)
    room.clock.advance(timedelta(hours=7))
    original, deaths = getattr(place, step), iter(range(3))

    def dying(*arguments):
        if next(deaths, None) is None:
            return original(*arguments)
        if after:
            original(*arguments)
        raise Killed

    monkeypatch.setattr(place, step, dying)
    for _ in range(8):
        with suppress(Killed):
            await room.rail.turn()
            await room.bureau.look()
        await room.rail.close()
        room.rail = await asyncio.to_thread(open_rail, room.folder, room.clock)
    await room.bureau.look()
    await room.rail.turn()
    assert sorted((each.uetr, each.minor) for each in await asyncio.to_thread(room.bureau.taken)) == sorted(
        (each.uetr, each.amount.minor) for each in sent
    )
    assert sum(document.count(b"<CdtTrfTxInf>") for document in room.documents()) == len(sent)
    assert {end.status for end in await room.ends(*sent)} == {RailStatus.SETTLED}


async def test_a_bureau_that_takes_a_file_twice_books_it_once(room):
    await room.collect(payment(1))
    await room.pass_cut_off()
    [(file, again)] = await asyncio.to_thread(room.exchange.read_handed_over)
    await room.answered()
    file.write_bytes(again)
    await room.answered()
    assert [(each.uetr, each.minor) for each in await asyncio.to_thread(room.bureau.taken)] == [(payment(1).uetr, 1_001)]


def report(batch: str, said: str, message: str = "pain.002.001.10") -> bytes:
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId><CreDtTm>2026-11-30T17:00:00Z</CreDtTm>'
        f"</GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{batch}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}</OrgnlPmtInfId>{said}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def on(uetr: str, status: str, instruction: str | None = None) -> str:
    return (
        f"<TxInfAndSts><OrgnlInstrId>{instruction or uetr.replace('-', '')}</OrgnlInstrId><OrgnlUETR>{uetr}</OrgnlUETR>"
        f"<TxSts>{status}</TxSts></TxInfAndSts>"
    )


UETR = payment(1).uetr
OTHER = payment(2).uetr
UNBELIEVED = {
    "of another batch": lambda batch: report("another", on(UETR, "RJCT")),
    "of a payment that is not ours": lambda batch: report(batch, on(OTHER, "RJCT")),
    "with the references of two payments": lambda batch: report(batch, on(UETR, "RJCT", OTHER.replace("-", ""))),
    "with no word of a payment": lambda batch: report(batch, on(UETR, "PART")),
    "of another message": lambda batch: report(batch, on(UETR, "RJCT"), "pain.014.001.07"),
    "with a DOCTYPE": lambda batch: b"<!DOCTYPE Document>" + report(batch, on(UETR, "RJCT")),
    "cut short": lambda batch: report(batch, on(UETR, "RJCT"))[:-20],
    "empty": lambda batch: b"",
}


@pytest.mark.parametrize("document", UNBELIEVED.values(), ids=UNBELIEVED)
async def test_a_report_that_cannot_be_believed_moves_nothing(room, document):
    await room.collect(payment(1))
    await room.pass_cut_off()
    [(file, _)] = await asyncio.to_thread(room.exchange.read_handed_over)
    await room.put_in(document(file.stem))
    await room.rail.turn()
    assert [end.status for end in await room.ends(payment(1))] == [RailStatus.PENDING]
    assert await asyncio.to_thread(room.exchange.read_answers) == []  # kept for people, or read
    await room.answered()
    assert [end.status for end in await room.ends(payment(1))] == [RailStatus.SETTLED]


async def test_a_paid_payment_is_refused_by_no_later_report(room):
    await room.collect(payment(1))
    await room.pass_cut_off()
    [(file, _)] = await asyncio.to_thread(room.exchange.read_handed_over)
    await room.answered()
    await room.put_in(report(file.stem, on(UETR, "RJCT")))
    await room.rail.turn()
    assert [end.status for end in await room.ends(payment(1))] == [RailStatus.SETTLED]


async def test_a_booking_of_another_amount_or_account_is_no_evidence(room):
    await room.collect(payment(1, SILENT), payment(2))
    await room.pass_cut_off()
    await room.bureau.look()
    (notice,) = [document for file, document in await asyncio.to_thread(room.exchange.read_answers) if "notice" in file.name]
    theirs = notice.replace(payment(2).uetr.encode(), UETR.encode())
    theirs = theirs.replace(payment(2).uetr.replace("-", "").encode(), UETR.replace("-", "").encode())
    await room.put_in(theirs, "other-amount")
    await room.put_in(notice.replace(b"BACSSETTLEMENT1", b"BACSSETTLEMENT2"), "other-account")
    await room.rail.turn()
    assert [end.status for end in await room.ends(payment(1), payment(2))] == [RailStatus.PENDING, RailStatus.SETTLED]
    assert [file.stem for file in room.exchange.refused.iterdir()] == ["other-account"]


async def test_it_takes_its_turns_by_itself(tmp_path):
    rule = BatchRule(lambda moment: moment)
    clock = ManualClock(MONDAY)
    async with FileRail.opened(tmp_path, rule, SENDER, clock) as rail, SimulatedBureau.opened(tmp_path, clock):
        await rail.submit(payment(1))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await rail.status(UETR)).status is not RailStatus.SETTLED:  # noqa: ASYNC110  two tasks turn meanwhile
                await asyncio.sleep(0.05)


def test_only_sterling_up_to_the_limit_is_carried():
    assert refusal_of(AMOUNT_MAX) is None
    assert refusal_of(Money("GBP", AMOUNT_MAX.minor + 1)) is Reason.AMOUNT_ABOVE_CLEARING_LIMIT
    assert refusal_of(Money("EUR", 1)) is Reason.CURRENCY_NOT_ALLOWED


def test_the_guide_lists_every_number():
    section = GUIDE.read_text().split("## Payments in files")[1].split("\n## ")[0]
    for digits in (*OUTCOMES, SILENT, NOTIFIED):
        assert f"`{digits}`" in section
        assert digits not in OUTCOMES or OUTCOMES[digits].value in section

"""The bureau of the file rail, simulated: it takes batches, answers each with a report, and notifies the bookings of what it paid.

It keeps a record of its own, in which a message is taken once by its id, however often its file comes. The last four digits of a payee's number choose the
answer; docs/sandbox-payments.md lists them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import structlog

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from kernel.clock import Clock
from kernel.iso20022.documents import parse_apart
from kernel.iso20022.elements import Element, instant, write
from kernel.iso20022.nodes import DocumentRefused, Node
from orders.reconciliation.statement import Booked, Kind, References, Statement
from plugins.rails.files.bureau_record import RECORD, BureauRecord, Taken
from plugins.rails.files.exchange import Exchange, move
from plugins.rails.files.rules import ACCOUNT, CYCLES
from plugins.rails.iso20022.credit_transfers import MESSAGE
from plugins.rails.iso20022.statement_writer import write_notice
from plugins.rails.simulated.rules import CHOOSING_DIGITS

REPORT = "pain.002.001.10"
LOOK_EVERY_SECONDS = 0.5  # between two looks for batches
SILENT = "9939"  # nothing is ever said of this payment
NOTIFIED = "9940"  # no report has a word on this payment, and its booking is notified
OUTCOMES: Mapping[str, Reason] = MappingProxyType(
    {
        "9901": Reason.ACCOUNT_NUMBER_WRONG,
        "9903": Reason.CREDITOR_ACCOUNT_WRONG,
        "9904": Reason.ACCOUNT_CLOSED,
        "9922": Reason.UNSPECIFIED_BY_AGENT,
    }
)

log = structlog.get_logger(__name__)


class SimulatedBureau:
    def __init__(self, folder: Path, clock: Clock) -> None:
        """Opens its record and the folders in `folder`, which blocks."""
        self._exchange, self._clock = Exchange.open(folder), clock
        self._record = BureauRecord(folder / RECORD)

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path, clock: Clock) -> AsyncIterator["SimulatedBureau"]:
        bureau = await asyncio.to_thread(cls, folder, clock)
        looking = asyncio.create_task(bureau.run(), name="file rail's bureau")
        try:
            yield bureau
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await asyncio.to_thread(bureau.close)

    def close(self) -> None:
        self._record.close()

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # the next look may succeed
                log.exception("file_bureau_halted")
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Answer every batch that was handed over."""
        for file, document in await asyncio.to_thread(self._exchange.read_handed_over):
            _, node = await parse_apart(document, {MESSAGE})
            payments = _payments(node, CYCLES.cycle_of(self._clock.wall()).id)
            await asyncio.to_thread(self._answer, file, node.text("GrpHdr/MsgId"), payments)

    def _answer(self, file: Path, batch: str, came: list[Taken]) -> None:
        """A file is moved away last, so one whose taker dies is taken again."""
        now, payments = self._clock.wall(), self._record.take(batch, came)
        self._exchange.answer(f"{batch}-report", write_report(batch, now, payments))
        made = [each for each in payments if each.cycle is not None]
        if made:
            self._exchange.answer(f"{batch}-notice", write_notice(_notice(batch, now, made)))
        move(file, self._exchange.taken)

    def taken(self) -> list[Taken]:
        """Every payment that ever came."""
        return self._record.taken()


def _payments(node: Node, cycle: str) -> list[Taken]:
    """Those of a batch, which are paid in a cycle unless they are refused. Raises DocumentRefused for sums that do not agree."""
    found = []
    for batch in node.each("PmtInf"):
        for each in batch.each("CdtTrfTxInf"):
            digits = (each.optional("CdtrAcct/Id/IBAN") or each.text("CdtrAcct/Id/Othr/Id"))[-CHOOSING_DIGITS:]
            paid_in = None if digits in OUTCOMES or digits == SILENT else cycle
            minor = each.money("Amt/InstdAmt").minor
            found.append(Taken(uetr=each.text("PmtId/UETR", 36), minor=minor, digits=digits, cycle=paid_in))
    total = Money(ACCOUNT.currency, sum(each.minor for each in found)).decimal()
    if (node.number("GrpHdr/NbOfTxs"), node.text("GrpHdr/CtrlSum")) != (len(found), total):
        raise DocumentRefused("its count or its sum is not that of its payments")
    return found


def write_report(batch: str, at: datetime, payments: list[Taken]) -> bytes:
    """A batch of which some are refused is in part accepted; what is accepted is in process until it is booked."""
    said = [(each.uetr, OUTCOMES.get(each.digits)) for each in payments if each.digits not in (SILENT, NOTIFIED)]
    refused = [uetr for uetr, reason in said if reason is not None]
    status = "PART"
    if len(refused) in (0, len(payments)) and len(said) == len(payments):
        status = RailStatus.REJECTED if refused else RailStatus.IN_PROCESS
    original: list[Element] = [("OrgnlPmtInfId", batch)]
    original += [("TxInfAndSts", _status(uetr, reason)) for uetr, reason in said]
    group: list[Element] = [("OrgnlMsgId", batch), ("OrgnlMsgNmId", MESSAGE), ("GrpSts", status)]
    header: list[Element] = [("MsgId", f"R{batch}"), ("CreDtTm", instant(at))]
    return write(REPORT, ("CstmrPmtStsRpt", [("GrpHdr", header), ("OrgnlGrpInfAndSts", group), ("OrgnlPmtInfAndSts", original)]))


def _status(uetr: str, reason: Reason | None) -> list[Element]:
    return [
        ("OrgnlInstrId", uetr.replace("-", "")),
        ("OrgnlUETR", uetr),
        ("TxSts", RailStatus.IN_PROCESS if reason is None else RailStatus.REJECTED),
        ("StsRsnInf", None if reason is None else [("Rsn", [("Cd", reason)])]),
    ]


def _notice(batch: str, at: datetime, made: list[Taken]) -> Statement:
    """Those of a batch are paid in one cycle."""
    parts = tuple(each.part() for each in made)
    total = Money(ACCOUNT.currency, sum(part.amount.minor for part in parts))
    settled = CYCLES.find(made[0].cycle or "")
    assert settled is not None
    entry = Booked(
        amount=total,
        booked_on=settled.settles_on,
        value_on=settled.settles_on,
        references=References(servicer=batch, batch=batch),
        parts=parts,
    )
    return Statement(
        kind=Kind.NOTICE, id=f"N{batch}", account=ACCOUNT.number, currency=ACCOUNT.currency, created_at=at, entries=(entry,)
    )

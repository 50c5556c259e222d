"""The report of a file of the type UK.OBIE.pain.001.001.08: pain.002.001.10. ISO 20022 Customer Payment Status Report; OBIE R/W 4.0, File Payments.

Batches and payments have the ids that the file gave them. A batch has one day, so that in the order in which payments are made those of
one batch stand together.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice

from kernel.banking.money import Money
from kernel.banking.planned.instructions import Instruction
from kernel.banking.planned.reports import FileReport, ReportLine
from kernel.iso20022.documents import parse
from kernel.iso20022.elements import Element, account, instant, write
from kernel.iso20022.nodes import Node
from openapi.uk_obie.v4_0.pisp.codes.statuses import REASON_CODES, REASON_TEXTS
from openapi.uk_obie.v4_0.pisp.files.statuses import line_status_of
from openapi.uk_obie.v4_0.pisp.files.xml_files import MESSAGE, NOT_PROVIDED

REPORT = "pain.002.001.10"
INFORMATION_CHARACTERS_MAX = 105  # of the reason in words (Max105Text)
IDENTIFIER_CHARACTERS_MAX = 35  # of the report's own id (Max35Text)


def write_report(report: FileReport, data: bytes, now: datetime) -> bytes:
    """`data` is the file."""
    _, message = parse(data, {MESSAGE})
    batches = sorted(message.each("PmtInf"), key=_day_of)
    lines = iter(report.lines)
    parts = [(batch, list(islice(lines, sum(1 for _ in batch.each("CdtTrfTxInf"))))) for batch in batches]
    group, created = message.take("GrpHdr"), message.take("GrpHdr").instant("CreDtTm")
    header: list[Element] = [
        ("MsgId", report.instruction.id.replace("-", "")[:IDENTIFIER_CHARACTERS_MAX]),
        ("CreDtTm", instant(now)),
    ]
    original: list[Element] = [
        ("OrgnlMsgId", group.text("MsgId")),
        ("OrgnlMsgNmId", MESSAGE),
        ("OrgnlCreDtTm", None if created is None else instant(created)),
        *_totals(report.lines, "GrpSts", report.instruction),
    ]
    statuses: list[Element] = [("OrgnlPmtInfAndSts", _batch(batch, held, report.instruction)) for batch, held in parts]
    return write(REPORT, ("CstmrPmtStsRpt", [("GrpHdr", header), ("OrgnlGrpInfAndSts", original), *statuses]))


def _day_of(batch: Node) -> date:
    return batch.day("ReqdExctnDt") or date.min


def _batch(batch: Node, lines: Sequence[ReportLine], instruction: Instruction) -> list[Element]:
    return [
        ("OrgnlPmtInfId", batch.text("PmtInfId")),
        *_totals(lines, "PmtInfSts", instruction),
        *(("TxInfAndSts", _payment(line, instruction)) for line in lines),
    ]


def _totals(lines: Sequence[ReportLine], status: str, instruction: Instruction) -> list[Element]:
    statuses = Counter(line_status_of(line, instruction) for line in lines)
    currency = lines[0].payment.amount.currency
    total = Money(currency, sum(line.payment.amount.minor for line in lines))
    whole = next(iter(statuses)) if len(statuses) == 1 else "PART"
    return [
        ("OrgnlNbOfTxs", str(len(lines))),
        ("OrgnlCtrlSum", total.decimal()),
        (status, whole),
        *(("NbOfTxsPerSts", [("DtldNbOfTxs", str(number)), ("DtldSts", code)]) for code, number in sorted(statuses.items())),
    ]


def _payment(line: ReportLine, instruction: Instruction) -> list[Element]:
    payment, code = line.payment, None if line.reason is None else REASON_CODES[line.reason]
    reason: list[Element] = []
    if code is not None:
        reason = [("Rsn", [("Cd", code)]), ("AddtlInf", REASON_TEXTS[code][:INFORMATION_CHARACTERS_MAX])]
    return [
        ("OrgnlInstrId", payment.instruction_id),
        ("OrgnlEndToEndId", payment.end_to_end_id or NOT_PROVIDED),
        ("OrgnlUETR", line.uetr),
        ("TxSts", line_status_of(line, instruction)),
        ("StsRsnInf", reason),
        (
            "OrgnlTxRef",
            [
                ("Amt", [("InstdAmt", payment.amount)]),
                ("Cdtr", [("Pty", [("Nm", payment.creditor_name)])]),
                ("CdtrAcct", account(payment.creditor_account)),
            ],
        ),
    ]

"""Statements (camt.053.001.08) and notices of bookings (camt.054.001.08) as the keeper of an account writes them, from what a reader makes of
them: the simulated schemes write theirs.
"""

from collections.abc import Iterable
from datetime import date

from kernel.banking.money import Money
from kernel.iso20022.elements import Element, code, instant, side, write
from orders.reconciliation.statement import Balance, Booked, Part, References, Statement
from plugins.rails.iso20022.statements import BOOKED, NOT_PROVIDED

MESSAGE, NOTICE = "camt.053.001.08", "camt.054.001.08"


def write_statement(statement: Statement) -> bytes:
    """Of a statement that has both balances."""
    assert statement.opening is not None
    assert statement.closing is not None
    created = instant(statement.created_at)
    content: list[Element] = [
        ("Id", statement.id),
        ("ElctrncSeqNb", None if statement.sequence is None else str(statement.sequence)),
        ("CreDtTm", created),
        ("Acct", [("Id", [("Othr", [("Id", statement.account)])]), ("Ccy", statement.currency)]),
        ("Bal", _balance("OPBD", statement.opening)),
        ("Bal", _balance("CLBD", statement.closing)),
        *(("Ntry", _entry(each)) for each in statement.entries),
    ]
    return write(MESSAGE, ("BkToCstmrStmt", [("GrpHdr", [("MsgId", statement.id), ("CreDtTm", created)]), ("Stmt", content)]))


def write_notice(statement: Statement) -> bytes:
    """Of bookings: it has no balances."""
    created = instant(statement.created_at)
    content: list[Element] = [
        ("Id", statement.id),
        ("CreDtTm", created),
        ("Acct", [("Id", [("Othr", [("Id", statement.account)])]), ("Ccy", statement.currency)]),
        *(("Ntry", _entry(each)) for each in statement.entries),
    ]
    return write(
        NOTICE, ("BkToCstmrDbtCdtNtfctn", [("GrpHdr", [("MsgId", statement.id), ("CreDtTm", created)]), ("Ntfctn", content)])
    )


def _balance(kind: str, balance: Balance) -> Iterable[Element]:
    return [
        ("Tp", [("CdOrPrtry", [("Cd", kind)])]),
        ("Amt", balance.amount),
        ("CdtDbtInd", side(balance.amount)),
        ("Dt", [("Dt", balance.day.isoformat())]),
    ]


def _entry(entry: Booked) -> Iterable[Element]:
    return [
        ("Amt", entry.amount),
        ("CdtDbtInd", side(entry.amount)),
        ("RvslInd", "true" if entry.is_reversal else None),
        ("Sts", [("Cd", BOOKED)]),
        ("BookgDt", _day(entry.booked_on)),
        ("ValDt", _day(entry.value_on)),
        ("AcctSvcrRef", entry.references.servicer),
        ("BkTxCd", code("ICDT" if entry.amount.minor < 0 else "RCDT", "DMCT")),
        ("NtryDtls", [("Btch", _batch(entry)), *(("TxDtls", _part(each)) for each in entry.parts)]),
    ]


def _day(day: date | None) -> Iterable[Element] | None:
    return None if day is None else [("Dt", day.isoformat())]


def _batch(entry: Booked) -> Iterable[Element] | None:
    if not entry.parts and entry.references.batch is None:
        return None
    total = Money(entry.amount.currency, sum(part.amount.minor for part in entry.parts) if entry.parts else entry.amount.minor)
    return [
        ("PmtInfId", entry.references.batch),
        ("NbOfTxs", str(len(entry.parts)) if entry.parts else None),
        ("TtlAmt", total),
        ("CdtDbtInd", side(total)),
    ]


def _part(part: Part) -> Iterable[Element]:
    other = "Dbtr" if part.amount.minor >= 0 else "Cdtr"
    parties: list[Element] = [
        (other, None if part.name is None else [("Pty", [("Nm", part.name)])]),
        (f"{other}Acct", None if part.account is None else [("Id", [("Othr", [("Id", part.account)])])]),
    ]
    return [
        ("Refs", _references(part.references)),
        ("Amt", part.amount),
        ("CdtDbtInd", side(part.amount)),
        ("RltdPties", parties),
        ("RmtInf", None if part.remittance is None else [("Ustrd", part.remittance)]),
        ("RtrInf", None if part.reason is None else [("Rsn", [("Cd", part.reason)])]),
    ]


def _references(references: References) -> Iterable[Element]:
    return [
        ("AcctSvcrRef", references.servicer),
        ("PmtInfId", references.batch),
        ("InstrId", references.instruction),
        ("EndToEndId", references.end_to_end or NOT_PROVIDED),
        ("UETR", references.uetr),
        ("TxId", references.transaction),
        ("ClrSysRef", references.clearing),
    ]

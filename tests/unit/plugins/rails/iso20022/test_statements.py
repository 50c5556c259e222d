"""Statements: each that is written is valid by the official schema and read by another implementation; ours reads what both write."""

from decimal import Decimal

import msgspec
import pytest

from kernel.banking.money import Money
from kernel.iso20022.nodes import DocumentRefused
from orders.reconciliation.statement import Kind, Statement
from plugins.rails.iso20022.statement_writer import MESSAGE, write_statement
from plugins.rails.iso20022.statements import read_statements
from tests.harness.iso20022 import read_by_another, validate, write_by_another

OLD = "camt.053.001.02"
NOTICE = b"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N1</MsgId><CreDtTm>2026-11-30T10:00:00</CreDtTm></GrpHdr>
<Ntfctn><Id>N1</Id><CreDtTm>2026-11-30T10:00:00+01:00</CreDtTm><Acct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id></Acct>
<Ntry><Amt Ccy="GBP">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2026-11-30T09:59:00Z</DtTm></BookgDt>
<BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>Ann</Nm></Pty></Dbtr></RltdPties></TxDtls></NtryDtls>
</Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""
STATEMENT_OF_OLD = b"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-30T10:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S</Id><CreDtTm>2026-11-30T10:00:00Z</CreDtTm><Acct><Id><Othr><Id>RESERVE1</Id></Othr></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>PRCD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-29</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">3</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-30</Dt></Dt></Bal>
<Ntry><Amt Ccy="GBP">2.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BkTxCd/><NtryDtls><TxDtls>
<AmtDtls><TxAmt><Amt Ccy="GBP">2</Amt></TxAmt></AmtDtls><BkTxCd/><RltdPties><Dbtr><Nm>Bea</Nm></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="GBP">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BkTxCd/></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


async def test_what_is_written_is_valid_and_read_as_it_was_by_us(statement: Statement) -> None:
    document = write_statement(statement)
    validate(MESSAGE, document)
    assert await read_statements(document) == (statement,)


async def test_another_implementation_reads_it_alike_and_ours_reads_what_it_writes(statement: Statement) -> None:
    document = write_statement(statement)
    foreign = read_by_another(MESSAGE, document)
    (read,) = foreign.bk_to_cstmr_stmt.stmt
    assert [(each.amt.value, each.cdt_dbt_ind.value) for each in read.ntry] == [
        (Decimal("41.50"), "DBIT"),
        (Decimal("0.05"), "DBIT"),
    ]
    assert [each.refs.uetr for each in read.ntry[0].ntry_dtls[0].tx_dtls] == [
        each.references.uetr for each in statement.entries[0].parts
    ]
    assert await read_statements(write_by_another(foreign)) == (statement,)


async def test_an_older_version_is_read(statement: Statement) -> None:
    validate(OLD, STATEMENT_OF_OLD)
    (read,) = await read_statements(STATEMENT_OF_OLD)
    assert (read.opening, read.closing) != (None, None)
    (entry,) = read.entries  # what is pending is not booked
    assert (entry.amount, entry.parts[0].amount, entry.parts[0].name) == (Money("GBP", 200), Money("GBP", 200), "Bea")


async def test_a_notice_has_no_balances() -> None:
    validate("camt.054.001.08", NOTICE)
    (read,) = await read_statements(NOTICE)
    assert (read.kind, read.opening, read.account) == (Kind.NOTICE, None, "GB33BUKB20201555555555")
    (part,) = read.entries[0].parts
    assert (part.amount, part.name, part.references.end_to_end) == (Money("GBP", 3_000), "Ann", None)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b">41.50<", b">41.505<", "more than 2 decimals"),
        (b'Ccy="GBP">41.50', b'Ccy="ABC">41.50', "not a currency"),
        (b'Ccy="GBP">41.50', b'Ccy="EUR">41.50', "currency"),
        (b">41.50<", b">41.49<", "amounts of its details"),
        (b"<CdtDbtInd>DBIT</CdtDbtInd>\n        <Sts>", b"<CdtDbtInd>BOTH</CdtDbtInd>\n        <Sts>", "neither CRDT nor DBIT"),
        (b"<Id>FPS-2026-11-30</Id>", b"<Id>A</Id><Id>B</Id>", "2 of Id"),
        (b"<Id>FPS-2026-11-30</Id>", b"<Id> </Id>", "is empty"),
        (b"<Id>FPS-2026-11-30</Id>", b"<Id>" + b"A" * 36 + b"</Id>", "more than 35"),
        (b"<Cd>CLBD</Cd>", b"<Cd>ITAV</Cd>", "closing balance"),
        (b"<ElctrncSeqNb>334<", b"<ElctrncSeqNb>-1<", "no number"),
        (b"<Dt>2026-11-30</Dt>", b"<Dt>2026-02-30</Dt>", "no date"),
        (b"T23:00:00Z", b"T25:00:00Z", "no date and time"),
    ],
)
async def test_what_is_not_as_the_standard_says_is_refused(statement: Statement, old: bytes, new: bytes, why: str) -> None:
    document = write_statement(statement)
    assert old in document
    with pytest.raises(DocumentRefused, match=why):
        await read_statements(document.replace(old, new))


async def test_several_statements_of_one_file_are_read(statement: Statement) -> None:
    document = write_statement(statement)
    begin, end = document.index(b"<Stmt>"), document.index(b"</Stmt>") + len(b"</Stmt>")
    other = msgspec.structs.replace(statement, id="OTHER")
    one = write_statement(other)
    both = document[:end] + one[one.index(b"<Stmt>") : one.index(b"</Stmt>") + len(b"</Stmt>")] + document[end:]
    assert begin < end
    validate(MESSAGE, both)
    assert await read_statements(both) == (statement, other)

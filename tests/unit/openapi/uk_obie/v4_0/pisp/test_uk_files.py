"""Files of payments of both types, read strictly, and their reports. OBIE R/W 4.0, File Payments; ISO 20022."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from lxml import etree

from kernel.banking.consents import AccountReference, ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from kernel.banking.planned.files import FILE_PAYMENTS_MAX, FileTerms, FileType, content_of, days_of
from kernel.banking.planned.instructions import Instruction, InstructionState
from kernel.banking.planned.reports import FileReport, ReportLine
from kernel.errors import (
    AccountNumberInvalid,
    CurrencyUnsupported,
    FieldInvalid,
    FieldMissing,
    FieldUnexpected,
    InstrumentUnsupported,
    Problem,
    RequestMalformed,
)
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.pisp.files import consents, json_files, xml_files, xml_reports
from openapi.uk_obie.v4_0.pisp.files.statuses import status_of
from tests.official import specs_folder
from tests.world.payment_files import (
    JSON_TYPE,
    PAYEE,
    announced,
    json_file,
    payment,
    xml_batch,
    xml_file,
    xml_payment,
)

NOW = datetime(2026, 7, 1, 10, tzinfo=UTC)
DAY, LATER = date(2026, 7, 1), date(2026, 7, 3)
DEBTOR = "08080021325699"
DATA = b"{}"
GONE: Any = object()


def lodged(**changes: Any) -> FileTerms:
    initiation = {name: value for name, value in announced(DATA, JSON_TYPE, **changes).items() if value is not GONE}
    body = json.dumps({"Data": {"Initiation": initiation}}).encode()
    lodgement = consents.decode_lodge(WireRequest({}, (), body)).lodgement
    assert (lodgement.kind, isinstance(lodgement.terms, FileTerms)) == (ConsentKind.FILE, True)
    return lodgement.terms  # type: ignore[return-value]


def test_what_is_said_of_a_file_in_canonical_words() -> None:
    said = lodged(NumberOfTransactions="3", ControlSum=3459.30, RequestedExecutionDateTime="2026-07-03T00:00:00+00:00")
    assert (said.file_type, said.payments, said.control_sum, said.asked_on) == (FileType.JSON, 3, "3459.3", LATER)
    assert lodged(FileHash=said.hash.rstrip("=")).hash == said.hash  # as the standard's own examples write it


@pytest.mark.parametrize(
    ("changes", "refusal", "path"),
    [
        ({"FileType": "UK.OBIE.PaymentInitiation.3.1"}, FieldInvalid, "FileType"),
        ({"FileHash": "abc"}, FieldInvalid, "FileHash"),
        ({"FileHash": "*" * 44}, FieldInvalid, "FileHash"),
        ({"FileHash": GONE}, FieldMissing, "FileHash"),
        ({"NumberOfTransactions": "0"}, FieldInvalid, "NumberOfTransactions"),
        ({"NumberOfTransactions": str(FILE_PAYMENTS_MAX + 1)}, FieldInvalid, "NumberOfTransactions"),
        ({"ControlSum": 0}, FieldInvalid, "ControlSum"),
        ({"ControlSum": "1.00"}, FieldInvalid, "ControlSum"),
        ({"LocalInstrument": "UK.OBIE.CHAPS"}, InstrumentUnsupported, "LocalInstrument"),
        ({"RemittanceInformation": {}}, FieldUnexpected, "RemittanceInformation"),
        ({"FileReference": "a\u202eb"}, FieldInvalid, "FileReference"),
        ({"More": 1}, FieldUnexpected, "More"),
    ],
)
def test_what_a_bank_does_not_take_is_refused_by_its_member(changes: dict[str, Any], refusal: type[Problem], path: str) -> None:
    with pytest.raises(refusal) as refused:
        lodged(**changes)
    assert refused.value.path == f"Data.Initiation.{path}"


def test_payments_of_a_file_of_json() -> None:
    found = json_files.read_file(json_file([payment(1, "1.01"), payment(2, "2.02")]), UTC)
    assert [(each.payment.amount, each.payment.end_to_end_id, each.asked_on) for each in found] == [
        (Money("GBP", 101), "FRESCO.1", None),
        (Money("GBP", 202), "FRESCO.2", None),
    ]


@pytest.mark.parametrize(
    ("data", "refusal", "path"),
    [
        (b"{", RequestMalformed, ""),
        (b'{"Data": {}}', FieldMissing, "Data.DomesticPayments"),
        (b'{"Data": {"DomesticPayments": [{}]}}', FieldMissing, "Data.DomesticPayments[0].InstructionIdentification"),
        (
            json_file([payment(1), payment(2, InstructedAmount={"Amount": "1.00", "Currency": "EUR"})]),
            CurrencyUnsupported,
            "Data.DomesticPayments[1].InstructedAmount.Currency",
        ),
        (json_file([payment(1, "0.00")]), FieldInvalid, "Data.DomesticPayments[0].InstructedAmount.Amount"),
        (json_file([payment(1, Risk={})]), FieldUnexpected, "Data.DomesticPayments[0].Risk"),
        (
            json_file([payment(1, LocalInstrument="UK.OBIE.CHAPS")]),
            InstrumentUnsupported,
            "Data.DomesticPayments[0].LocalInstrument",
        ),
    ],
)
def test_a_file_of_json_is_refused_by_the_member_that_is_wrong(data: bytes, refusal: type[Problem], path: str) -> None:
    with pytest.raises(refusal) as refused:
        json_files.read_file(data, UTC)
    assert refused.value.path == path


def batches() -> list[str]:
    sums = "<NbOfTxs>2</NbOfTxs><CtrlSum>3.03</CtrlSum>"
    return [
        xml_batch(LATER, DEBTOR, [xml_payment(3, "3.03")], "LATER"),
        xml_batch(DAY, DEBTOR, [xml_payment(1, "1.01"), xml_payment(2, "2.02")], "NOW", sums),
    ]


GOOD = xml_file(batches(), 3)


def test_payments_of_a_file_of_xml() -> None:
    found = xml_files.read_file(GOOD, UTC)
    assert [(each.payment.amount.minor, each.payment.instruction_id, each.asked_on) for each in found] == [
        (303, "ACME3", LATER),
        (101, "ACME1", DAY),
        (202, "ACME2", DAY),
    ]
    assert {each.payment.debtor_account.identification for each in found if each.payment.debtor_account} == {DEBTOR}
    assert (found[0].payment.creditor_name, found[0].payment.remittance) == ("Payee 3", "Invoice 3")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD.replace(b"<Document", b'<!DOCTYPE x [<!ENTITY e "1">]><Document'), id="doctype"),
        pytest.param(GOOD.replace(b"Invoice 1", b"&e;"), id="entity"),
        pytest.param(GOOD + GOOD, id="two roots"),
        pytest.param(xml_file(batches(), 3, "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"), id="another version"),
        pytest.param(GOOD.replace(b"<RmtInf>", b'<x:A xmlns:x="urn:other"/><RmtInf>'), id="another namespace"),
        pytest.param(json_file([payment(1)]), id="no xml"),
        pytest.param(b"", id="empty"),
        pytest.param(xml_file(batches(), 4), id="count of the header"),
        pytest.param(GOOD.replace(b"<CtrlSum>3.03", b"<CtrlSum>3.04"), id="sum of a batch"),
        pytest.param(GOOD.replace(b"<NbOfTxs>2", b"<NbOfTxs>1"), id="count of a batch"),
        pytest.param(GOOD.replace(b"TRF", b"CHK"), id="cheques"),
        pytest.param(GOOD.replace(b'">1.01<', b'">1.011<'), id="decimals"),
        pytest.param(GOOD.replace(b'">1.01<', b'">0.00<'), id="nothing"),
        pytest.param(GOOD.replace(b'">1.01<', b'">-1.01<'), id="negative"),
        pytest.param(GOOD.replace(b"<Nm>Payee 1</Nm>", b"<Nm>Pay\xe2\x80\xaeee</Nm>"), id="a name that hides"),
        pytest.param(GOOD.replace(b"<Ustrd>Invoice 1</Ustrd>", b"<Ustrd>a</Ustrd><Ustrd>b</Ustrd>"), id="two texts"),
        pytest.param(GOOD.replace(b"<Cdtr><Nm>Payee 1", b"<ChqInstr/><Cdtr><Nm>Payee 1"), id="a cheque"),
        pytest.param(GOOD.replace(b"2026-07-01</Dt>", b"2026-02-30</Dt>"), id="no day"),
        pytest.param(GOOD.replace(b"<CtrlSum>3.03", b"<CtrlSum>sNaN"), id="sum that is no number"),
        pytest.param(GOOD.replace(b"<MsgId>FILE-1</MsgId>", b""), id="no id that the report would name"),
        pytest.param(GOOD.replace(b"09:00:00Z", b"9 o'clock"), id="no instant that the report would repeat"),
        pytest.param(GOOD.replace(b"<PmtInfId>NOW</PmtInfId>", b""), id="no id of a batch"),
        pytest.param(xml_file([*batches(), xml_batch(LATER, DEBTOR, [], "EMPTY")], 3), id="a batch without payments"),
    ],
)
def test_no_other_document_passes_for_such_a_file(data: bytes) -> None:
    with pytest.raises(FieldInvalid):
        xml_files.read_file(data, UTC)


def test_accounts_and_currencies_of_other_rails_are_refused() -> None:
    with pytest.raises(AccountNumberInvalid):
        xml_files.read_file(GOOD.replace(PAYEE.encode(), b"12"), UTC)
    with pytest.raises(CurrencyUnsupported):
        xml_files.read_file(GOOD.replace(b"GBP", b"EUR"), UTC)


def report(state: InstructionState, *statuses: RailStatus | None, refused: int = 0) -> FileReport:
    """Of the good file: two payments today, one later."""
    found = xml_files.read_file(GOOD, UTC)
    ordered = days_of(found, DAY)
    terms = FileTerms(file_type=FileType.PAIN_001, hash="", reference="Wages", content=content_of(ordered, found, at_once=False))
    lines = [
        ReportLine(
            each.payment,
            status,
            Reason.FUNDS_INSUFFICIENT if status is RailStatus.REJECTED else None,
            None if status is None else "7d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d",
            None if status is None else NOW,
        )
        for (_, each), status in zip(ordered, statuses, strict=True)
    ]
    instruction = Instruction(
        id="2c9a7c0e-5b1f-4f6d-8e0a-6d3b9f1e7a42",
        brand="main",
        version=1,
        state=state,
        kind=ConsentKind.FILE,
        consent_id="consent",
        client_id="client",
        organisation_id="organisation",
        psu_id="psu",
        terms=terms,
        payer=AccountReference("a", "up"),
        created_at=NOW,
        updated_at=NOW,
        made=sum(status is not None for status in statuses),
        refused=refused,
        lodged_as="",
    )
    return FileReport(instruction, tuple(lines))


PAID, FAILED = RailStatus.CREDITED, RailStatus.REJECTED
ACTIVE, OVER, STOPPED = InstructionState.ACTIVE, InstructionState.COMPLETED, InstructionState.CANCELLED


@pytest.mark.parametrize(
    ("found", "group", "batch", "status"),
    [
        (report(ACTIVE, PAID, FAILED, None, refused=1), "PART", {"NOW": "PART", "LATER": "PDNG"}, "PDNG"),
        (report(OVER, PAID, PAID, PAID), "ACCC", {"NOW": "ACCC", "LATER": "ACCC"}, "INCO"),
        (report(OVER, FAILED, FAILED, FAILED, refused=3), "RJCT", {"NOW": "RJCT", "LATER": "RJCT"}, "INFA"),
        (report(STOPPED, PAID, PAID, None), "PART", {"NOW": "ACCC", "LATER": "RJCT"}, "INCO"),
        (report(STOPPED, None, None, None), "RJCT", {"NOW": "RJCT", "LATER": "RJCT"}, "INFA"),
    ],
)
def test_a_report_of_xml_fits_the_official_schema(found: FileReport, group: str, batch: dict[str, str], status: str) -> None:
    data = xml_reports.write_report(found, GOOD, NOW)
    schema = etree.XMLSchema(etree.parse(specs_folder() / "iso20022" / "pain.002.001.10.xsd"))
    root = etree.fromstring(data)
    schema.assertValid(root)
    names = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"}
    assert root.findtext(".//p:GrpSts", namespaces=names) == group
    said = {
        each.findtext("p:OrgnlPmtInfId", namespaces=names): each.findtext("p:PmtInfSts", namespaces=names)
        for each in root.iterfind(".//p:OrgnlPmtInfAndSts", names)
    }
    assert said == batch
    assert root.xpath("//p:OrgnlInstrId/text()", namespaces=names) == ["ACME1", "ACME2", "ACME3"]
    assert status_of(found.instruction) == status


def test_a_report_of_json_says_what_became_of_each() -> None:
    found = json.loads(json_files.write_report(report(ACTIVE, PAID, FAILED, None, refused=1), b"", NOW))["Data"]
    assert (found["Status"], found["FileReference"]) == ("PDNG", "Wages")
    assert [(each["Status"], each.get("StatusReason")) for each in found["DomesticPayments"]] == [
        ("ACCC", None),
        ("RJCT", "AM04"),
        ("PDNG", None),
    ]

"""Messages to and from rails: each that we write is valid by the official schema and as another implementation reads it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus
from kernel.iso20022.nodes import DocumentRefused
from orders.recalls.recall import RecallRefused, RecallRequest
from orders.settlement.returned import Returned
from plugins.rails.iso20022.credit_transfers import MESSAGE, Batch, BatchTransfer, TransferUnwritable, write_batch
from plugins.rails.iso20022.recalls import (
    RECALL,
    RESOLUTION,
    read_recalls,
    read_refused_recalls,
    write_recall,
    write_refusal,
)
from plugins.rails.iso20022.returns import RETURN, read_returns, write_returns
from plugins.rails.iso20022.status_reports import StatusReport, read_status_reports
from tests.harness.iso20022 import read_by_another, validate, write_by_another

AT = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
UETR = "7d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"
BATCH = Batch(
    message_id="M-1",
    id="B-1",
    created_at=AT,
    initiator="Bank <One> & Sons",
    debtor_name="Alice Ames",
    debtor_account=AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555"),
    debtor_bic="BUKBGB22",
    execute_on=date(2026, 12, 1),
    transfers=[
        BatchTransfer(
            id="O-1",
            uetr=UETR,
            amount=Money("EUR", 1_050),
            creditor_name="Zoë Müller",
            creditor_account=AccountIdentifier(Scheme.IBAN, "DE89370400440532013000"),
            creditor_bic="COBADEFF",
            end_to_end_id="E-1",
            remittance="invoice 4711",
            reference="RF18539007547034",
        ),
        BatchTransfer(
            id="O-2",
            uetr=UETR.replace("7d", "8d"),
            amount=Money("EUR", 5),
            creditor_name="ACME",
            creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
        ),
    ],
)
REPORT = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>R</MsgId><CreDtTm>2026-11-30T10:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId><PmtInfSts>ACTC</PmtInfSts>
<TxInfAndSts><OrgnlInstrId>O-1</OrgnlInstrId><OrgnlEndToEndId>E-1</OrgnlEndToEndId><OrgnlUETR>{UETR}</OrgnlUETR><TxSts>RJCT</TxSts>
<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>""".encode()
RESOLVED = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"><RsltnOfInvstgtn>
<Assgnmt><Id>X</Id><Assgnr><Agt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></Agt></Assgnr><Assgne><Agt><FinInstnId><BICFI>BUKBGB22</BICFI></FinInstnId></Agt></Assgne>
<CreDtTm>2026-11-30T10:00:00Z</CreDtTm></Assgnmt><Sts><Conf>RJCR</Conf></Sts>
<CxlDtls><TxInfAndSts><CxlStsId>C-1</CxlStsId><OrgnlUETR>{UETR}</OrgnlUETR><CxlStsRsnInf><Rsn><Cd>NOAS</Cd></Rsn></CxlStsRsnInf></TxInfAndSts></CxlDtls>
</RsltnOfInvstgtn></Document>""".encode()
RETURNED = Returned(
    id="RTR-1",
    uetr=UETR,
    amount=Money("GBP", 1_000),
    reason="AC04",
    settled_on=date(2026, 11, 30),
    end_to_end="E-1",
    cycle="2026-11-30.2",
)


ASKED = RecallRequest(
    case="C-1",
    uetr=UETR,
    amount=Money("EUR", 1_050),
    reason="DUPL",
    asked_by="BUKBGB22",
    asked_of="080800",
    end_to_end="E-1",
    payee="08080021325698",
)


def test_a_batch_is_valid_and_read_alike_by_another() -> None:
    document = write_batch(BATCH)
    validate(MESSAGE, document)
    read = read_by_another(MESSAGE, document).cstmr_cdt_trf_initn
    (payments,) = read.pmt_inf
    assert (read.grp_hdr.nb_of_txs, read.grp_hdr.ctrl_sum, payments.ctrl_sum) == ("2", Decimal("10.55"), Decimal("10.55"))
    assert [(each.pmt_id.uetr, each.amt.instd_amt.value, each.cdtr.nm) for each in payments.cdt_trf_tx_inf] == [
        (each.uetr, Decimal(each.amount.minor) / 100, each.creditor_name) for each in BATCH.transfers
    ]
    assert [each.pmt_id.end_to_end_id for each in payments.cdt_trf_tx_inf] == ["E-1", "NOTPROVIDED"]


@pytest.mark.parametrize(
    "changed",
    [
        {"creditor_name": "A" * 141},
        {"remittance": "x" * 141},
        {"end_to_end_id": "e" * 36},
        {"amount": Money("GBP", 1)},
        {"id": ""},
    ],
    ids=str,
)
def test_nothing_is_cut_to_fit(changed: dict[str, object]) -> None:
    other = msgspec.structs.replace(BATCH.transfers[1], **changed)
    with pytest.raises(TransferUnwritable):
        write_batch(msgspec.structs.replace(BATCH, transfers=[BATCH.transfers[0], other]))
    with pytest.raises(TransferUnwritable):
        write_batch(msgspec.structs.replace(BATCH, transfers=[]))


async def test_the_nearest_word_counts_and_one_that_is_no_payments_says_nothing() -> None:
    validate("pain.002.001.10", REPORT)
    of_batch = StatusReport(status=RailStatus.TECHNICALLY_VALID, message="M-1", batch="B-1")
    of_payment = StatusReport(
        status=RailStatus.REJECTED, message="M-1", batch="B-1", instruction="O-1", end_to_end="E-1", uetr=UETR, reason="AC04"
    )
    assert await read_status_reports(REPORT) == (of_batch, of_payment)
    assert await read_status_reports(write_by_another(read_by_another("pain.002.001.10", REPORT))) == (of_batch, of_payment)


async def test_a_return_is_valid_and_read_as_it_was() -> None:
    document = write_returns("X-1", AT, (RETURNED,))
    validate(RETURN, document)
    assert await read_returns(document) == (RETURNED,)
    assert await read_returns(write_by_another(read_by_another(RETURN, document))) == (RETURNED,)
    with pytest.raises(DocumentRefused, match="number of its payments"):
        await read_returns(document.replace(b"<NbOfTxs>1", b"<NbOfTxs>2"))
    with pytest.raises(DocumentRefused, match="RtrId"):
        await read_returns(document.replace(b"<RtrId>RTR-1</RtrId>", b""))


async def test_a_recall_names_an_iban_as_one() -> None:
    asked = msgspec.structs.replace(ASKED, payee="DE89370400440532013000")
    document = write_recall("X-2", AT, asked)
    validate(RECALL, document)
    assert b"<IBAN>DE89370400440532013000</IBAN>" in document
    assert await read_recalls(document) == (asked,)


async def test_a_recall_is_valid_and_its_refusal_is_read() -> None:
    document = write_recall("X-2", AT, ASKED)
    validate(RECALL, document)
    assert await read_recalls(document) == (ASKED,)
    assert await read_recalls(write_by_another(read_by_another(RECALL, document))) == (ASKED,)
    for without in (b"<Cd>DUPL</Cd>", b"<CxlId>C-1</CxlId>", b"<BICFI>BUKBGB22</BICFI>"):
        with pytest.raises(DocumentRefused):
            await read_recalls(document.replace(without, b""))
    (under,) = read_by_another(RECALL, document).fito_fipmt_cxl_req.undrlyg
    assert under.tx_inf[0].orgnl_uetr == UETR
    validate(RESOLUTION, RESOLVED)
    answer = write_refusal("X-3", AT, ASKED, "NOAS")
    validate(RESOLUTION, answer)
    assert await read_refused_recalls(answer) == (RecallRefused(case="C-1", uetr=UETR, reason="NOAS"),)
    assert await read_refused_recalls(RESOLVED) == (RecallRefused(case="C-1", uetr=UETR, reason="NOAS"),)
    assert await read_refused_recalls(RESOLVED.replace(b"RJCR", b"CNCL")) == ()

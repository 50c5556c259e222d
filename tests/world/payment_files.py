"""Files of payments of both types, as a TPP makes them, and what it says of them when it lodges a consent."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

JSON_TYPE, XML_TYPE = "UK.OBIE.PaymentInitiation.4.0", "UK.OBIE.pain.001.001.08"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.08"
PAYEE = "08080021325698"


def payment(number: int, amount: str = "1.01", **changes: Any) -> dict[str, Any]:
    """One of a file of JSON."""
    return {
        "InstructionIdentification": f"ACME{number}",
        "EndToEndIdentification": f"FRESCO.{number}",
        "InstructedAmount": {"Amount": amount, "Currency": "GBP"},
        "CreditorAccount": {
            "SchemeName": "UK.OBIE.SortCodeAccountNumber",
            "Identification": PAYEE,
            "Name": f"Payee {number}",
        },
        "RemittanceInformation": {"Unstructured": [f"Invoice {number}"]},
    } | changes


def json_file(payments: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps({"Data": {"DomesticPayments": list(payments)}}).encode()


def xml_payment(number: int, amount: str = "1.01", currency: str = "GBP", more: str = "") -> str:
    return (
        f"<CdtTrfTxInf><PmtId><InstrId>ACME{number}</InstrId><EndToEndId>FRESCO.{number}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt>{more}<Cdtr><Nm>Payee {number}</Nm></Cdtr>'
        f"<CdtrAcct><Id><Othr><Id>{PAYEE}</Id></Othr></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Invoice {number}</Ustrd></RmtInf></CdtTrfTxInf>"
    )


def xml_batch(day: date, debtor: str, payments: Sequence[str], batch: str = "B1", sums: str = "") -> str:
    return (
        f"<PmtInf><PmtInfId>{batch}</PmtInfId><PmtMtd>TRF</PmtMtd>{sums}<ReqdExctnDt><Dt>{day.isoformat()}</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>Alice Archer</Nm></Dbtr><DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>{''.join(payments)}</PmtInf>"
    )


def xml_file(batches: Sequence[str], number: int, namespace: str = NAMESPACE) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}"><CstmrCdtTrfInitn><GrpHdr><MsgId>FILE-1</MsgId>'
        f"<CreDtTm>2026-07-01T09:00:00Z</CreDtTm><NbOfTxs>{number}</NbOfTxs><InitgPty><Nm>Acme</Nm></InitgPty></GrpHdr>"
        f"{''.join(batches)}</CstmrCdtTrfInitn></Document>"
    ).encode()


def hash_of(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def announced(data: bytes, file_type: str = JSON_TYPE, **changes: Any) -> dict[str, Any]:
    """The initiation of a consent to this file."""
    return {"FileType": file_type, "FileHash": hash_of(data), "FileReference": "Wages"} | changes


def sums(*amounts: str) -> dict[str, Any]:
    return {"NumberOfTransactions": str(len(amounts)), "ControlSum": float(sum(map(Decimal, amounts)))}

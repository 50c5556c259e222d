"""Order the payments of a file, and read what became of it, of each, and their report. OBIE R/W 4.0, File Payments, Payment Details."""

from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec

from kernel import json
from kernel.banking.commands import PlacePayment, ReadPayment, ReadReport
from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.planned.files import FileType
from kernel.banking.planned.instructions import Instruction, InstructionDetails, InstructionRequest
from kernel.errors import ConsentMismatch
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.pisp.files import json_files, xml_reports
from openapi.uk_obie.v4_0.pisp.files.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.files.statuses import status_of
from openapi.uk_obie.v4_0.pisp.shared.answers import details_of_all, reasons_of, signatures_of
from openapi.uk_obie.v4_0.pisp.shared.comparison import find_difference
from openapi.uk_obie.v4_0.pisp.shared.documents import raw
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH
from openapi.uk_obie.v4_0.pisp.wire.files import OBWriteFile2, OBWriteFileResponse3, OBWriteFileResponse3Data
from openapi.uk_obie.v4_0.pisp.wire.parts import OBWritePaymentDetailsResponse1
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/file-payments"
WRITERS = MappingProxyType({FileType.JSON: json_files.write_report, FileType.PAIN_001: xml_reports.write_report})

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Initiation": {"FileType": "UK.OBIE.pain.001.001.08",'
    b' "FileHash": "m5ah/h1UjLvJYMxqAoZmj9dKdjZnsGNm+yMkJp/KuqQ=", "FileReference": "GB2OK238", "NumberOfTransactions": "100",'
    b' "ControlSum": 3459.3}}}'
)


def decode_place(request: WireRequest) -> PlacePayment:
    """Raises RequestMalformed, the Field problems and what `parse_initiation` raises."""
    ordered = json.decode(request.body, OBWriteFile2)
    document = msgspec.json.decode(request.body)
    instruction = InstructionRequest(
        consent_id=ordered.data.consent_id,
        kind=ConsentKind.FILE,
        terms=parse_initiation(ordered.data.initiation, request.zone),
        lodged_as=NAME,
        document=json.encode(document),
    )
    return PlacePayment(instruction, partial(_check_same, document))


def _check_same(document: Any, consent: Consent) -> None:
    """As check_same: a file has no risk. Raises ConsentMismatch."""
    agreed = msgspec.json.decode(consent.document)
    difference = find_difference(agreed["Data"]["Initiation"], document["Data"]["Initiation"], PATH)
    if difference is not None:
        raise ConsentMismatch(path=difference)


def decode_read(request: WireRequest) -> ReadPayment:
    return ReadPayment(request.path["FilePaymentId"])


def decode_read_report(request: WireRequest) -> ReadReport:
    return ReadReport(request.path["FilePaymentId"], WRITERS)


def encode_order(instruction: Instruction, rendering: Rendering) -> OBWriteFileResponse3:
    return OBWriteFileResponse3(
        data=OBWriteFileResponse3Data(
            file_payment_id=instruction.id,
            consent_id=instruction.consent_id,
            creation_date_time=render_date_time(instruction.created_at),
            status=status_of(instruction),
            status_update_date_time=render_date_time(instruction.updated_at),
            status_reason=reasons_of(instruction),
            initiation=raw(msgspec.json.decode(instruction.document)["Data"]["Initiation"]),
            multi_authorisation=signatures_of(instruction),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{instruction.id}"),
        meta=MetaData(),
    )


def encode_details(details: InstructionDetails, rendering: Rendering) -> OBWritePaymentDetailsResponse1:
    return details_of_all(details.executions, f"{rendering.base_url}{COLLECTION}/{details.instruction.id}/payment-details")

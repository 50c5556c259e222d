"""Files of the type UK.OBIE.PaymentInitiation.4.0: domestic payments, each as its consent would have it. OBIE R/W 4.0, File Payments."""

from datetime import datetime, tzinfo

from msgspec import UNSET

from kernel import json
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FilePayment, FileTerms
from kernel.banking.planned.reports import FileReport, ReportLine
from kernel.errors import Problem
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.pisp.codes.statuses import REASON_CODES, REASON_TEXTS
from openapi.uk_obie.v4_0.pisp.domestic.initiation import parse_initiation
from openapi.uk_obie.v4_0.pisp.files.statuses import line_status_of, status_of
from openapi.uk_obie.v4_0.pisp.shared.documents import account_of
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH
from openapi.uk_obie.v4_0.pisp.wire.domestic import OBDomestic2
from openapi.uk_obie.v4_0.pisp.wire.files import Report, ReportData, ReportedPayment, Uploaded
from openapi.uk_obie.v4_0.pisp.wire.parties import CreditorAccount
from openapi.uk_obie.v4_0.pisp.wire.parts import InstructedAmount

PAYMENTS = "Data.DomesticPayments"


def read_file(data: bytes, _zone: tzinfo) -> list[FilePayment]:
    """Raises RequestMalformed and what a domestic initiation raises, with the path of the member in the file."""
    uploaded = json.decode(data, Uploaded)
    return [FilePayment(_parse(each, place)) for place, each in enumerate(uploaded.data.domestic_payments)]


def _parse(payment: OBDomestic2, place: int) -> PaymentTerms:
    try:
        return parse_initiation(payment)
    except Problem as problem:
        problem.path = problem.path.replace(PATH, f"{PAYMENTS}[{place}]", 1)
        raise


def write_report(report: FileReport, _data: bytes, now: datetime) -> bytes:
    instruction = report.instruction
    reference = instruction.terms.reference if isinstance(instruction.terms, FileTerms) else None
    data = ReportData(
        file_payment_id=instruction.id,
        file_reference=reference or UNSET,
        status=status_of(instruction),
        creation_date_time=render_date_time(now),
        domestic_payments=[_reported(line, report) for line in report.lines],
    )
    return json.encode(Report(data=data))


def _reported(line: ReportLine, report: FileReport) -> ReportedPayment:
    payment, code = line.payment, None if line.reason is None else REASON_CODES[line.reason]
    account = account_of(payment.creditor_account)
    return ReportedPayment(
        instruction_identification=payment.instruction_id or UNSET,
        end_to_end_identification=payment.end_to_end_id or UNSET,
        payment_transaction_id=line.uetr or UNSET,
        instructed_amount=InstructedAmount(amount=payment.amount.decimal(), currency=payment.amount.currency),
        creditor_account=CreditorAccount(
            scheme_name=account["SchemeName"],
            identification=account["Identification"],
            name=payment.creditor_name,
            secondary_identification=account.get("SecondaryIdentification", UNSET),
        ),
        status=line_status_of(line, report.instruction),
        status_update_date_time=UNSET if line.moved_at is None else render_date_time(line.moved_at),
        status_reason=code or UNSET,
        status_reason_description=UNSET if code is None else REASON_TEXTS[code],
    )

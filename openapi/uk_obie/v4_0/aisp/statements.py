"""Read statements, their files and what they list. OBIE R/W 4.0 Statements; Detail adds amounts and the file."""

from collections.abc import Set as AbstractSet

from msgspec import UNSET

from kernel.banking.commands import ReadStatement, ReadStatementFile, ReadStatements, ReadStatementTransactions
from kernel.banking.consents import Permission
from kernel.banking.records.statements import PDF, Statement, StatementFile
from kernel.banking.results import RecordsView, RecordView
from kernel.http.message import Query
from openapi.codec import Rendered, Rendering, WireRequest
from openapi.parameters import QueryParameter
from openapi.uk_obie.shared.dates import render_date_time, render_known
from openapi.uk_obie.v4_0.aisp.accounts import permissions_of
from openapi.uk_obie.v4_0.aisp.codes.statements import (
    BENEFIT_KINDS,
    DAYS,
    FEE_KINDS,
    FIGURES,
    INTEREST_KINDS,
    RATE_KINDS,
    STATEMENT_KINDS,
)
from openapi.uk_obie.v4_0.aisp.filters import DATE_TIME, PAGE, PAGE_PARAMETER, period, single
from openapi.uk_obie.v4_0.aisp.wire.statements import (
    OBReadStatement2,
    OBReadStatement2Data,
    OBStatement2,
    StatementAmount,
    StatementBenefit,
    StatementDateTime,
    StatementFee,
    StatementInterest,
    StatementRate,
)
from openapi.uk_obie.v4_0.envelope import credit_debit, fitted, known_number, links_of, money, percentage
from openapi.uk_obie.v4_0.wire import MetaData

FROM = "fromStatementDateTime"
TO = "toStatementDateTime"
DESCRIPTION_LENGTH_MAX = 500  # of one description in a statement; the rest is cut

QUERY = (
    QueryParameter(FROM, "Only statements that begin at this date-time or later; a time zone is ignored.", DATE_TIME),
    QueryParameter(TO, "Only statements that end at this date-time or earlier; a time zone is ignored.", DATE_TIME),
    PAGE_PARAMETER,
)


def decode_list(request: WireRequest) -> ReadStatements:
    return _decode(None, request.query)


def decode_read(request: WireRequest) -> ReadStatements:
    return _decode(request.path["AccountId"], request.query)


def decode_one(request: WireRequest) -> ReadStatement:
    return ReadStatement(request.path["AccountId"], request.path["StatementId"])


def decode_file(request: WireRequest) -> ReadStatementFile:
    return ReadStatementFile(request.path["AccountId"], request.path["StatementId"], PDF)


def decode_transactions(request: WireRequest) -> ReadStatementTransactions:
    cursor = single(request.query, PAGE)
    return ReadStatementTransactions(request.path["AccountId"], request.path["StatementId"], cursor)


def encode(view: RecordsView[Statement], rendering: Rendering) -> OBReadStatement2:
    return OBReadStatement2(
        data=OBReadStatement2Data([_encode(row, permissions_of(rendering, row.account_id)) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(
            first_available_date_time=render_known(view.first_available),
            last_available_date_time=render_known(view.last_available),
        ),
    )


def encode_one(view: RecordView[Statement], rendering: Rendering) -> OBReadStatement2:
    """One statement, in the shape of a list."""
    return encode(RecordsView((view,)), rendering)


def encode_file(file: StatementFile, _rendering: Rendering) -> Rendered:
    return Rendered(body=file.content, media_type=file.media_type)


def _decode(account_id: str | None, query: Query) -> ReadStatements:
    """Raises FieldDateInvalid or FieldDuplicated, path = the parameter."""
    since, until = period(query, FROM, TO)
    return ReadStatements(account_id, since, until, single(query, PAGE))


def _encode(row: RecordView[Statement], granted: AbstractSet[Permission]) -> OBStatement2:
    statement = row.record
    wire = OBStatement2(
        account_id=row.account_id,
        statement_id=statement.id,
        statement_reference=fitted(statement.reference, 35),
        type=STATEMENT_KINDS[statement.kind],
        start_date_time=render_date_time(statement.starts_at),
        end_date_time=render_date_time(statement.ends_at),
        creation_date_time=render_date_time(statement.created_at),
        statement_description=[text[:DESCRIPTION_LENGTH_MAX] for text in statement.descriptions if text] or UNSET,
        statement_benefit=[StatementBenefit(BENEFIT_KINDS[each.kind], money(each.amount)) for each in statement.benefits]
        or UNSET,
        statement_fee=_encode_fees(statement) or UNSET,
        statement_interest=_encode_interest(statement) or UNSET,
        statement_date_time=[StatementDateTime(render_date_time(each.at), DAYS[each.day]) for each in statement.dates] or UNSET,
        statement_rate=[StatementRate(percentage(each.rate), RATE_KINDS[each.kind]) for each in statement.rates] or UNSET,
    )
    if Permission.STATEMENTS_DETAIL in granted:
        wire.statement_amount = _encode_amounts(statement) or UNSET
    return wire


def _encode_amounts(statement: Statement) -> list[StatementAmount]:
    return [StatementAmount(credit_debit(each.amount), FIGURES[each.figure], money(each.amount)) for each in statement.amounts]


def _encode_fees(statement: Statement) -> list[StatementFee]:
    return [
        StatementFee(
            description=fitted(each.description, 128),
            credit_debit_indicator=credit_debit(each.amount),
            type=FEE_KINDS[each.kind],
            amount=money(each.amount),
        )
        for each in statement.fees
    ]


def _encode_interest(statement: Statement) -> list[StatementInterest]:
    return [
        StatementInterest(
            description=fitted(each.description, 128),
            credit_debit_indicator=credit_debit(each.amount),
            type=INTEREST_KINDS[each.kind],
            rate=known_number(each.rate),
            amount=money(each.amount),
        )
        for each in statement.interest
    ]

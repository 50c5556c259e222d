"""Read the transactions of one account, by booking day and page by page. NextGenPSD2 XS2A 1.3, "Read Transaction List".

Booked and pending entries are offered; lists of changes, and what is planned, are not.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import UNSET, UnsetType

from kernel.banking.accounts import AccountIdentifier, Counterparty, Scheme, Transaction, TransactionStatus
from kernel.banking.commands import ReadTransactions
from kernel.banking.consents import Permission
from kernel.banking.results import TransactionsView, TransactionView
from kernel.errors import FieldDuplicated, FieldInvalid, FieldMissing
from kernel.http.message import Query
from openapi.berlin_group.v1_3.accounts import ACCOUNT_ID, encode_amount, fitted
from openapi.berlin_group.v1_3.consent_wire import AccountReference
from openapi.berlin_group.v1_3.problems import ParameterUnsupported, PeriodInvalid
from openapi.berlin_group.v1_3.transaction_wire import AccountReport, BalanceAfter, TransactionDetails, TransactionList
from openapi.berlin_group.v1_3.wire import Href
from openapi.codec import Rendering, WireRequest
from openapi.parameters import QueryParameter

DATE_FROM, DATE_TO, BOOKING_STATUS, PAGE = "dateFrom", "dateTo", "bookingStatus", "page"
STATUSES: dict[str, TransactionStatus | None] = {
    "booked": TransactionStatus.BOOKED,
    "pending": TransactionStatus.PENDING,
    "both": None,
}
UNSUPPORTED = ("entryReferenceFrom", "deltaList", "withBalance")
FIRST_YEAR, LAST_YEAR = 1900, 9998  # of the days that may be asked for
DATE = {"type": "string", "format": "date"}
QUERY = (
    QueryParameter(DATE_FROM, "The first booking day, at the bank.", DATE, required=True),
    QueryParameter(DATE_TO, "The last booking day, at the bank.", DATE),
    QueryParameter(BOOKING_STATUS, "Which entries.", {"type": "string", "enum": list(STATUSES)}, required=True),
    QueryParameter(PAGE, "A later page, as the answer before linked it."),
)


def decode(request: WireRequest) -> ReadTransactions:
    """Raises FieldMissing, FieldInvalid, FieldDuplicated, PeriodInvalid or ParameterUnsupported, path = the parameter."""
    query = request.query
    for name in UNSUPPORTED:
        if _single(query, name) not in (None, "false"):
            raise ParameterUnsupported(name, path=name)
    since, until = _single(query, DATE_FROM), _single(query, DATE_TO)
    if since is None:
        raise FieldMissing("no first day", path=DATE_FROM)
    first, last = _parse_day(since, DATE_FROM), None if until is None else _parse_day(until, DATE_TO)
    if last is not None and last < first:
        raise PeriodInvalid("the period ends before it begins", path=DATE_TO)
    return ReadTransactions(
        request.path[ACCOUNT_ID],
        booked_from=_begin_of(first, request.zone),
        booked_to=None if last is None else _begin_of(last + timedelta(days=1), request.zone) - timedelta(microseconds=1),
        cursor=_single(query, PAGE),
        status=_parse_status(_single(query, BOOKING_STATUS)),
    )


def encode(view: TransactionsView, rendering: Rendering) -> TransactionList:
    here = rendering.url.removesuffix("/transactions")
    links = {"account": Href(here)}
    if view.next_cursor is not None:
        links["next"] = Href(rendering.page(view.next_cursor))
    asked = next((value for name, value in rendering.query if name == BOOKING_STATUS), "both")
    report = AccountReport(
        booked=_of(view.rows, TransactionStatus.BOOKED, rendering) if asked != "pending" else UNSET,
        pending=_of(view.rows, TransactionStatus.PENDING, rendering) if asked != "booked" else UNSET,
        links=links,
    )
    return TransactionList(report)


def _of(rows: Iterable[TransactionView], status: TransactionStatus, rendering: Rendering) -> list[TransactionDetails]:
    return [_encode(row, rendering) for row in rows if row.transaction.status is status]


def _encode(row: TransactionView, rendering: Rendering) -> TransactionDetails:
    transaction = row.transaction
    details = TransactionDetails(
        transaction_id=transaction.id,
        transaction_amount=encode_amount(transaction.amount),
        booking_date=UNSET if transaction.status is TransactionStatus.PENDING else _day(transaction.booked_at, rendering),
        value_date=UNSET if transaction.value_at is None else _day(transaction.value_at, rendering),
    )
    permitted = rendering.consent.permitted(row.account_id) if rendering.consent else frozenset()
    if Permission.TRANSACTIONS_DETAIL in permitted:
        _add_detail(details, transaction)
    return details


def _add_detail(details: TransactionDetails, transaction: Transaction) -> None:
    details.remittance_information_unstructured = fitted(transaction.information, 140)
    details.bank_transaction_code = _encode_code(transaction.code)
    if transaction.balance_after is not None:
        details.balance_after_transaction = BalanceAfter(encode_amount(transaction.balance_after), "interimBooked")
    if transaction.counterparty is not None:
        _add_other_side(details, transaction.counterparty, is_debit=transaction.amount.minor < 0)


def _encode_code(code: str | None) -> str | UnsetType:
    """Domain, family and subfamily, or nothing."""
    parts = (code or "").split(".")
    return "-".join(parts) if len(parts) == 3 and all(parts) else UNSET


def _add_other_side(details: TransactionDetails, other: Counterparty, *, is_debit: bool) -> None:
    """To whom the money went, or from whom it came."""
    name, account, agent = fitted(other.name, 70), _reference(other.identifier), other.agent_bic or UNSET
    if is_debit:
        details.creditor_name, details.creditor_account, details.creditor_agent = name, account, agent
    else:
        details.debtor_name, details.debtor_account, details.debtor_agent = name, account, agent


def _reference(identifier: AccountIdentifier | None) -> AccountReference | UnsetType:
    """By its IBAN alone: a card number is its holder's."""
    return (
        UNSET if identifier is None or identifier.scheme is not Scheme.IBAN else AccountReference(iban=identifier.identification)
    )


def _single(query: Query, name: str) -> str | None:
    values = [value for found, value in query if found == name]
    if len(values) > 1:
        raise FieldDuplicated(f"{len(values)} times", public="A query parameter appears more than once.", path=name)
    return values[0] if values else None


def _parse_status(text: str | None) -> TransactionStatus | None:
    if text is None:
        raise FieldMissing("no status", path=BOOKING_STATUS)
    if text not in STATUSES:
        raise ParameterUnsupported(text, path=BOOKING_STATUS)
    return STATUSES[text]


def _parse_day(text: str, name: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid("not a date", path=name) from None
    if day.isoformat() != text:
        raise FieldInvalid("another form of a date", path=name)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PeriodInvalid("no day of a bank", path=name)
    return day


def _begin_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(at: datetime, rendering: Rendering) -> str:
    return at.astimezone(rendering.zone).date().isoformat()

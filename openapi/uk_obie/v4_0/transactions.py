"""Read transactions, by booking date and page by page. OBIE R/W 4.0 Transactions; Basic and Detail as in its "Permission Codes"."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from msgspec import UNSET, UnsetType

from kernel.banking.accounts import BalanceType, Counterparty, Transaction
from kernel.banking.commands import ReadTransactions
from kernel.banking.consents import Permission
from kernel.banking.results import TransactionsView, TransactionView
from kernel.errors import FieldDateInvalid, FieldDuplicated
from kernel.http.message import Query
from openapi.dialect import QueryParameter, Rendering, WireRequest
from openapi.uk_obie.v4_0.accounts import encode_identifier, permissions_of
from openapi.uk_obie.v4_0.codes import BALANCE_TYPES, TRANSACTION_MUTABILITIES, TRANSACTION_STATUSES
from openapi.uk_obie.v4_0.dates import parse_query_date_time, render_date_time
from openapi.uk_obie.v4_0.envelope import credit_debit, fitted, links_of, money
from openapi.uk_obie.v4_0.wire import (
    MetaData,
    OBBankTransactionCodeStructure1,
    OBCashAccount6,
    OBMerchantDetails1,
    OBReadTransaction6,
    OBReadTransaction6Data,
    OBTransaction6,
    OBTransactionCashBalance,
)

FROM = "fromBookingDateTime"
TO = "toBookingDateTime"
PAGE = "page"

_DATE_TIME = {"type": "string", "format": "date-time"}
QUERY = (
    QueryParameter(FROM, "The earliest booking date-time to return; a time zone is ignored.", _DATE_TIME),
    QueryParameter(TO, "The latest booking date-time to return; a time zone is ignored.", _DATE_TIME),
    QueryParameter(PAGE, "Where a page begins: only ever taken from a link, never made up."),
)


def decode_list(request: WireRequest) -> ReadTransactions:
    return _decode(None, request.query)


def decode_read(request: WireRequest) -> ReadTransactions:
    return _decode(request.path["AccountId"], request.query)


def _decode(account_id: str | None, query: Query) -> ReadTransactions:
    """Parameters that the standard does not know are ignored. Raises FieldDateInvalid or FieldDuplicated, path = the parameter."""
    given = {name: _single(query, name) for name in (FROM, TO, PAGE)}
    since = _parse(given[FROM], FROM)
    until = _parse(given[TO], TO)
    if since is not None and until is not None and since > until:
        raise FieldDateInvalid(f"{since} is after {until}", public="The period ends before it begins.", path=TO)
    return ReadTransactions(account_id, booked_from=since, booked_to=until, cursor=given[PAGE])


def encode(view: TransactionsView, rendering: Rendering) -> OBReadTransaction6:
    granted = permissions_of(rendering)
    return OBReadTransaction6(
        data=OBReadTransaction6Data([_encode(row, granted) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(
            first_available_date_time=_render(view.first_available),
            last_available_date_time=_render(view.last_available),
        ),
    )


def _encode(row: TransactionView, granted: AbstractSet[Permission]) -> OBTransaction6:
    transaction = row.transaction
    wire = OBTransaction6(
        account_id=row.account_id,
        transaction_id=transaction.id,
        transaction_reference=fitted(transaction.reference, 210),
        credit_debit_indicator=credit_debit(transaction.amount),
        status=TRANSACTION_STATUSES[transaction.status],
        transaction_mutability=TRANSACTION_MUTABILITIES[transaction.status],
        booking_date_time=render_date_time(transaction.booked_at),
        value_date_time=_render(transaction.value_at),
        amount=money(transaction.amount),
        bank_transaction_code=_encode_code(transaction.code),
    )
    if Permission.TRANSACTIONS_DETAIL in granted:
        _add_detail(wire, transaction, granted)
    return wire


def _add_detail(wire: OBTransaction6, transaction: Transaction, granted: AbstractSet[Permission]) -> None:
    wire.transaction_information = fitted(transaction.information, 500)
    if transaction.balance_after is not None:
        wire.balance = OBTransactionCashBalance(
            credit_debit_indicator=credit_debit(transaction.balance_after),
            type=BALANCE_TYPES[BalanceType.INTERIM_BOOKED],
            amount=money(transaction.balance_after),
        )
    if transaction.merchant is not None:
        code = transaction.merchant.category_code
        wire.merchant_details = OBMerchantDetails1(fitted(transaction.merchant.name, 350), fitted(code, 4))
    if transaction.counterparty is not None:
        counterparty = _encode_counterparty(transaction.counterparty, granted)
        if credit_debit(transaction.amount) == "Debit":  # the money went to the other side, or came from it
            wire.creditor_account = counterparty
        else:
            wire.debtor_account = counterparty


def _encode_counterparty(counterparty: Counterparty, granted: AbstractSet[Permission]) -> OBCashAccount6:
    if counterparty.identifier is None:
        return OBCashAccount6(name=fitted(counterparty.name, 350))
    wire = encode_identifier(counterparty.identifier, granted)
    if wire.name is UNSET:
        wire.name = fitted(counterparty.name, 350)
    return wire


def _encode_code(code: str | None) -> OBBankTransactionCodeStructure1 | UnsetType:
    """ISO 20022 `domain.family.subfamily`; the domain is not told here."""
    _domain, _, rest = (code or "").partition(".")
    family, _, subfamily = rest.partition(".")
    return OBBankTransactionCodeStructure1(family, subfamily) if family and subfamily else UNSET


def _single(query: Query, name: str) -> str | None:
    values = [value for key, value in query if key == name]
    if len(values) > 1:
        raise FieldDuplicated(f"{len(values)} times", public="A query parameter appears more than once.", path=name)
    return values[0] if values else None


def _parse(text: str | None, name: str) -> datetime | None:
    return None if text is None else parse_query_date_time(text, name)


def _render(instant: datetime | None) -> str | UnsetType:
    return UNSET if instant is None else render_date_time(instant)

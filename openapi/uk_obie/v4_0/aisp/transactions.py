"""Read transactions, by booking date and page by page. OBIE R/W 4.0 Transactions; Basic and Detail as in its "Permission Codes"."""

from collections.abc import Set as AbstractSet

from msgspec import UNSET, UnsetType

from kernel.banking.accounts import BalanceType, Transaction
from kernel.banking.commands import ReadTransactions
from kernel.banking.consents import Permission
from kernel.banking.results import TransactionsView, TransactionView
from kernel.http.message import Query
from openapi.codec import Rendering, WireRequest
from openapi.parameters import QueryParameter
from openapi.uk_obie.shared.dates import render_date_time, render_known
from openapi.uk_obie.v4_0.aisp.accounts import permissions_of
from openapi.uk_obie.v4_0.aisp.arrangements.counterparties import encode_account, encode_agent
from openapi.uk_obie.v4_0.aisp.codes.accounts import BALANCE_TYPES, TRANSACTION_MUTABILITIES, TRANSACTION_STATUSES
from openapi.uk_obie.v4_0.aisp.filters import DATE_TIME, PAGE, PAGE_PARAMETER, period, single
from openapi.uk_obie.v4_0.aisp.wire.transactions import (
    OBBankTransactionCodeStructure1,
    OBCurrencyExchange5,
    OBMerchantDetails1,
    OBReadTransaction6,
    OBReadTransaction6Data,
    OBTransaction6,
    OBTransactionCashBalance,
)
from openapi.uk_obie.v4_0.envelope import credit_debit, fitted, links_of, money
from openapi.uk_obie.v4_0.wire import MetaData

FROM = "fromBookingDateTime"
TO = "toBookingDateTime"

QUERY = (
    QueryParameter(FROM, "The earliest booking date-time to return; a time zone is ignored.", DATE_TIME),
    QueryParameter(TO, "The latest booking date-time to return; a time zone is ignored.", DATE_TIME),
    PAGE_PARAMETER,
)


def decode_list(request: WireRequest) -> ReadTransactions:
    return _decode(None, request.query)


def decode_read(request: WireRequest) -> ReadTransactions:
    return _decode(request.path["AccountId"], request.query)


def _decode(account_id: str | None, query: Query) -> ReadTransactions:
    """Raises FieldDateInvalid or FieldDuplicated, path = the parameter."""
    since, until = period(query, FROM, TO)
    return ReadTransactions(account_id, booked_from=since, booked_to=until, cursor=single(query, PAGE))


def encode(view: TransactionsView, rendering: Rendering) -> OBReadTransaction6:
    return OBReadTransaction6(
        data=OBReadTransaction6Data([_encode(row, permissions_of(rendering, row.account_id)) for row in view.rows]),
        links=links_of(rendering, view.next_cursor),
        meta=MetaData(
            first_available_date_time=render_known(view.first_available),
            last_available_date_time=render_known(view.last_available),
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
        value_date_time=render_known(transaction.value_at),
        amount=money(transaction.amount),
        currency_exchange=_encode_exchange(transaction),
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
        account, agent = encode_account(transaction.counterparty, granted), encode_agent(transaction.counterparty)
        if credit_debit(transaction.amount) == "Debit":  # the money went to the other side, or came from it
            wire.creditor_account, wire.creditor_agent = account, agent
        else:
            wire.debtor_account, wire.debtor_agent = account, agent


def _encode_code(code: str | None) -> OBBankTransactionCodeStructure1 | UnsetType:
    """ISO 20022 `domain.family.subfamily`; this member carries no domain."""
    _domain, _, rest = (code or "").partition(".")
    family, _, subfamily = rest.partition(".")
    return OBBankTransactionCodeStructure1(family, subfamily) if family and subfamily else UNSET


def _encode_exchange(transaction: Transaction) -> OBCurrencyExchange5 | UnsetType:
    """The rate is that of one unit of the currency in which the entry was ordered."""
    exchange = transaction.exchange
    if exchange is None:
        return UNSET
    return OBCurrencyExchange5(
        source_currency=exchange.instructed.currency,
        target_currency=transaction.amount.currency,
        unit_currency=exchange.instructed.currency,
        exchange_rate=float(exchange.rate),
        instructed_amount=money(exchange.instructed),
    )

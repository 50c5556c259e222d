"""Generated canonical data for the codecs of every dialect, and a rendering to encode it with."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.banking.accounts import (
    Account,
    AccountCategory,
    AccountIdentifier,
    AccountStatus,
    AccountType,
    Balance,
    BalanceType,
    Counterparty,
    CreditLine,
    CurrencyExchange,
    Merchant,
    Scheme,
    Transaction,
    TransactionStatus,
)
from kernel.banking.consents import AccountAccess, AccountReference, AccountsTerms, Consent, ConsentKind, ConsentState, Permission
from kernel.banking.money import Money
from kernel.banking.results import AccountView, BalanceView, TransactionsView, TransactionView
from kernel.http.message import Query, Request
from openapi.codec import Rendering, WireRequest

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
INTERACTION_ID = "93bac548-d2de-4546-b106-880a5018460d"

instants = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
moneys = st.builds(Money, st.sampled_from(["GBP", "EUR", "JPY", "KWD"]), st.integers(-(10**12), 10**12))
ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
ACCOUNT_IDS = ("a-1", "a-2", "Account_3")  # that the consents here cover
account_ids = st.sampled_from(ACCOUNT_IDS)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
permission_sets = st.frozensets(st.sampled_from(Permission))

identifiers = st.one_of(
    st.builds(
        AccountIdentifier, st.just(Scheme.SORT_CODE), st.from_regex(r"[0-9]{14}", fullmatch=True), texts, st.none() | texts
    ),
    st.builds(AccountIdentifier, st.just(Scheme.IBAN), st.from_regex(r"GB[0-9]{2}[A-Z]{4}[0-9]{14}", fullmatch=True), texts),
    st.builds(AccountIdentifier, st.just(Scheme.PAN), st.from_regex(r"[0-9]{16}", fullmatch=True), texts),
)
accounts = st.builds(
    Account,
    id=ids,
    currency=st.sampled_from(["GBP", "EUR"]),
    category=st.sampled_from(AccountCategory),
    type=st.sampled_from(AccountType),
    status=st.sampled_from(AccountStatus),
    status_changed_at=instants,
    name=texts,
    nickname=st.none() | texts,
    identifiers=st.lists(identifiers, max_size=3).map(tuple),
    servicer_bic=st.none() | st.just("CPLSGB2LXXX"),
    opened_at=instants,
    switched=st.none() | st.booleans(),
)
balances = st.builds(
    Balance,
    account_id=ids,
    type=st.sampled_from(BalanceType),
    amount=moneys,
    at=instants,
    credit_lines=st.lists(st.builds(CreditLine, st.booleans(), st.none() | moneys), max_size=2).map(tuple),
)
balance_views = st.builds(BalanceView, account_ids, balances)
account_views = st.builds(
    AccountView,
    st.builds(AccountReference, account_ids, st.just("UPSTREAM-SECRET")),
    accounts,
    st.none() | st.lists(balance_views, max_size=3).map(tuple),
)
transactions = st.builds(
    Transaction,
    id=ids,
    account_id=st.just("UPSTREAM-SECRET"),
    sequence=st.integers(0, 10**9),
    amount=moneys,
    status=st.sampled_from(TransactionStatus),
    booked_at=instants,
    value_at=st.none() | instants,
    information=texts,
    reference=st.none() | texts,
    code=st.none() | st.sampled_from(["PMNT.ICDT.ESCT", "PMNT", "", "PMNT.RCDT."]),
    merchant=st.none() | st.builds(Merchant, texts, st.none() | st.just("5411")),
    counterparty=st.none()
    | st.builds(Counterparty, st.none() | texts, st.none() | identifiers, st.none() | st.just("CPLSGB2LXXX")),
    balance_after=st.none() | moneys,
    exchange=st.none() | st.builds(CurrencyExchange, moneys, st.decimals("0.0001", "9999", places=6)),
)
transactions_views = st.builds(
    TransactionsView,
    st.lists(st.builds(TransactionView, account_ids, transactions), max_size=4).map(tuple),
    st.none() | ids,
    st.none() | instants,
    st.none() | instants,
)
consents = st.builds(
    Consent,
    id=ids,
    brand=st.just("main"),
    version=st.just(1),
    kind=st.just(ConsentKind.ACCOUNTS),
    state=st.sampled_from(ConsentState),
    client_id=ids,
    organisation_id=ids,
    lodged_as=st.just("default"),
    terms=st.builds(
        AccountsTerms,
        permissions=st.frozensets(st.sampled_from(Permission), min_size=1),
        transactions_from=st.none() | instants,
        transactions_to=st.none() | instants,
    ),
    created_at=instants,
    state_changed_at=instants,
    valid_until=st.none() | instants,
)


def a_consent(*permissions: Permission, **changes: object) -> Consent:
    facts: dict[str, object] = {
        "id": "c-1",
        "brand": "main",
        "version": 1,
        "kind": ConsentKind.ACCOUNTS,
        "state": ConsentState.AUTHORISED,
        "client_id": "tpp-1",
        "organisation_id": "org-1",
        "lodged_as": "default",
        "terms": AccountsTerms(permissions=frozenset(permissions)),
        "access": tuple(AccountAccess(AccountReference(each, "UPSTREAM-SECRET"), frozenset(permissions)) for each in ACCOUNT_IDS),
        "created_at": NOW - timedelta(days=1),
        "state_changed_at": NOW - timedelta(hours=1),
    }
    return Consent(**(facts | changes))  # type: ignore[arg-type]


def an_account(*identifiers: AccountIdentifier, **changes: object) -> Account:
    facts: dict[str, object] = {
        "id": "UPSTREAM-SECRET",
        "currency": "GBP",
        "category": AccountCategory.PERSONAL,
        "type": AccountType.CURRENT,
        "status": AccountStatus.ENABLED,
        "status_changed_at": NOW,
        "name": "Everyday",
        "nickname": "Bills",
        "identifiers": identifiers,
        "servicer_bic": "CPLSGB2LXXX",
        "opened_at": NOW,
    }
    return Account(**(facts | changes))  # type: ignore[arg-type]


def a_transaction(minor: int, **changes: object) -> Transaction:
    facts: dict[str, object] = {
        "id": "t-1",
        "account_id": "UPSTREAM-SECRET",
        "sequence": 1,
        "amount": Money("GBP", minor),
        "status": TransactionStatus.BOOKED,
        "booked_at": NOW,
        "information": "Coffee",
        "balance_after": Money("GBP", 100),
    }
    return Transaction(**(facts | changes))  # type: ignore[arg-type]


def a_transactions_view(*transactions: Transaction) -> TransactionsView:
    return TransactionsView(tuple(TransactionView("a-1", transaction) for transaction in transactions))


def rendering_of(path: str, consent: Consent | None, query: Query = (), page: Callable[[str], str] | None = None) -> Rendering:
    base = "https://localhost:8444/base"
    return Rendering(
        url=base + path,
        base_url=base,
        query=query,
        consent=consent,
        zone=ZoneInfo("Europe/London"),
        now=NOW,
        page=page or (lambda cursor: f"{base}{path}?page={cursor}"),
    )


def a_request(*headers: tuple[str, str], path: str = "/") -> Request:
    return Request("GET", path, (), CIMultiDictProxy(CIMultiDict(headers)), b"", "localhost", "127.0.0.1", "mtls")


def a_wire_request(path: dict[str, str] | None = None, query: Query = (), body: bytes = b"") -> WireRequest:
    return WireRequest(path or {}, query, body)

"""One example of each answer and refusal, for the published documents: canonical values through the dialect's own encoders, so that an
example can never part from what is sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from kernel import json
from kernel.banking.abroad.exchange import Charge, ChargeBearer, Quote, RateType
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.authorisations import AuthorisationState, AuthorisationStatus
from kernel.banking.consents import (
    AccountAccess,
    AccountReference,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentState,
    CrossBorderTerms,
    Permission,
    Terms,
    cross_border_of,
    due_of,
)
from kernel.banking.funds_checks import FundsCheck
from kernel.banking.money import Money
from kernel.banking.notices import NoticeKind, Subscription, SubscriptionForm, SubscriptionTerms
from kernel.banking.orders import OrderState, PaymentOrder, RailStatus
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.instructions import INSTRUCTED_KINDS, Instruction, InstructionDetails, InstructionState
from kernel.banking.results import (
    AccountView,
    BalanceView,
    FundsView,
    Numbered,
    PsuPartyView,
    RecordsView,
    RecordView,
    SignedNotices,
    TransactionsView,
    TransactionView,
)
from kernel.banking.terms import (
    Alignment,
    FundsTerms,
    Period,
    PeriodicLimit,
    VrpAuthentication,
    VrpTerms,
    VrpType,
)
from kernel.errors import Problem
from kernel.operations import Operation
from openapi.addresses import Addresses
from openapi.codec import Rendering, WireRequest, rendered
from openapi.core_bank.v1.examples import EXAMPLES
from openapi.dialect import Dialect, Row, Service
from openapi.pages import NumberedPages

ACCOUNT_ID = "22289d6c-8b1f-4f43-a3a0-5f9a6a4c11d0"
PAYMENT_ID = "2c9a7c0e-5b1f-4f6d-8e0a-6d3b9f1e7a42"
CONSENT_ID = "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55"
AUTHORISATION_ID = "0d2b92bf-eaf9-4187-9094-7ac8c9e7cf63"
ISSUER = "https://localhost:8443"
ERROR_ID = "8c1f7c53-6a0e-4d2b-b7a4-0a8a3f2b9d10"
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")
_DUE = timedelta(days=90)
_ANY: Any = EXAMPLES  # each value has the type of its own answer
_ACCOUNT = _ANY["accounts"].accounts[0]
_BALANCES = tuple(BalanceView(ACCOUNT_ID, balance) for balance in _ANY["balances"].balances)
_REFERENCE = AccountReference(ACCOUNT_ID, _ACCOUNT.id)
_VIEW = AccountView(_REFERENCE, _ACCOUNT)
_TRANSACTIONS = TransactionsView(
    tuple(TransactionView(ACCOUNT_ID, transaction) for transaction in _ANY["transactions"].transactions),
    first_available=_ANY["transactions"].first_available,
    last_available=_ANY["transactions"].last_available,
)


def _page(name: str) -> RecordsView[Any]:
    return RecordsView(tuple(RecordView(ACCOUNT_ID, record) for record in _ANY[name].rows))


def _views(records: tuple[Any, ...]) -> tuple[RecordView[Any], ...]:
    return tuple(RecordView(ACCOUNT_ID, record) for record in records)


def _consent(state: ConsentState) -> Consent:
    return Consent(
        id=CONSENT_ID,
        brand="main",
        version=1,
        kind=ConsentKind.ACCOUNTS,
        state=state,
        client_id="client",
        organisation_id="organisation",
        lodged_as="",
        terms=AccountsTerms(permissions=frozenset(Permission)),
        created_at=NOW,
        state_changed_at=NOW,
        valid_until=NOW + _DUE,
        access=(AccountAccess(_REFERENCE, frozenset(Permission)),),
    )


_AUTHORISATION = AuthorisationState(AUTHORISATION_ID, AuthorisationStatus.SUCCEEDED)
_PAYMENT = PaymentTerms(
    amount=Money("GBP", 16_588),
    creditor_name="ACME Inc",
    creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
    remittance="Internal ops code 5120101",
    end_to_end_id="FRESCO.21302.GFX.20",
    instruction_id="ACME412",
)


def _payment_consent(state: ConsentState) -> Consent:
    return msgspec.structs.replace(_consent(state), kind=ConsentKind.PAYMENT, terms=_PAYMENT)


_VRP = VrpTerms(
    individual_max=Money("GBP", 10_000),
    limits=(PeriodicLimit(amount=Money("GBP", 30_000), period=Period.MONTH, alignment=Alignment.CALENDAR),),
    creditor_name="Alice Archer",
    creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
    remittance="Sweep",
    types=(VrpType.SWEEPING,),
    authentications=(VrpAuthentication.NONE,),
)


def _vrp_consent(state: ConsentState) -> Consent:
    return msgspec.structs.replace(_consent(state), kind=ConsentKind.VRP, terms=_VRP)


_QUOTE = Quote(
    id="8f2f1e52-8a11-4a54-9f3f-6b1c8f5a7a10",
    type=RateType.ACTUAL,
    unit_currency="GBP",
    rate=Decimal("1.123392"),
    sold=Money("GBP", 14_766),
    bought=Money("EUR", 16_588),
    charges=(Charge(bearer=ChargeBearer.SHARED, amount=Money("GBP", 100)),),
    expires_at=NOW + timedelta(minutes=30),
)


def _of_product(dialect: Dialect, row: Row, result: object) -> object:
    """A payment's consent or order as another product has it: as the examples of its requests ask for it."""
    if not isinstance(result, Consent | PaymentOrder) or result.kind == row.consent_kind:
        return result
    asked = {each.operation: each for each in dialect.rows if each.consent_kind == row.consent_kind and each.example}
    lodged, ordered = (asked[each].example or b"" for each in (Operation.LODGE_PAYMENT_CONSENT, Operation.PLACE_PAYMENT))
    terms = _quoted(asked[Operation.LODGE_PAYMENT_CONSENT].decode(WireRequest({}, (), lodged, zone=ZONE)).lodgement.terms)
    if isinstance(result, Consent):
        return msgspec.structs.replace(result, kind=row.consent_kind, terms=terms, document=lodged)
    if row.consent_kind in INSTRUCTED_KINDS:
        instruction = _instruction_of(result, terms, ordered)
        return InstructionDetails(instruction, (result,)) if row.operation is Operation.READ_PAYMENT_DETAILS else instruction
    due_at, cross_border = due_of(terms, ZONE), cross_border_of(terms)
    return msgspec.structs.replace(result, kind=row.consent_kind, document=ordered, execute_at=due_at, cross_border=cross_border)


def _quoted(terms: Terms) -> Terms:
    """With the bank's rate, of a payment abroad."""
    if not isinstance(terms, CrossBorderTerms):
        return terms
    return msgspec.structs.replace(terms, cross_border=msgspec.structs.replace(terms.cross_border, quote=_QUOTE))


def _instruction_of(order: PaymentOrder, terms: Any, document: bytes) -> Instruction:
    shared = {name: getattr(order, name) for name in Instruction.__struct_fields__ if name in PaymentOrder.__struct_fields__}
    return Instruction(**shared | {"state": InstructionState.ACTIVE, "terms": terms, "document": document})


def _funds_consent(state: ConsentState) -> Consent:
    terms = FundsTerms(account=AccountIdentifier(Scheme.SORT_CODE, "80200110203345", name="Alice Archer"))
    return msgspec.structs.replace(_consent(state), kind=ConsentKind.FUNDS, terms=terms)


_FUNDS_CHECK = FundsCheck(
    id=PAYMENT_ID, consent_id=CONSENT_ID, reference="Purchase02", amount=Money("GBP", 2_000), is_available=True, at=NOW
)


def _order(state: OrderState, status: RailStatus) -> PaymentOrder:
    return PaymentOrder(
        id=PAYMENT_ID,
        brand="main",
        version=1,
        state=state,
        rail_status=status,
        instruction_id=PAYMENT_ID,
        execution=1,
        consent_id=CONSENT_ID,
        client_id="client",
        organisation_id="organisation",
        psu_id="psu",
        terms=_PAYMENT,
        payer=_REFERENCE,
        uetr="7d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d",
        created_at=NOW,
        updated_at=NOW,
        lodged_as="",
    )


_PARTIES = _views(_ANY["parties"].parties)
_PRODUCTS, _OFFERS = _views(_ANY["products"].products), _views(_ANY["offers"].offers)
_STATEMENTS = RecordsView(
    _views((_ANY["statement"],)), first_available=_ANY["statement"].starts_at, last_available=_ANY["statement"].ends_at
)

_SUBSCRIPTION = Subscription(
    id=PAYMENT_ID,
    client_id="client",
    terms=SubscriptionTerms(
        form=SubscriptionForm.EVENTS,
        lodged_as="",
        stated_version="4.0",
        callback_url="https://tpp.example/open-banking/v4.0/event-notifications",
        kinds=(NoticeKind.CONSENT_STOPPED,),
    ),
    created_at=NOW,
)

# What a use case answers, by operation; and by its kind of consent too, where products share the operation.
_RESULTS: Mapping[Operation, object] = {
    Operation.LODGE_ACCOUNT_CONSENT: _consent(ConsentState.AWAITING),
    Operation.READ_ACCOUNT_CONSENT: _consent(ConsentState.AUTHORISED),
    Operation.READ_ACCOUNT_CONSENT_STATUS: _consent(ConsentState.AUTHORISED),
    Operation.READ_CONSENT_AUTHORISATIONS: (_AUTHORISATION,),
    Operation.READ_CONSENT_AUTHORISATION: (_AUTHORISATION,),
    Operation.LIST_ACCOUNTS: (_VIEW,),
    Operation.READ_ACCOUNT: _VIEW,
    Operation.LIST_BALANCES: _BALANCES,
    Operation.READ_BALANCES: _BALANCES,
    Operation.LIST_TRANSACTIONS: _TRANSACTIONS,
    Operation.READ_TRANSACTIONS: _TRANSACTIONS,
    Operation.LIST_BENEFICIARIES: _page("beneficiaries"),
    Operation.READ_BENEFICIARIES: _page("beneficiaries"),
    Operation.LIST_DIRECT_DEBITS: _page("direct_debits"),
    Operation.READ_DIRECT_DEBITS: _page("direct_debits"),
    Operation.LIST_STANDING_ORDERS: _page("standing_orders"),
    Operation.READ_STANDING_ORDERS: _page("standing_orders"),
    Operation.LIST_SCHEDULED_PAYMENTS: _page("scheduled_payments"),
    Operation.READ_SCHEDULED_PAYMENTS: _page("scheduled_payments"),
    Operation.LIST_PRODUCTS: _PRODUCTS,
    Operation.READ_PRODUCT: _PRODUCTS,
    Operation.LIST_OFFERS: _OFFERS,
    Operation.READ_OFFERS: _OFFERS,
    Operation.READ_PARTIES: _PARTIES,
    Operation.READ_PARTY: _PARTIES,
    Operation.READ_PSU_PARTY: PsuPartyView(_ANY["party_of"]),
    Operation.LIST_STATEMENTS: _STATEMENTS,
    Operation.READ_STATEMENTS: _STATEMENTS,
    Operation.READ_STATEMENT: _STATEMENTS.rows[0],
    Operation.READ_STATEMENT_TRANSACTIONS: _TRANSACTIONS,
    Operation.LODGE_PAYMENT_CONSENT: _payment_consent(ConsentState.AWAITING),
    Operation.READ_PAYMENT_CONSENT: _payment_consent(ConsentState.AUTHORISED),
    Operation.CONFIRM_PAYMENT_FUNDS: FundsView(PAYMENT_ID, CONSENT_ID, _PAYMENT.amount, True, NOW),
    Operation.PLACE_PAYMENT: _order(OrderState.RECEIVED, RailStatus.RECEIVED),
    Operation.READ_PAYMENT: _order(OrderState.SETTLED, RailStatus.CREDITED),
    Operation.READ_PAYMENT_DETAILS: _order(OrderState.SETTLED, RailStatus.CREDITED),
    Operation.LODGE_FUNDS_CONSENT: _funds_consent(ConsentState.AWAITING),
    Operation.READ_FUNDS_CONSENT: _funds_consent(ConsentState.AUTHORISED),
    Operation.CHECK_FUNDS: _FUNDS_CHECK,
    Operation.SUBSCRIBE: _SUBSCRIPTION,
    Operation.READ_SUBSCRIPTIONS: _SUBSCRIPTION,
    Operation.CHANGE_SUBSCRIPTION: _SUBSCRIPTION,
    Operation.POLL_NOTICES: SignedNotices(((PAYMENT_ID, "eyJhbGciOiJQUzI1NiIsIm..."),), has_more=False),
}


_RESULTS_OF_KIND: Mapping[tuple[Operation, ConsentKind], object] = {
    (Operation.LODGE_PAYMENT_CONSENT, ConsentKind.VRP): _vrp_consent(ConsentState.AWAITING),
    (Operation.READ_PAYMENT_CONSENT, ConsentKind.VRP): _vrp_consent(ConsentState.AUTHORISED),
    (Operation.CONFIRM_PAYMENT_FUNDS, ConsentKind.VRP): FundsView(
        PAYMENT_ID, CONSENT_ID, Money("GBP", 1_000), True, NOW, "Sweep"
    ),
}


def answer_of(dialect: Dialect, service: Service, row: Row, addresses: Addresses) -> object | None:
    """The body of a success as JSON values; None where there is none, or none that is JSON."""
    if row.encode is None or row.operation not in _RESULTS:
        return None
    base_url = addresses.first_of(row) + service.base_path
    url = base_url + row.path.format_map(_Filled())
    rendering = Rendering(
        url=url,
        base_url=base_url,
        query=(),
        consent=_consent(ConsentState.AUTHORISED),
        zone=ZONE,
        now=NOW,
        page=lambda page: f"{url}?{dialect.paging.parameter}={page}",
        issuer=ISSUER,
    )
    body = rendered(row.encode(_result_of(dialect, row), rendering)).body
    return None if isinstance(body, bytes) else msgspec.json.decode(json.encode(body))


def _result_of(dialect: Dialect, row: Row) -> object:
    """Counted, where the dialect numbers its pages."""
    result = _RESULTS[row.operation]
    if row.consent_kind is not None:
        result = _RESULTS_OF_KIND.get((row.operation, row.consent_kind), result)
    result = _of_product(dialect, row, result)
    if isinstance(dialect.paging, NumberedPages) and isinstance(result, TransactionsView | RecordsView):
        return replace(result, numbered=Numbered(1, dialect.paging.size, len(result.rows)))
    return result


def refusal_of(dialect: Dialect, row: Row, kind: type[Problem]) -> object | None:
    """The body of a refusal as JSON values; None where it has none."""
    _, _, body = dialect.errors.render(kind(), row, ERROR_ID, None)
    return None if body is None else msgspec.json.decode(body)


class _Filled(dict[str, str]):
    """Every parameter of a path, filled."""

    def __missing__(self, name: str) -> str:
        if "uthorisation" in name:
            return AUTHORISATION_ID
        return CONSENT_ID if "onsent" in name else PAYMENT_ID if "ayment" in name else ACCOUNT_ID

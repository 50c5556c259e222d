"""The refusals that an operation can answer with, for the published document: what its row rules out is not listed."""

from collections.abc import Collection, Mapping

from kernel.access import Grant
from kernel.banking.consents import ConsentKind
from kernel.errors import (
    AccountNumberInvalid,
    BodyTooLarge,
    CallerGone,
    CurrencyUnsupported,
    CutOffPassed,
    FrequencyUnsupported,
    IdempotencyConflict,
    InstrumentUnsupported,
    LimitBreached,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NoticeKindUnsupported,
    OperationUnknown,
    OrderStateForbids,
    OrderUnknown,
    Problem,
    SchemeUnsupported,
    SecondaryNumberUnsupported,
    SignatureClaimInvalid,
    SignatureClaimMissing,
    SignatureInvalid,
    SignatureMalformed,
    SignatureMissing,
    SignatureUnexpected,
    SubscriptionExists,
    SubscriptionUnknown,
)
from kernel.operations import Operation
from openapi.dialect import Dialect, Row
from openapi.pages import NumberedPages, PageSizeInvalid, PageUnknown
from openapi.versions import VersionInvalid, VersionUnsupported

PAYING_KINDS = frozenset(
    {
        ConsentKind.PAYMENT,
        ConsentKind.SCHEDULED,
        ConsentKind.STANDING_ORDER,
        ConsentKind.INTERNATIONAL,
        ConsentKind.INTERNATIONAL_SCHEDULED,
        ConsentKind.INTERNATIONAL_STANDING_ORDER,
        ConsentKind.FILE,
        ConsentKind.VRP,
    }
)
NAMING_KINDS = PAYING_KINDS | {
    ConsentKind.FUNDS
}  # the bank's payments answer for them, and their callers name accounts by number
LIMITED_KINDS = frozenset({ConsentKind.VRP})
_OF_A_BODY = {MediaTypeUnsupported, BodyTooLarge}
_OF_A_PAYMENT = {OrderStateForbids, OrderUnknown}
# Of a body, under the kinds of consents whose callers send such a one.
_OF_A_BODY_OF: Mapping[type[Problem], frozenset[str]] = {
    CutOffPassed: PAYING_KINDS,
    FrequencyUnsupported: frozenset({ConsentKind.STANDING_ORDER, ConsentKind.INTERNATIONAL_STANDING_ORDER}),
    InstrumentUnsupported: PAYING_KINDS,
    LimitBreached: LIMITED_KINDS,
    AccountNumberInvalid: NAMING_KINDS,
    CurrencyUnsupported: NAMING_KINDS,
    SchemeUnsupported: NAMING_KINDS,
    SecondaryNumberUnsupported: NAMING_KINDS,
}
_OF_A_SIGNED_BODY = {SignatureInvalid, SignatureClaimInvalid, SignatureClaimMissing, SignatureMalformed, SignatureMissing}
_OF_SOME_OPERATIONS: Mapping[type[Problem], Collection[Operation]] = {
    **dict.fromkeys((OperationUnknown, MethodNotAllowed, CallerGone), ()),  # before one is found, or when no one reads the answer
    SubscriptionExists: (Operation.SUBSCRIBE,),
    SubscriptionUnknown: (Operation.CHANGE_SUBSCRIPTION, Operation.END_SUBSCRIPTION),
    NoticeKindUnsupported: (Operation.SUBSCRIBE, Operation.CHANGE_SUBSCRIPTION),
}
_OF_VERSIONS = {VersionInvalid, VersionUnsupported}
_OF_NUMBERED_PAGES = {PageSizeInvalid, PageUnknown}


def may_refuse(dialect: Dialect, row: Row, kind: type[Problem]) -> bool:
    if kind in _OF_A_BODY:
        return row.request is not None
    if kind in _OF_A_PAYMENT:
        return row.consent_kind in PAYING_KINDS
    if kind in _OF_A_BODY_OF:
        is_of_its_use = kind is not LimitBreached or row.grant is Grant.AUTHORIZATION_CODE
        return row.request is not None and row.consent_kind in _OF_A_BODY_OF[kind] and is_of_its_use
    if kind in _OF_A_SIGNED_BODY:
        return row.signed and row.request is not None
    if kind is SignatureUnexpected:
        return row.signed and row.request is None
    if kind in _OF_VERSIONS:
        return row.version is not None
    if kind in _OF_NUMBERED_PAGES:
        return isinstance(dialect.paging, NumberedPages) and dialect.paging.parameter in {each.name for each in row.query}
    if kind is IdempotencyConflict:
        return row.idempotent
    return kind not in _OF_SOME_OPERATIONS or row.operation in _OF_SOME_OPERATIONS[kind]

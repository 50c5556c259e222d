"""The refusals that an operation can answer with, for the published document: what its row rules out is not listed."""

from kernel.banking.consents import ConsentKind
from kernel.errors import (
    AccountNumberInvalid,
    BodyTooLarge,
    CallerGone,
    CurrencyUnsupported,
    IdempotencyConflict,
    InstrumentUnsupported,
    MediaTypeUnsupported,
    MethodNotAllowed,
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
)
from openapi.dialect import Dialect, Row
from openapi.pages import NumberedPages, PageSizeInvalid, PageUnknown
from openapi.versions import VersionInvalid, VersionUnsupported

PAYING_KINDS = frozenset({ConsentKind.PAYMENT, ConsentKind.VRP})
_NOT_OF_AN_OPERATION = {OperationUnknown, MethodNotAllowed, CallerGone}  # before an operation is found, or when no one reads it
_OF_A_BODY = {MediaTypeUnsupported, BodyTooLarge}
_OF_A_PAYMENT = {OrderStateForbids, OrderUnknown}
_OF_A_PAYMENT_BODY = {
    AccountNumberInvalid,
    CurrencyUnsupported,
    InstrumentUnsupported,
    SchemeUnsupported,
    SecondaryNumberUnsupported,
}
_OF_A_SIGNED_BODY = {SignatureInvalid, SignatureClaimInvalid, SignatureClaimMissing, SignatureMalformed, SignatureMissing}
_OF_VERSIONS = {VersionInvalid, VersionUnsupported}
_OF_NUMBERED_PAGES = {PageSizeInvalid, PageUnknown}


def may_refuse(dialect: Dialect, row: Row, kind: type[Problem]) -> bool:
    if kind in _OF_A_BODY:
        return row.request is not None
    if kind in _OF_A_PAYMENT:
        return row.consent_kind in PAYING_KINDS
    if kind in _OF_A_PAYMENT_BODY:
        return row.request is not None and row.consent_kind in PAYING_KINDS
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
    return kind not in _NOT_OF_AN_OPERATION

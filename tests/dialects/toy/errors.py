"""The form of every refusal of the toy dialect. The body names the operation, so the face reads the row."""

from collections.abc import Mapping

from msgspec import UNSET

from kernel import errors, json
from kernel.errors import Problem
from openapi.dialect import Row, WireError
from openapi.pages import PageSizeInvalid, PageUnknown
from openapi.versions import VersionInvalid, VersionUnsupported
from tests.dialects.toy.wire import Refusal

_STATUSES: Mapping[int, tuple[type[Problem], ...]] = {
    400: (
        errors.RequestMalformed,
        errors.HeaderInvalid,
        errors.HeaderMissing,
        errors.FieldMissing,
        errors.FieldInvalid,
        errors.FieldDateInvalid,
        errors.FieldExpected,
        errors.FieldUnexpected,
        errors.FieldDuplicated,
        errors.CursorInvalid,
        VersionInvalid,
        PageSizeInvalid,
    ),
    401: (
        errors.CertificateMissing,
        errors.CertificateInvalid,
        errors.CertificateExpired,
        errors.CertificateForeign,
        errors.CertificateRevoked,
        errors.CertificateBlocked,
        errors.TokenMissing,
        errors.TokenInvalid,
        errors.TokenExpired,
        errors.TokenRevoked,
        errors.TokenNotBound,
        errors.ProofMissing,
        errors.ProofInvalid,
        errors.ProofNonceRequired,
        errors.GrantInsufficient,
        errors.ClientInactive,
    ),
    403: (
        errors.ScopeInsufficient,
        errors.RoleMissing,
        errors.ConsentUnknown,
        errors.ConsentForeign,
        errors.ConsentNotAuthorised,
        errors.ConsentSuspended,
        errors.ReauthenticationRequired,
        errors.ConsentExpired,
        errors.ConsentRevoked,
        errors.ConsentMismatch,
        errors.LimitBreached,
        errors.PermissionMissing,
        errors.AccountNotConsented,
    ),
    404: (
        errors.OperationUnknown,
        errors.AccountUnknown,
        errors.AuthorisationUnknown,
        errors.StatementUnknown,
        errors.SubscriptionUnknown,
    ),
    405: (errors.MethodNotAllowed,),
    406: (errors.MediaTypeUnacceptable, VersionUnsupported),
    409: (errors.IdempotencyConflict, errors.SubscriptionExists),
    413: (errors.BodyTooLarge,),
    415: (errors.MediaTypeUnsupported,),
    422: (PageUnknown, errors.NoticeKindUnsupported),
    429: (errors.RateExceeded,),
    500: (Problem,),
    503: (
        errors.CertificateUnchecked,
        errors.UpstreamFailed,
        errors.UpstreamTimedOut,
        errors.CallerGone,
        errors.Overloaded,
    ),
}
TABLE: Mapping[type[Problem], WireError] = {
    kind: WireError(status, kind.code) for status, kinds in _STATUSES.items() for kind in kinds
}
_NOT_FOUND = WireError(404, errors.ConsentUnknown.code)


class ErrorTable:
    """The error face."""

    table = TABLE
    body: type | None = Refusal

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        """An agreement that the path names is not found; one that a token names is forbidden."""
        if issubclass(kind, errors.ConsentUnknown) and row is not None and "{agreementId}" in row.path:
            return _NOT_FOUND
        return next(self.table[each] for each in kind.__mro__ if each in self.table)

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        wire = self.wire_of(type(problem), row)
        refusal = Refusal(wire.code or "", problem.path or UNSET, UNSET if row is None else row.operation.value)
        return wire.status, "application/json", json.encode(refusal)

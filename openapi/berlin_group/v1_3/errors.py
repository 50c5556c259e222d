"""The form of every refusal: status, message code and body. NextGenPSD2 XS2A 1.3, "Error Information" and "Message Codes".

The standard's document defines no body for 415, 500 and 503, and so none is sent.
"""

from collections.abc import Mapping

from msgspec import UNSET

from kernel import errors, json
from kernel.errors import Problem
from openapi.berlin_group.v1_3.problems import ParameterUnsupported, PeriodInvalid, ServiceUnsupported, SessionsUnsupported
from openapi.berlin_group.v1_3.wire import ErrorInformation, TppMessage
from openapi.dialect import Row, WireError

CONTENT_TYPE = "application/json"
TEXT_LENGTH_MAX = 500  # of the text of an error; the rest is cut
PATH_LENGTH_MAX = 500  # of the path of an error; the rest is cut

CONSENT_ID = "{consentId}"  # in a path

UNEXPECTED = WireError(500)
UNAVAILABLE = WireError(503)
_FORMAT_ERROR = WireError(400, "FORMAT_ERROR")
_PERIOD_INVALID = WireError(400, "PERIOD_INVALID")
_CONSENT_INVALID = WireError(401, "CONSENT_INVALID")
_CONSENT_UNKNOWN = WireError(400, "CONSENT_UNKNOWN")  # named by a header
_NAMED_CONSENT_UNKNOWN = WireError(403, "CONSENT_UNKNOWN")  # named by the path
_RESOURCE_UNKNOWN = WireError(404, "RESOURCE_UNKNOWN")

TABLE: Mapping[type[Problem], WireError] = {
    Problem: UNEXPECTED,
    errors.RequestMalformed: _FORMAT_ERROR,
    errors.BodyTooLarge: _FORMAT_ERROR,
    errors.OperationUnknown: _RESOURCE_UNKNOWN,
    errors.MethodNotAllowed: WireError(405, "SERVICE_INVALID"),
    errors.MediaTypeUnacceptable: WireError(406, "REQUESTED_FORMATS_INVALID"),
    errors.MediaTypeUnsupported: WireError(415),
    errors.HeaderInvalid: _FORMAT_ERROR,
    errors.HeaderMissing: _FORMAT_ERROR,
    errors.FieldMissing: _FORMAT_ERROR,
    errors.FieldInvalid: _FORMAT_ERROR,
    errors.FieldDateInvalid: _PERIOD_INVALID,  # the end of a consent, in the past
    errors.FieldExpected: _FORMAT_ERROR,
    errors.FieldUnexpected: _FORMAT_ERROR,
    PeriodInvalid: _PERIOD_INVALID,
    ServiceUnsupported: WireError(400, "SERVICE_INVALID"),
    SessionsUnsupported: WireError(400, "SESSIONS_NOT_SUPPORTED"),
    ParameterUnsupported: WireError(400, "PARAMETER_NOT_SUPPORTED"),
    errors.FieldDuplicated: _FORMAT_ERROR,
    errors.CurrencyUnsupported: _FORMAT_ERROR,
    errors.SchemeUnsupported: _FORMAT_ERROR,
    errors.AccountNumberInvalid: _FORMAT_ERROR,
    errors.SecondaryNumberUnsupported: _FORMAT_ERROR,
    errors.InstrumentUnsupported: _FORMAT_ERROR,
    errors.FrequencyUnsupported: _FORMAT_ERROR,
    errors.SignatureMissing: WireError(401, "SIGNATURE_MISSING"),
    errors.SignatureUnexpected: WireError(401, "SIGNATURE_INVALID"),
    errors.SignatureMalformed: WireError(401, "SIGNATURE_INVALID"),
    errors.SignatureClaimMissing: WireError(401, "SIGNATURE_INVALID"),
    errors.SignatureClaimInvalid: WireError(401, "SIGNATURE_INVALID"),
    errors.SignatureInvalid: WireError(401, "SIGNATURE_INVALID"),
    errors.CertificateMissing: WireError(401, "CERTIFICATE_MISSING"),
    errors.CertificateInvalid: WireError(401, "CERTIFICATE_INVALID"),
    errors.CertificateExpired: WireError(401, "CERTIFICATE_EXPIRED"),
    errors.CertificateForeign: WireError(401, "CERTIFICATE_INVALID"),
    errors.CertificateRevoked: WireError(401, "CERTIFICATE_REVOKE"),
    errors.CertificateBlocked: WireError(401, "CERTIFICATE_BLOCKED"),
    errors.CertificateUnchecked: UNAVAILABLE,
    errors.TokenMissing: WireError(401, "TOKEN_UNKNOWN"),
    errors.TokenInvalid: WireError(401, "TOKEN_INVALID"),
    errors.TokenExpired: WireError(401, "TOKEN_EXPIRED"),
    errors.TokenRevoked: WireError(401, "TOKEN_INVALID"),
    errors.TokenNotBound: WireError(401, "TOKEN_INVALID"),
    errors.ProofMissing: WireError(401, "TOKEN_INVALID"),
    errors.ProofInvalid: WireError(401, "TOKEN_INVALID"),
    errors.ProofNonceRequired: WireError(401, "TOKEN_INVALID"),
    errors.GrantInsufficient: WireError(401, "TOKEN_INVALID"),
    errors.ScopeInsufficient: WireError(401, "TOKEN_INVALID"),
    errors.ClientInactive: WireError(401, "CERTIFICATE_BLOCKED"),
    errors.RoleMissing: WireError(401, "ROLE_INVALID"),
    errors.ConsentUnknown: _CONSENT_UNKNOWN,
    errors.ConsentForeign: _CONSENT_UNKNOWN,
    errors.ConsentNotAuthorised: _CONSENT_INVALID,
    errors.ConsentSuspended: _CONSENT_INVALID,
    errors.ReauthenticationRequired: _CONSENT_INVALID,
    errors.ConsentExpired: WireError(401, "CONSENT_EXPIRED"),
    errors.ConsentRevoked: _CONSENT_INVALID,
    errors.ConsentMismatch: _CONSENT_INVALID,
    errors.LimitBreached: _CONSENT_INVALID,
    errors.PermissionMissing: _CONSENT_INVALID,
    errors.AccountUnknown: _RESOURCE_UNKNOWN,
    errors.AccountNotConsented: _CONSENT_INVALID,
    errors.AuthorisationUnknown: _RESOURCE_UNKNOWN,
    errors.StatementUnknown: _RESOURCE_UNKNOWN,
    errors.OrderUnknown: _RESOURCE_UNKNOWN,
    errors.OrderStateForbids: _CONSENT_INVALID,
    errors.CutOffPassed: _FORMAT_ERROR,
    errors.SubscriptionUnknown: _RESOURCE_UNKNOWN,
    errors.SubscriptionExists: _FORMAT_ERROR,
    errors.NoticeKindUnsupported: _FORMAT_ERROR,
    errors.CursorInvalid: WireError(400, "PARAMETER_NOT_CONSISTENT"),
    errors.IdempotencyConflict: WireError(400, "PARAMETER_NOT_CONSISTENT"),
    errors.RateExceeded: WireError(429, "ACCESS_EXCEEDED"),
    errors.UpstreamFailed: UNAVAILABLE,
    errors.UpstreamTimedOut: UNAVAILABLE,
    errors.CallerGone: UNAVAILABLE,
    errors.Overloaded: UNAVAILABLE,
}


class ErrorTable:
    """The error face."""

    table = TABLE
    body: type | None = ErrorInformation

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        """An unknown consent is forbidden where the path names it, and malformed where a header does."""
        wire = next((self.table[each] for each in kind.__mro__ if each in self.table), UNEXPECTED)
        return _NAMED_CONSENT_UNKNOWN if wire is _CONSENT_UNKNOWN and row is not None and CONSENT_ID in row.path else wire

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        """This standard's body has no place for `error_id`: both sides already know the request id."""
        wire = self.wire_of(type(problem), row)
        if wire.code is None:
            return wire.status, None, None
        message = TppMessage(
            category="ERROR",
            code=wire.code,
            path=problem.path[:PATH_LENGTH_MAX] or UNSET,
            text=problem.public[:TEXT_LENGTH_MAX],
        )
        return wire.status, CONTENT_TYPE, json.encode(ErrorInformation([message]))

"""The form of every refusal: status, code and body. OBIE R/W 4.0 Profile, "HTTP Status Codes" and "Error Response Structure".

The standard defines no body for 401, 404, 405, 406, 415, 429 and 503, and so none is sent, save for an expired token or consent
(its text requires one, its document does not). A 403 without a code of its own is described in words (NARR).
"""

from collections.abc import Mapping

from msgspec import UNSET

from kernel import errors, json
from kernel.access import Grant
from kernel.errors import Problem
from kernel.operations import Operation
from openapi.dialect import Row, WireError
from openapi.possible_refusals import PAYING_KINDS
from openapi.uk_obie.v4_0.wire import OBError1, OBErrorResponse1

CONTENT_TYPE = "application/json"
MESSAGE_LENGTH_MAX = 500  # of the message of an error; the rest is cut
PATH_LENGTH_MAX = 500  # of the path of an error; the rest is cut
ID_LENGTH_MAX = 40  # of the id of an error; the rest is cut

UNEXPECTED = WireError(500, "U000")
_WITHOUT_CONFLICT = frozenset({"/international-payments"})  # orders of which the document has no 409
_CONSENT_CONFLICT = WireError(400, "U029")
_SECOND_SUBSCRIPTION = WireError(409, "U029")  # OBIE R/W 4.0 Event Subscriptions: a client has one
_PAYMENT_CONSENT_OVER = WireError(400, "U009")  # a payment consent has no state of its own for one that ran out or was revoked
UNEXPECTED_MESSAGE = "An unexpected error occurred."

TABLE: Mapping[type[Problem], WireError] = {
    Problem: UNEXPECTED,
    errors.RequestMalformed: WireError(400, "U010"),
    errors.BodyTooLarge: WireError(400, "U010"),
    errors.OperationUnknown: WireError(404),
    errors.MethodNotAllowed: WireError(405),
    errors.MediaTypeUnacceptable: WireError(406),
    errors.MediaTypeUnsupported: WireError(415),
    errors.HeaderInvalid: WireError(400, "U006"),
    errors.HeaderMissing: WireError(400, "U007"),
    errors.FieldMissing: WireError(400, "U004"),
    errors.FieldInvalid: WireError(400, "U002"),
    errors.FieldDateInvalid: WireError(400, "U003"),
    errors.FieldExpected: WireError(400, "U001"),
    errors.FieldUnexpected: WireError(400, "U005"),
    errors.FieldDuplicated: WireError(400, "U005"),
    errors.CurrencyUnsupported: WireError(400, "U023"),
    errors.SchemeUnsupported: WireError(400, "U027"),
    errors.AccountNumberInvalid: WireError(400, "U021"),
    errors.SecondaryNumberUnsupported: WireError(400, "U022"),
    errors.InstrumentUnsupported: WireError(400, "U026"),
    errors.FrequencyUnsupported: WireError(400, "U025"),
    errors.SignatureInvalid: WireError(400, "U015"),
    errors.SignatureClaimInvalid: WireError(400, "U016"),
    errors.SignatureClaimMissing: WireError(400, "U017"),
    errors.SignatureMalformed: WireError(400, "U018"),
    errors.SignatureMissing: WireError(400, "U019"),
    errors.SignatureUnexpected: WireError(400, "U020"),
    errors.CertificateMissing: WireError(401),
    errors.CertificateInvalid: WireError(401),
    errors.CertificateExpired: WireError(401),
    errors.CertificateForeign: WireError(401),
    errors.CertificateRevoked: WireError(401),
    errors.CertificateBlocked: WireError(401),
    errors.CertificateUnchecked: WireError(503),
    errors.TokenMissing: WireError(401),
    errors.TokenInvalid: WireError(401),
    errors.TokenExpired: WireError(401, "TKXP"),
    errors.TokenRevoked: WireError(401),
    errors.TokenNotBound: WireError(401),
    errors.ProofMissing: WireError(401),
    errors.ProofInvalid: WireError(401),
    errors.ProofNonceRequired: WireError(401),
    errors.GrantInsufficient: WireError(401),
    errors.ScopeInsufficient: WireError(403, "NARR"),
    errors.ClientInactive: WireError(401),
    errors.RoleMissing: WireError(403, "NARR"),
    errors.ConsentUnknown: WireError(400, "U011"),
    errors.ConsentForeign: WireError(403, "NARR"),
    errors.ConsentNotAuthorised: WireError(400, "U009"),
    errors.ConsentSuspended: WireError(403, "U028"),
    errors.ReauthenticationRequired: WireError(403, "U028"),
    errors.ConsentExpired: WireError(401, "TKXP"),
    errors.ConsentRevoked: WireError(401),
    errors.ConsentMismatch: WireError(400, "U008"),
    errors.LimitBreached: WireError(400, "U014"),
    errors.PermissionMissing: WireError(403, "NARR"),
    errors.AccountUnknown: WireError(400, "U011"),
    errors.AccountNotConsented: WireError(403, "NARR"),
    errors.AuthorisationUnknown: WireError(400, "U011"),
    errors.StatementUnknown: WireError(400, "U011"),
    errors.OrderUnknown: WireError(400, "U011"),
    errors.OrderStateForbids: WireError(400, "U009"),
    errors.CutOffPassed: WireError(400, "U012"),
    errors.SubscriptionUnknown: WireError(400, "U011"),
    errors.SubscriptionExists: WireError(400, "U029"),
    errors.NoticeKindUnsupported: WireError(400, "U024"),
    errors.CursorInvalid: WireError(400, "U002"),
    errors.IdempotencyConflict: WireError(409, "U029"),
    errors.RateExceeded: WireError(429),
    errors.UpstreamFailed: UNEXPECTED,
    errors.UpstreamTimedOut: WireError(503),
    errors.CallerGone: WireError(503),
    errors.Overloaded: WireError(503),
}

# The use case that refuses these does not know what the standard calls the member.
PATHS: Mapping[type[Problem], str] = {errors.CursorInvalid: "page"}


def _has_no_conflict(row: Row) -> bool:
    """True where the document has no 409."""
    return row.grant is Grant.CLIENT_CREDENTIALS or row.path in _WITHOUT_CONFLICT


class ErrorTable:
    """The error face."""

    table = TABLE
    body: type | None = OBErrorResponse1

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        """The same at every operation, save for three: a key that was used before (the document has 409 for orders, and none for consents
        and international orders), a payment consent that is over (every state but AUTH is refused alike), and a second subscription (409 where
        one is made)."""
        if issubclass(kind, errors.IdempotencyConflict) and row is not None and _has_no_conflict(row):
            return _CONSENT_CONFLICT
        if issubclass(kind, errors.SubscriptionExists) and row is not None and row.operation is Operation.SUBSCRIBE:
            return _SECOND_SUBSCRIPTION
        if (
            issubclass(kind, errors.ConsentExpired | errors.ConsentRevoked)
            and row is not None
            and row.consent_kind in PAYING_KINDS
        ):
            return _PAYMENT_CONSENT_OVER
        return next((self.table[each] for each in kind.__mro__ if each in self.table), UNEXPECTED)

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        wire = self.wire_of(type(problem), row)
        if wire.code is None:
            return wire.status, None, None
        path = problem.path or PATHS.get(type(problem), "")
        known = type(problem) in self.table and type(problem) is not Problem
        error = OBError1(
            error_code=wire.code,
            message=(problem.public if known else UNEXPECTED_MESSAGE)[:MESSAGE_LENGTH_MAX],
            path=path[:PATH_LENGTH_MAX] or UNSET,
        )
        body = OBErrorResponse1(id=error_id[:ID_LENGTH_MAX] or UNSET, errors=[error])
        return wire.status, CONTENT_TYPE, json.encode(body)

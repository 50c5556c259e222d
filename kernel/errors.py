"""One root for every refusal, and the refusals that more than one surface knows.

A refusal names a fact, never an HTTP status: each surface (OAuth, a dialect, a page) owns one table that renders it.
`public` is constant text and may be shown to anyone; `detail` goes to the log only; `path` names the offending member of
the caller's own document (`Data.Permissions[0]`), which the caller already has; it is also the detail of a refusal that has no other.

    Problem
      RequestMalformed ... what was sent cannot be read
      Field*           ... a member of a document is wrong
      Token* Proof* Client* Certificate* ... the caller is not who or what it must be
      Consent* Account* Order* ... the grant does not cover the request
      RateExceeded UpstreamFailed ... not now
"""

from typing import ClassVar


class Problem(Exception):
    """A refusal. Subclasses fix `code` (ours, stable, snake_case) and `public`; a raise may narrow `public` by a constant text."""

    code: ClassVar[str] = "problem"
    public: str = "The request was refused."

    def __init__(self, detail: str = "", *, public: str | None = None, path: str = "") -> None:
        super().__init__(detail or self.public)
        self.path = path.encode(errors="replace").decode()  # a lone surrogate of the caller's cannot be said back
        self.detail = detail or self.path
        if public is not None:
            self.public = public


# what was sent cannot be read
class RequestMalformed(Problem):
    code, public = "request_malformed", "The request could not be parsed."


class BodyTooLarge(Problem):
    code, public = "body_too_large", "The request body is larger than this operation accepts."


class OperationUnknown(Problem):
    code, public = "operation_unknown", "There is no such operation."


class MethodNotAllowed(Problem):
    code, public = "method_not_allowed", "This operation does not exist for this method."

    def __init__(self, detail: str = "", *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.allowed = allowed


class MediaTypeUnacceptable(Problem):
    code, public = "media_type_unacceptable", "None of the accepted media types can be produced."


class MediaTypeUnsupported(Problem):
    code, public = "media_type_unsupported", "The request body must be sent as application/json."


class HeaderInvalid(Problem):
    code, public = "header_invalid", "A request header has an invalid value."


class HeaderMissing(Problem):
    code, public = "header_missing", "A required request header is missing."


# a member of a document is wrong
class FieldMissing(Problem):
    code, public = "field_missing", "A required field is missing."


class FieldInvalid(Problem):
    code, public = "field_invalid", "A field has an invalid value."


class FieldDateInvalid(Problem):
    code, public = "field_date_invalid", "A date is invalid or out of range."


class FieldExpected(Problem):
    code, public = "field_expected", "A value is expected in combination with those that were sent."


class FieldUnexpected(Problem):
    code, public = "field_unexpected", "A field is not expected here."


class FieldDuplicated(Problem):
    code, public = "field_duplicated", "A field appears more than once."


class CurrencyUnsupported(Problem):
    code, public = "currency_unsupported", "The currency is unknown, or not offered for this operation."


class SchemeUnsupported(Problem):
    code, public = "scheme_unsupported", "Accounts of this scheme are not offered for this operation."


class AccountNumberInvalid(Problem):
    code, public = "account_number_invalid", "The account number has not the form that its scheme demands."


class SecondaryNumberUnsupported(Problem):
    code, public = "secondary_number_unsupported", "Accounts of this scheme have no secondary identification of this form."


class InstrumentUnsupported(Problem):
    code, public = "instrument_unsupported", "This instrument is not offered for this operation."


class FrequencyUnsupported(Problem):
    code, public = "frequency_unsupported", "This frequency is not offered."


# the signature over what was sent
class SignatureMissing(Problem):
    code, public = "signature_missing", "The body must be signed."


class SignatureUnexpected(Problem):
    code, public = "signature_unexpected", "There is no body that a signature could be over."


class SignatureMalformed(Problem):
    code, public = "signature_malformed", "The signature is not a detached JWS."


class SignatureClaimMissing(Problem):
    code, public = "signature_claim_missing", "A claim of the signature's header is missing."


class SignatureClaimInvalid(Problem):
    code, public = "signature_claim_invalid", "A claim of the signature's header is invalid."


class SignatureInvalid(Problem):
    code, public = "signature_invalid", "The signature does not fit the body."


# the caller is not who or what it must be
class CertificateMissing(Problem):
    code, public = "certificate_missing", "A client certificate is required."


class CertificateInvalid(Problem):
    code, public = "certificate_invalid", "The client certificate is not acceptable."


class CertificateForeign(Problem):
    code, public = "certificate_foreign", "The client certificate was issued to another organisation than the client's."


class CertificateExpired(Problem):
    code, public = "certificate_expired", "The client certificate is outside its validity period."


class CertificateRevoked(Problem):
    code, public = "certificate_revoked", "The client certificate was revoked by its authority."


class CertificateBlocked(Problem):
    code, public = "certificate_blocked", "The client certificate, or its organisation, is blocked here."


class CertificateUnchecked(Problem):
    code, public = "certificate_unchecked", "Whether the client certificate was revoked cannot be found out now. Try again later."


class TokenMissing(Problem):
    code, public = "token_missing", "An access token is required in the Authorization header."


class TokenInvalid(Problem):
    code, public = "token_invalid", "The access token is not valid."


class TokenExpired(Problem):
    code, public = "token_expired", "The access token has expired."


class TokenRevoked(Problem):
    code, public = "token_revoked", "The access token is no longer active."


class TokenNotBound(Problem):
    code, public = "token_not_bound", "The access token is bound to another certificate or key."


class ProofMissing(Problem):
    code, public = "proof_missing", "A DPoP proof is required."


class ProofInvalid(Problem):
    code, public = "proof_invalid", "The DPoP proof is not valid for this request."


class ProofNonceRequired(Problem):
    """`nonce` is what the next proof must contain."""

    code, public = "proof_nonce_required", "The DPoP proof must contain the nonce that this answer provides."

    def __init__(self, detail: str = "", *, nonce: str = "") -> None:
        super().__init__(detail)
        self.nonce = nonce


class GrantInsufficient(Problem):
    code, public = "grant_insufficient", "The access token was issued under another grant type than this operation needs."


class ScopeInsufficient(Problem):
    code, public = "scope_insufficient", "The access token does not carry the scope this operation needs."


class ClientInactive(Problem):
    code, public = "client_inactive", "The client is not active."


class RoleMissing(Problem):
    code, public = "role_missing", "The client does not hold the role this operation needs."


# the grant does not cover the request
class ConsentUnknown(Problem):
    code, public = "consent_unknown", "There is no such consent."


class IdempotencyConflict(Problem):
    code, public = "idempotency_conflict", "The idempotency key was used before, with another request."


class ConsentForeign(Problem):
    code, public = "consent_foreign", "The consent belongs to another client."


class ConsentNotAuthorised(Problem):
    code, public = "consent_not_authorised", "The consent is not authorised."


class ConsentSuspended(Problem):
    code, public = "consent_suspended", "The consent is suspended until the customer authenticates again."


class ReauthenticationRequired(Problem):
    code, public = "reauthentication_required", "The customer must authenticate again before this can be read."


class ConsentExpired(Problem):
    code, public = "consent_expired", "The consent has expired."


class ConsentRevoked(Problem):
    code, public = "consent_revoked", "The consent was revoked."


class ConsentMismatch(Problem):
    code, public = "consent_mismatch", "The request does not match the consent of the access token."


class LimitBreached(Problem):
    """A payment beyond the parameters of its consent. `parameter` is one of kernel/banking/terms.py: VrpParameter, `index` its place."""

    code, public = "limit_breached", "The payment is beyond what its payer agreed to."

    def __init__(self, detail: str = "", *, parameter: str = "", index: int | None = None, path: str = "") -> None:
        super().__init__(detail, path=path)
        self.parameter, self.index = parameter, index


class PermissionMissing(Problem):
    code, public = "permission_missing", "The consent does not grant the permission this operation needs."


class AccountUnknown(Problem):
    code, public = "account_unknown", "There is no such account."


class AccountNotConsented(Problem):
    code, public = "account_not_consented", "The consent does not cover this account."


class AuthorisationUnknown(Problem):
    code, public = "authorisation_unknown", "There is no such authorisation."


class OrderUnknown(Problem):
    code, public = "order_unknown", "There is no such payment."


class OrderStateForbids(Problem):
    code, public = "order_state_forbids", "The payment is not in a state that allows this."


class CutOffPassed(Problem):
    code, public = "cut_off_passed", "The bank takes no more payments of this kind today."


class StatementUnknown(Problem):
    code, public = "statement_unknown", "There is no such statement."


class SubscriptionUnknown(Problem):
    code, public = "subscription_unknown", "There is no such subscription."


class SubscriptionExists(Problem):
    code, public = "subscription_exists", "The client has a subscription already: change it, or end it first."


class NoticeKindUnsupported(Problem):
    code, public = "notice_kind_unsupported", "There are no events of this type."


class CursorInvalid(Problem):
    code, public = "cursor_invalid", "The page link is not valid for this request; start again from the first page."


# not now
class RateExceeded(Problem):
    code, public = "rate_exceeded", "Too many requests."

    def __init__(self, detail: str = "", *, rule: str = "default", retry_after: int = 1) -> None:
        super().__init__(detail)
        self.rule = rule
        self.retry_after = retry_after  # whole seconds


class UpstreamFailed(Problem):
    code, public = "upstream_failed", "The bank's own systems could not answer. Try again later."


class UpstreamTimedOut(Problem):
    code, public = "upstream_timed_out", "The bank's own systems did not answer in time. Try again later."


class CallerGone(Problem):
    code, public = "caller_gone", "The connection was closed before the answer was ready."


class Overloaded(Problem):
    code, public = "overloaded", "The server cannot take more work right now. Try again later."

"""The refusals of the authorization server, and the OAuth error that each one is. RFC 6749 sections 4.1.2.1 and 5.2.

A refusal that is missing from the table is a broken invariant: `server_error`.
"""

from kernel.errors import (
    AccountUnknown,
    BodyTooLarge,
    CallerGone,
    CertificateBlocked,
    CertificateExpired,
    CertificateForeign,
    CertificateInvalid,
    CertificateMissing,
    CertificateRevoked,
    CertificateUnchecked,
    ClientInactive,
    ConsentExpired,
    ConsentForeign,
    ConsentNotAuthorised,
    ConsentRevoked,
    ConsentSuspended,
    ConsentUnknown,
    FieldDateInvalid,
    FieldDuplicated,
    FieldInvalid,
    FieldMissing,
    FieldUnexpected,
    GrantInsufficient,
    HeaderInvalid,
    HeaderMissing,
    MediaTypeUnacceptable,
    MediaTypeUnsupported,
    MethodNotAllowed,
    OperationUnknown,
    Overloaded,
    Problem,
    ProofInvalid,
    ProofMissing,
    ProofNonceRequired,
    RateExceeded,
    RequestMalformed,
    ScopeInsufficient,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TokenNotBound,
    TokenRevoked,
    UpstreamFailed,
    UpstreamTimedOut,
)


class ClientUnauthenticated(Problem):
    """`challenge`: an Authorization header was used, so the answer names a scheme (RFC 6749 section 5.2)."""

    code, public = "client_unauthenticated", "The client could not be authenticated."

    def __init__(self, detail: str = "", *, challenge: bool = False) -> None:
        super().__init__(detail)
        self.challenge = challenge


class ClientUnauthorised(Problem):
    code, public = "client_unauthorised", "The client may not use this grant."


class GrantTypeUnsupported(Problem):
    code, public = "grant_type_unsupported", "The grant type is not supported."


class CodeInvalid(Problem):
    code, public = "code_invalid", "The authorization code is not valid."


class RefreshTokenInvalid(Problem):
    code, public = "refresh_token_invalid", "The refresh token is not valid."


class ScopeInvalid(Problem):
    code, public = "scope_invalid", "The scope is unknown, malformed or more than was granted."


class AuthorizationDetailsInvalid(Problem):
    code, public = "authorization_details_invalid", "The authorization_details are malformed, or ask for what cannot be granted."


class TargetInvalid(Problem):
    code, public = "target_invalid", "The resource or audience is unknown, malformed or more than was granted."


class GrantIdInvalid(Problem):
    code, public = "grant_id_invalid", "The grant_id names no grant of this client that can be changed."


class GrantUnknown(Problem):
    code, public = "grant_unknown", "There is no such grant."


class SubjectTokenInvalid(Problem):
    code, public = "subject_token_invalid", "The subject_token is not an access token that can be exchanged."


class AuthenticationRequestInvalid(Problem):
    code, public = "authentication_request_invalid", "The signed authentication request is not valid."


class HintInvalid(Problem):
    code, public = "hint_invalid", "The request must hold exactly one valid hint: a login_hint or an id_token_hint."


class HintUnknown(Problem):
    code, public = "hint_unknown", "The hint does not name a customer."


class BindingMessageInvalid(Problem):
    code = "binding_message_invalid"
    public = "The binding_message is too long, or has other characters than letters, digits, spaces and . : - _ / # +"


class AuthenticationForbidden(Problem):
    """The backchannel authentication endpoint's refusal of a consent that cannot be asked for: access_denied, with its own status."""

    code, public = "authentication_forbidden", "The request was refused."


class AuthenticationRequestUnknown(Problem):
    code, public = "authentication_request_unknown", "The auth_req_id is not valid."


class AuthenticationRequestExpired(Problem):
    code, public = "authentication_request_expired", "The auth_req_id has expired."


class AuthenticationPending(Problem):
    code, public = "authentication_pending", "The customer has not answered yet."


class PolledTooSoon(Problem):
    code, public = "polled_too_soon", "The customer has not answered yet: wait longer between two requests."


class AuthenticationDenied(Problem):
    code, public = "authentication_denied", "The customer did not grant access."


class AuthenticationAnswered(Problem):
    code = "authentication_answered"
    public = "This request has been answered already, or its time is over. Nothing was changed."


class AuthorisationOver(Problem):
    """It was approved, rejected or abandoned before, or its PSU has not been authenticated."""

    code, public = "authorisation_over", "This authorisation is over, or was not confirmed. Nothing was changed."


class ResponseTypeUnsupported(Problem):
    code, public = "response_type_unsupported", "The response_type is not one that the client may use."


class RequestObjectUnsupported(Problem):
    code, public = "request_object_unsupported", "The client does not use request objects; push plain parameters."


class RequestObjectMissing(Problem):
    code, public = "request_object_missing", "The client must send a signed request object."


class RequestObjectInvalid(Problem):
    code, public = "request_object_invalid", "The request object is not valid."


class RequestUriUnsupported(Problem):
    code, public = "request_uri_unsupported", "A request_uri must be one that was issued here."


class PushRequired(Problem):
    code, public = "push_required", "Authorization requests must be pushed first."


class RedirectUriInvalid(Problem):
    code, public = "redirect_uri_invalid", "The redirect_uri is missing or not registered for the client."


class RequestUriInvalid(Problem):
    code, public = "request_uri_invalid", "The request_uri is unknown, expired or already used."


class RequestUriForeign(Problem):
    code, public = "request_uri_foreign", "The request_uri does not belong to this client."


class PaymentNotLinked(Problem):
    """The PSU's authentication is not linked to this payment from this account."""

    code, public = "payment_not_linked", "The payment was not confirmed as it stands. Nothing was paid."


class AccountClosed(Problem):
    code, public = "account_closed", "An account that was chosen has just been closed. Nothing was shared."


class SignaturesMissing(Problem):
    code = "signatures_missing"
    public = "A payment from this account needs the agreement of everyone who signs for it, and the others cannot be asked."


class SignersUnable(Problem):
    code = "signers_unable"
    public = "Someone who must agree too cannot share all the accounts that were chosen. Nothing was shared."


class LoginRequired(Problem):
    code, public = "login_required", "The customer must authenticate."


class AuthenticationUnmet(Problem):
    code, public = "authentication_unmet", "None of the required authentication context classes can be met."


class RegistrationRedirectUriInvalid(Problem):
    code, public = "registration_redirect_uri_invalid", "A redirect_uri is malformed, or not one of the software statement's."


class ClientMetadataInvalid(Problem):
    code, public = "client_metadata_invalid", "The client metadata are not acceptable."


class SoftwareStatementInvalid(Problem):
    code, public = "software_statement_invalid", "The software statement is not valid."


class SoftwareStatementUnapproved(Problem):
    code, public = "software_statement_unapproved", "The software statement is not approved for use with this server."


class RegistrationsExhausted(Problem):
    code, public = (
        "registrations_exhausted",
        "Your organisation has as many registrations as it may have. Delete one that you no longer use.",
    )


class RegistrationForeign(Problem):
    code, public = "registration_foreign", "The registration is not yours to see or change."


OAUTH_ERRORS: dict[type[Problem], tuple[int, str]] = {
    RequestMalformed: (400, "invalid_request"),
    BodyTooLarge: (413, "invalid_request"),
    OperationUnknown: (404, "invalid_request"),
    MethodNotAllowed: (405, "invalid_request"),
    MediaTypeUnacceptable: (406, "invalid_request"),
    MediaTypeUnsupported: (415, "invalid_request"),
    HeaderInvalid: (400, "invalid_request"),
    HeaderMissing: (400, "invalid_request"),
    FieldMissing: (400, "invalid_request"),
    FieldInvalid: (400, "invalid_request"),
    FieldDateInvalid: (400, "invalid_request"),
    FieldUnexpected: (400, "invalid_request"),
    FieldDuplicated: (400, "invalid_request"),
    CertificateMissing: (400, "invalid_request"),
    CertificateInvalid: (400, "invalid_request"),
    CertificateExpired: (400, "invalid_request"),
    CertificateForeign: (400, "invalid_request"),
    CertificateRevoked: (400, "invalid_request"),
    CertificateBlocked: (400, "invalid_request"),
    CertificateUnchecked: (503, "temporarily_unavailable"),
    ProofMissing: (400, "invalid_dpop_proof"),
    ProofInvalid: (400, "invalid_dpop_proof"),
    ProofNonceRequired: (400, "use_dpop_nonce"),
    RedirectUriInvalid: (400, "invalid_request"),
    PushRequired: (400, "invalid_request"),
    RequestUriForeign: (400, "invalid_request"),
    RequestUriInvalid: (400, "invalid_request_uri"),
    RequestUriUnsupported: (400, "request_uri_not_supported"),
    RequestObjectUnsupported: (400, "invalid_request"),
    RequestObjectMissing: (400, "invalid_request"),
    RequestObjectInvalid: (400, "invalid_request_object"),
    ResponseTypeUnsupported: (400, "unsupported_response_type"),
    AuthenticationUnmet: (400, "invalid_request"),
    ScopeInvalid: (400, "invalid_scope"),
    ClientUnauthenticated: (401, "invalid_client"),
    ClientInactive: (401, "invalid_client"),
    ClientUnauthorised: (400, "unauthorized_client"),
    GrantTypeUnsupported: (400, "unsupported_grant_type"),
    CodeInvalid: (400, "invalid_grant"),
    RefreshTokenInvalid: (400, "invalid_grant"),
    RegistrationRedirectUriInvalid: (400, "invalid_redirect_uri"),
    ClientMetadataInvalid: (400, "invalid_client_metadata"),
    SoftwareStatementInvalid: (400, "invalid_software_statement"),
    SoftwareStatementUnapproved: (400, "unapproved_software_statement"),
    RegistrationsExhausted: (400, "unapproved_software_statement"),  # RFC 7591 has no nearer word
    RegistrationForeign: (403, "access_denied"),
    AuthorizationDetailsInvalid: (400, "invalid_authorization_details"),
    TargetInvalid: (400, "invalid_target"),
    AuthenticationRequestInvalid: (400, "invalid_request"),  # CIBA section 13
    HintInvalid: (400, "invalid_request"),
    HintUnknown: (400, "unknown_user_id"),
    BindingMessageInvalid: (400, "invalid_binding_message"),
    AuthenticationForbidden: (403, "access_denied"),
    AuthenticationRequestUnknown: (400, "invalid_grant"),  # CIBA section 11
    AuthenticationRequestExpired: (400, "expired_token"),
    AuthenticationPending: (400, "authorization_pending"),
    PolledTooSoon: (400, "slow_down"),
    AuthenticationDenied: (400, "access_denied"),
    AuthenticationAnswered: (409, "invalid_request"),
    AuthorisationOver: (409, "invalid_request"),
    GrantIdInvalid: (400, "invalid_grant_id"),
    GrantUnknown: (404, "invalid_grant_id"),
    SubjectTokenInvalid: (400, "invalid_request"),  # RFC 8693 section 2.2.2
    TokenMissing: (401, "invalid_token"),
    TokenInvalid: (401, "invalid_token"),
    TokenExpired: (401, "invalid_token"),
    TokenRevoked: (401, "invalid_token"),
    TokenNotBound: (401, "invalid_token"),
    GrantInsufficient: (403, "insufficient_scope"),
    ScopeInsufficient: (403, "insufficient_scope"),
    LoginRequired: (400, "login_required"),
    AccountClosed: (400, "access_denied"),
    PaymentNotLinked: (400, "access_denied"),
    SignaturesMissing: (400, "access_denied"),
    SignersUnable: (400, "access_denied"),
    AccountUnknown: (400, "access_denied"),
    ConsentUnknown: (400, "access_denied"),
    ConsentForeign: (400, "access_denied"),
    ConsentNotAuthorised: (400, "access_denied"),
    ConsentSuspended: (400, "access_denied"),
    ConsentExpired: (400, "access_denied"),
    ConsentRevoked: (400, "access_denied"),
    RateExceeded: (429, "temporarily_unavailable"),
    CallerGone: (503, "temporarily_unavailable"),
    Overloaded: (503, "temporarily_unavailable"),
    UpstreamFailed: (503, "temporarily_unavailable"),
    UpstreamTimedOut: (503, "temporarily_unavailable"),
}


def oauth_error(problem: Problem) -> tuple[int, str]:
    """HTTP status and OAuth error code of a refusal."""
    return OAUTH_ERRORS.get(type(problem), (500, "server_error"))


def render_description(text: str) -> str:
    """`text` with only the characters that RFC 6749 allows in error_description."""
    return "".join(character if " " <= character <= "~" and character not in '"\\' else "?" for character in text)

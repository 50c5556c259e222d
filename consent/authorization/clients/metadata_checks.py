"""Judge a registration before anything is stored. RFC 7591 section 2, FAPI2-SP-FINAL 5.3.2."""

import re
from typing import Literal
from urllib.parse import urlsplit

from consent.authorization.clients.backchannel_metadata import check_backchannel
from consent.authorization.clients.certificate_subject import check_certificate_subject
from consent.authorization.clients.client import CertificateSubject
from consent.authorization.clients.key_set import import_client_keys
from consent.authorization.clients.message_metadata import check_messages
from consent.authorization.clients.metadata import CIBA, GRANT_TYPES, TOKEN_EXCHANGE, ClientMetadata
from consent.authorization.keys.ring import KeyPurpose, algorithms_of
from consent.authorization.offer.profiles import PROFILES
from kernel.banking.visible_text import is_name
from kernel.errors import FieldInvalid, FieldMissing
from kernel.http.outbound.fetcher import URL_CHARACTERS_MAX

REDIRECT_URIS_MAX = 32  # redirect URIs of one client
REDIRECT_URI_CHARS_MAX = 2048  # of each redirect URI of a client
NAME_CHARS_MAX = 200  # of the name of a client, and of its organisation
ID_CHARS_MAX = 128  # of the id of an organisation, and of a software
SCOPES_MAX = 50  # scopes registered by one client
AUDIENCES_MAX = 32  # audiences of one client, for exchanged tokens
AUDIENCE_CHARS_MAX = 255  # of each audience of a client
SUBJECT_KINDS: tuple[Literal["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"], ...] = (
    *("subject_dn", "san_dns", "san_uri", "san_ip", "san_email"),
)
SIGNED_FOR_CLIENTS = {
    "id_token_signed_response_alg": KeyPurpose.ID_TOKEN,
    "userinfo_signed_response_alg": KeyPurpose.USERINFO,
    "introspection_signed_response_alg": KeyPurpose.INTROSPECTION,
}
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:]+")  # nothing that a Content-Security-Policy would read otherwise
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SCOPE_CHARACTERS = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset('"\\')  # RFC 6749 section 3.3


def check_metadata(metadata: ClientMetadata) -> None:
    """Raises FieldMissing or FieldInvalid with the member's name as path."""
    _check_names(metadata)
    _check_redirect_uris(metadata)
    _check_scope(metadata.scope)
    if not metadata.grant_types or not metadata.grant_types <= GRANT_TYPES | {CIBA, TOKEN_EXCHANGE}:
        raise FieldInvalid("a grant type that is not offered", path="grant_types")
    _check_token_exchange(metadata)
    for member, purpose in SIGNED_FOR_CLIENTS.items():
        if (alg := getattr(metadata, member)) is not None and alg not in algorithms_of(purpose):
            raise FieldInvalid("no key signs with it", path=member)
    _check_authentication(metadata)
    check_messages(metadata)
    check_backchannel(metadata)
    if metadata.backchannel_client_notification_endpoint and not is_https(metadata.backchannel_client_notification_endpoint):
        raise FieldInvalid("no https address", path="backchannel_client_notification_endpoint")


def certificate_subject_of(metadata: ClientMetadata) -> CertificateSubject | None:
    """The one name that the client's certificate must carry. Raises FieldMissing or FieldInvalid unless there is exactly one for
    tls_client_auth, and none otherwise."""
    named = [
        CertificateSubject(kind, value)
        for kind in SUBJECT_KINDS
        if (value := getattr(metadata, f"tls_client_auth_{kind}")) is not None
    ]
    if metadata.token_endpoint_auth_method == "tls_client_auth" and not named:
        raise FieldMissing("no name", path="tls_client_auth_subject_dn")
    if len(named) > 1 or (named and metadata.token_endpoint_auth_method != "tls_client_auth"):
        raise FieldInvalid("a name too many", path=f"tls_client_auth_{named[-1].kind}")
    return next(iter(named), None)


def _check_authentication(metadata: ClientMetadata) -> None:
    subject = certificate_subject_of(metadata)
    if subject is not None:
        check_certificate_subject(subject)
    profile = PROFILES[metadata.security_profile]
    for member in ("token_endpoint_auth_signing_alg", "id_token_signed_response_alg"):
        if getattr(metadata, member) not in profile.algorithms:
            raise FieldInvalid("not an algorithm of the security profile", path=member)
    if metadata.sender_constraint not in profile.sender_constraints:
        raise FieldInvalid("not a sender constraint of the security profile", path="sender_constraint")
    _check_keys(metadata, is_signing=subject is None)


def _check_keys(metadata: ClientMetadata, *, is_signing: bool) -> None:
    """By value or by address, never both. RFC 7591 section 2."""
    if metadata.jwks_uri is not None:
        if metadata.jwks or not is_https(metadata.jwks_uri):
            raise FieldInvalid("given together with jwks, or no https address", path="jwks_uri")
        return
    keys = import_client_keys(metadata.jwks)
    if is_signing and not any(key.alg == metadata.token_endpoint_auth_signing_alg for key in keys.values()):
        raise FieldInvalid("no key for token_endpoint_auth_signing_alg", path="jwks")


def is_https(uri: str) -> bool:
    """An address that this server may be asked to call: https, of the form of a redirect URI."""
    return is_redirect_uri(uri) and uri.startswith("https://") and len(uri) <= URL_CHARACTERS_MAX


def _check_names(metadata: ClientMetadata) -> None:
    for member, most in (
        ("client_name", NAME_CHARS_MAX),
        ("organisation_id", ID_CHARS_MAX),
        ("organisation_name", NAME_CHARS_MAX),
        ("software_id", ID_CHARS_MAX),
        ("on_behalf_of", NAME_CHARS_MAX),
    ):
        value = getattr(metadata, member)
        if not value and member != "on_behalf_of":
            raise FieldMissing("empty", path=member)
        if len(value) > most or not (is_name(value) or not value):
            raise FieldInvalid("too long, without a letter or digit, or with characters that do not show", path=member)


def _check_redirect_uris(metadata: ClientMetadata) -> None:
    uris = metadata.redirect_uris
    if not uris and "authorization_code" in metadata.grant_types:
        raise FieldMissing("none", path="redirect_uris")
    if len(uris) > REDIRECT_URIS_MAX or len(set(uris)) != len(uris):
        raise FieldInvalid("too many, or one twice", path="redirect_uris")
    if not all(is_redirect_uri(uri) for uri in uris):
        raise FieldInvalid("not an absolute https URI, or http on loopback, without fragment", path="redirect_uris")


def is_redirect_uri(uri: str) -> bool:
    """Absolute https, or http on the loopback interface (RFC 8252 section 7.3); no fragment, no user, printable ASCII only."""
    if not 1 <= len(uri) <= REDIRECT_URI_CHARS_MAX or not all("!" <= character <= "~" for character in uri):
        return False
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError:
        return False
    if not host or not _HOST.fullmatch(host) or "#" in uri or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def _check_token_exchange(metadata: ClientMetadata) -> None:
    """Audiences for a client that exchanges tokens, and such a client does nothing that a TPP does."""
    audiences, exchanges = metadata.token_exchange_audiences, TOKEN_EXCHANGE in metadata.grant_types
    if exchanges and metadata.grant_types != {TOKEN_EXCHANGE}:
        raise FieldInvalid("token exchange together with another grant type", path="grant_types")
    if exchanges != bool(audiences) or len(audiences) > AUDIENCES_MAX:
        raise FieldInvalid("none, too many, or of a client that exchanges no tokens", path="token_exchange_audiences")
    if not all(0 < len(name) <= AUDIENCE_CHARS_MAX and all("!" <= each <= "~" for each in name) for name in audiences):
        raise FieldInvalid("not a visible word", path="token_exchange_audiences")


def _check_scope(scope: str) -> None:
    values = scope.split(" ")
    if not scope or len(values) > SCOPES_MAX or len(set(values)) != len(values):
        raise FieldInvalid("empty, too long, or a value twice", path="scope")
    if any(not value or not set(value) <= _SCOPE_CHARACTERS for value in values):
        raise FieldInvalid("not scope values separated by single spaces", path="scope")

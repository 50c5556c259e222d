"""What a client may register, in the names of RFC 7591, judged before anything is stored. RFC 7591 section 2, FAPI2-SP-FINAL 5.3.2.

Authlib's claims class for this would drop the members it does not know and mint a secret; the rules here are few and ours.
"""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from consent.clients.certificate_subject import check_certificate_subject
from consent.keys.ring import ID_TOKEN_ALGORITHMS
from consent.profiles import PROFILES
from kernel.access import AuthMethod, CertificateSubject, Role, SecurityProfile
from kernel.banking.consents import Permission
from kernel.errors import FieldInvalid, FieldMissing
from kernel.jose import ALGORITHMS, KID_CHARS_MAX, PRIVATE_MEMBERS, Algorithm, JwtInvalid, JwtKey, canonical_algorithm, import_key

REDIRECT_URIS_MAX = 32
REDIRECT_URI_CHARS_MAX = 2048
KEYS_MAX = 16
NAME_CHARS_MAX = 200
ID_CHARS_MAX = 128
SCOPES_MAX = 50
GRANT_TYPES = frozenset({"authorization_code", "refresh_token", "client_credentials"})  # of a TPP
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # of a bank's own services alone
AUDIENCES_MAX = 32
AUDIENCE_CHARS_MAX = 255
SUBJECT_KINDS: tuple[Literal["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"], ...] = (
    *("subject_dn", "san_dns", "san_uri", "san_ip", "san_email"),
)
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:]+")  # nothing that a Content-Security-Policy would read otherwise
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SCOPE_CHARACTERS = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset('"\\')  # RFC 6749 section 3.3


class ClientMetadata(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registration as it is asked for. `scope` is separated by spaces; `jwks` holds public keys, each with kid and alg."""

    client_name: str
    organisation_id: str
    organisation_name: str
    software_id: str
    roles: frozenset[Role]
    redirect_uris: tuple[str, ...]
    scope: str
    jwks: dict[str, list[dict[str, Any]]]
    on_behalf_of: str = ""
    grant_types: frozenset[str] = GRANT_TYPES
    security_profile: SecurityProfile = SecurityProfile.FAPI2_SECURITY
    token_endpoint_auth_method: AuthMethod = "private_key_jwt"
    token_endpoint_auth_signing_alg: Algorithm = "PS256"
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None
    id_token_signed_response_alg: Algorithm = "PS256"
    sender_constraint: Literal["mtls", "dpop"] = "mtls"
    default_permissions: frozenset[Permission] = frozenset()
    authorization_details_types: frozenset[Literal["account_information"]] = frozenset()
    token_exchange_audiences: frozenset[str] = frozenset()


def check_metadata(metadata: ClientMetadata) -> None:
    """Raises FieldMissing or FieldInvalid with the member's name as path."""
    _check_names(metadata)
    _check_redirect_uris(metadata)
    _check_scope(metadata.scope)
    if not metadata.grant_types or not metadata.grant_types <= GRANT_TYPES | {TOKEN_EXCHANGE}:
        raise FieldInvalid("a grant type that is not offered", path="grant_types")
    _check_token_exchange(metadata)
    if metadata.id_token_signed_response_alg not in ID_TOKEN_ALGORITHMS:
        raise FieldInvalid("no key signs with it", path="id_token_signed_response_alg")
    _check_authentication(metadata)


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
    keys = import_client_keys(metadata.jwks)
    if subject is None and not any(key.alg == metadata.token_endpoint_auth_signing_alg for key in keys.values()):
        raise FieldInvalid("no key for token_endpoint_auth_signing_alg", path="jwks")


def import_client_keys(jwks: dict[str, list[dict[str, Any]]]) -> dict[str, JwtKey]:
    """The keys of a client's JWK Set by kid. Raises FieldInvalid for a private key, a shared kid, an unfit size or algorithm."""
    listed = jwks.get("keys", [])
    if not 1 <= len(listed) <= KEYS_MAX:
        raise FieldInvalid(f"{len(listed)} keys", path="jwks")
    keys: dict[str, JwtKey] = {}
    for jwk in listed:
        key = _import_one(jwk)
        if key is None:
            continue
        if key.kid in keys:
            raise FieldInvalid("two keys share a kid", path="jwks")
        keys[key.kid] = key
    return keys


def _import_one(jwk: dict[str, Any]) -> JwtKey | None:
    """None for a key that is not for signatures."""
    if PRIVATE_MEMBERS & jwk.keys():
        raise FieldInvalid("a private key", path="jwks")
    if jwk.get("use", "sig") != "sig":
        return None
    kid, alg = jwk.get("kid"), canonical_algorithm(jwk.get("alg"))
    if not isinstance(kid, str) or not 1 <= len(kid) <= KID_CHARS_MAX:
        raise FieldInvalid("a key without kid", path="jwks")
    if alg is None:
        raise FieldInvalid(f"a key without one of {ALGORITHMS} as alg", path="jwks")
    try:
        return import_key(jwk, kid=kid, alg=alg)
    except JwtInvalid as error:
        raise FieldInvalid(str(error), path="jwks") from None


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
        if len(value) > most or not value.isprintable():
            raise FieldInvalid("too long, or with control characters", path=member)


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
        raise FieldInvalid("token exchange beside another grant type", path="grant_types")
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

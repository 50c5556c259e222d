"""Take out of a value everything that must never reach a log: tokens, codes, passwords, cookies, account and card numbers.

DESIGN: what it must withstand; RFC 6750 section 5.3, RFC 9700 section 4.3. Sorted from the certain to the suspected: members named
for a secret go whole; in text, named parameters and headers go by their name, and the rest by its shape. A long random secret
leaves a short digest behind, so that two lines about the same one can be matched; an account number, which could be guessed from
its digest, leaves nothing.

A certificate's thumbprint has the very shape of a secret, and an operator needs it to find the certificate. No word before it and no
name of a member proves that it is one; that it was computed here, over a certificate, does: those stay, and nothing else of that shape.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
DEPTH_MAX = 6  # levels of nested values in a log line; deeper ones are redacted
TEXT_CHARACTERS_MAX = 16_384  # of one text in a log line; the rest is cut
PUBLIC_MAX = 8_192  # digests declared fit for a log; with one more, all are forgotten

SECRET_NAMES = frozenset(
    [
        "access_token",
        "assertion",
        "auth_req_id",
        "authorization",
        "authorization_code",
        "client_assertion",
        "client_secret",
        "code_verifier",
        "cookie",
        "dpop",
        "id_token",
        "login_hint",
        "otp",
        "password",
        "pin",
        "private_key",
        "proxy-authorization",
        "refresh_token",
        "request_uri",
        "secret",
        "session",
        "set-cookie",
        "token",
    ]
) | frozenset(["account_number", "iban", "pan", "sort_code"])

_HEADER = re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|dpop)([\"']?\s*[:=]\s*)[^\r\n]+")
_SCHEME = re.compile(r"(?i)\b(bearer|dpop|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_PARAMETER = re.compile(
    r"(?i)\b(access_token|assertion|auth_req_id|client_assertion|client_secret|code|code_verifier|id_token|login_hint|otp"
    r"|passcode|password|refresh_token|request|request_uri|secret|session|token)"
    r"(?:(=)[^&\s\"'<>,;)]+|([\"']\s*[:=]\s*[\"'])[^\"']*)"
)
_REQUEST_URI = re.compile(r"(urn:ietf:params:oauth:request_uri:)[^\s\"'&,;)]+")
_JOSE = re.compile(
    r"(?<![A-Za-z0-9_-])(?:ey[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){2,4}|[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})"
)
_RANDOM = re.compile(r"(?<![A-Za-z0-9_-])(?=[a-z\d_-]*[A-Z])(?=[A-Z\d_-]*[a-z])[A-Za-z0-9_-]{40,}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_DIGITS = re.compile(
    r"(?P<known>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"  # a UUID is no account number
    r"|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)?)"  # nor is a date
    r"|\d(?:[ -]?\d){7,}"
)


_public: set[str] = set()


def declare_public(digest: str) -> str:
    """The digest, which stays in logs from now on. Only for digests of public input: none of them can equal a secret.
    When there are too many, all are forgotten, and are taken out like anything of their shape."""
    if len(_public) >= PUBLIC_MAX:
        _public.clear()
    _public.add(digest)
    return digest


def redact(value: Any, name: str = "", depth: int = 0) -> Any:
    """A value of plain types (text, numbers, lists, dictionaries) safe to log. `name` is the member it stands under."""
    if name.lower() in SECRET_NAMES:
        return REDACTED
    if depth > DEPTH_MAX:
        return REDACTED
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**7 else redact_text(str(value))
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {redact_text(str(key)): redact(member, str(key), depth + 1) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(member, "", depth + 1) for member in value]
    return redact_text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def redact_text(text: str) -> str:
    """The text without what looks like a secret or an account."""
    if len(text) > TEXT_CHARACTERS_MAX:
        text = text[:TEXT_CHARACTERS_MAX] + " [cut]"
    text = _HEADER.sub(rf"\1\2{REDACTED}", text)
    text = _SCHEME.sub(rf"\1 {REDACTED}", text)
    text = _PARAMETER.sub(lambda found: f"{found[1]}{found[2] or found[3]}{REDACTED}", text)
    text = _REQUEST_URI.sub(rf"\1{REDACTED}", text)
    text = _JOSE.sub(_digest, text)
    text = _RANDOM.sub(lambda found: found[0] if found[0] in _public else _digest(found), text)
    text = _IBAN.sub(REDACTED, text)
    return _DIGITS.sub(lambda found: found["known"] or REDACTED, text)


def _digest(found: re.Match[str]) -> str:
    # letters only, so that a later pattern does not take the digest for an account number
    digest = hashlib.sha256(found[0].encode()).hexdigest()[:8].translate(str.maketrans("0123456789", "ghijklmnop"))
    return f"[secret {digest}]"

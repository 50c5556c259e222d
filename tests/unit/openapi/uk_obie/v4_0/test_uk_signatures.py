"""The detached signature of UK bodies: what its header may say, and which code each fault has. OBIE R/W 4.0 Profile, "Message Signing"."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from kernel import errors
from kernel.http.message import Request
from kernel.jose.detached import is_signed_by, parse_detached, sign_detached
from kernel.jose.jwt import generate_key
from openapi.uk_obie.v4_0.signatures import CRITICAL, HEADER, IAT, ISS, SKEW_SECONDS, TAN, Signatures

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEY, OTHER = generate_key("PS256"), generate_key("PS256")
BODY = b'{"Data": {}}'
HEAD: dict[str, Any] = {
    "alg": "PS256",
    "kid": "k-1",
    IAT: int(NOW.timestamp()),
    ISS: "org/software",
    TAN: "openbanking.org.uk",
    "crit": list(CRITICAL),
}
FACE = Signatures()


def asked(*values: str) -> Request:
    headers = CIMultiDictProxy(CIMultiDict([(HEADER, value) for value in values]))
    return Request("POST", "/", (), headers, b"", "localhost", "127.0.0.1", "mtls")


def signed(head: dict[str, Any], body: bytes = BODY) -> str:
    return sign_detached(body, head, KEY)


@pytest.mark.spec("OBIE-RW-4.0-message-signing", "RFC7515-F")
def test_a_correct_signature_passes_and_is_over_these_bytes_alone() -> None:
    read = FACE.parse(asked(signed(HEAD | {"typ": "JOSE", "cty": "application/json"})))
    FACE.check_time(read, NOW)
    assert read.header[FACE.issuer_claim] == "org/software"
    assert is_signed_by(BODY, read, KEY)
    assert not is_signed_by(BODY + b" ", read, KEY)
    assert not is_signed_by(BODY, read, OTHER)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        *(({name: None}, errors.SignatureClaimMissing) for name in ("alg", "kid", IAT, ISS, TAN, "crit")),
        ({"alg": "RS256"}, errors.SignatureClaimInvalid),
        ({"alg": "none"}, errors.SignatureClaimInvalid),
        ({"kid": 7}, errors.SignatureClaimInvalid),
        ({"typ": "JWT"}, errors.SignatureClaimInvalid),
        ({"cty": "text/plain"}, errors.SignatureClaimInvalid),
        ({"cty": []}, errors.SignatureClaimInvalid),
        ({"typ": {}}, errors.SignatureClaimInvalid),
        ({"crit": [IAT, ISS, []]}, errors.SignatureClaimInvalid),
        ({IAT: "soon"}, errors.SignatureClaimInvalid),
        ({IAT: True}, errors.SignatureClaimInvalid),
        ({TAN: "example.org"}, errors.SignatureClaimInvalid),
        ({"crit": [IAT, ISS]}, errors.SignatureClaimInvalid),
        ({"crit": [IAT, ISS, TAN, "exp"]}, errors.SignatureClaimInvalid),
        ({"crit": [IAT, ISS, ISS]}, errors.SignatureClaimInvalid),
        ({"b64": False}, errors.SignatureClaimInvalid),
        ({"x5c": ["MII"]}, errors.SignatureClaimInvalid),
        ({"jwk": {}}, errors.SignatureClaimInvalid),
    ],
)
def test_a_header_has_what_it_must_and_nothing_else(change: dict[str, Any], problem: type[errors.Problem]) -> None:
    head = {name: value for name, value in (HEAD | change).items() if value is not None}
    with pytest.raises(problem):
        FACE.parse(asked(signed(head)))


def test_a_clock_may_be_a_little_ahead() -> None:
    FACE.check_time(FACE.parse(asked(signed(HEAD | {IAT: NOW.timestamp() + SKEW_SECONDS}))), NOW)


def test_its_time_is_past() -> None:
    read = FACE.parse(asked(signed(HEAD | {IAT: NOW.timestamp() + SKEW_SECONDS + 1})))
    with pytest.raises(errors.SignatureClaimInvalid):
        FACE.check_time(read, NOW)


def test_there_is_one_signature_and_it_is_detached() -> None:
    with pytest.raises(errors.SignatureMissing):
        FACE.parse(asked())
    whole = signed(HEAD)
    encoded, _, mark = whole.split(".")
    attached = f"{encoded}.{base64.urlsafe_b64encode(BODY).decode()}.{mark}"
    twice_named = base64.urlsafe_b64encode(b'{"alg": "none", "alg": "PS256"}').decode().rstrip("=")
    for value in (
        "",
        "a.b",
        "..",
        attached,
        f"{encoded}..",
        f".{mark}",
        f"!..{mark}",
        f"{twice_named}..{mark}",
        whole + ".x",
        whole + "==",
        f"{whole[:-4]}!{whole[-4:]}",
    ):
        with pytest.raises(errors.SignatureMalformed):
            FACE.parse(asked(value))
    with pytest.raises(errors.SignatureMalformed):
        FACE.parse(asked(whole, whole))


def test_a_signature_without_a_body_is_unexpected() -> None:
    FACE.check_absent(asked())
    with pytest.raises(errors.SignatureUnexpected):
        FACE.check_absent(asked("x"))


def test_an_answer_is_signed_as_a_request_must_be() -> None:
    head = FACE.head_of("k-1", "bank-org", NOW + timedelta(seconds=1))
    text = sign_detached(BODY, head, KEY)
    read = FACE.parse(asked(text))
    assert (read.header[ISS], "x5c" in read.header) == ("bank-org", False)
    assert json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "==")) == head
    assert is_signed_by(BODY, parse_detached(text), KEY)

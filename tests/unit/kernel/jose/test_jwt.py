"""JWTs: three algorithms, explicit types, no key but the one that was agreed. RFC 7515, RFC 8725."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.jose.jwt import (
    ALGORITHMS,
    TOKEN_CHARS_MAX,
    Algorithm,
    JwtInvalid,
    JwtKey,
    canonical_algorithm,
    generate_key,
    import_key,
    numeric_date,
    parse_jwt,
    private_jwk,
    public_jwk,
    restore_key,
    sign_jwt,
    verify_jwt,
)

KEYS: dict[Algorithm, JwtKey] = {alg: generate_key(alg) for alg in ALGORITHMS}
TYPES = {"at+jwt"}
SIGNED = sign_jwt(
    {"sub": "x"}, KEYS["ES256"], typ="at+jwt"
)  # once: what is drawn must not depend on a signature that differs each time


def encode(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def verify(token: str, key: JwtKey) -> dict[str, object]:
    return verify_jwt(token, {key.kid: key}, algorithms=ALGORITHMS, types=TYPES).claims


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_a_private_key_signs_its_public_half_verifies(alg: Algorithm):
    key = KEYS[alg]
    private = import_key(private_jwk(key), kid=key.kid, alg=alg)
    public = import_key(public_jwk(key), kid=key.kid, alg=alg)
    assert verify(sign_jwt({"sub": "x"}, private, typ="at+jwt"), public) == {"sub": "x"}
    assert not {"d", "p", "q", "dp", "dq", "qi"} & public_jwk(key).keys()


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_key_that_was_kept_signs_as_before(alg: Algorithm):
    key = KEYS[alg]
    for kept in (private_jwk(key), public_jwk(key)):
        restored = restore_key(kept, kid=key.kid, alg=alg)
        assert (restored.kid, restored.alg, public_jwk(restored)) == (key.kid, alg, public_jwk(key))
    assert private_jwk(restore_key(private_jwk(key), kid=key.kid, alg=alg)) == private_jwk(key)
    assert verify(sign_jwt({"sub": "x"}, restore_key(private_jwk(key), kid=key.kid, alg=alg), typ="at+jwt"), key) == {"sub": "x"}


@pytest.mark.parametrize(
    "changes",
    [
        *({"p": "AQAB"}, {"n": "AQAB"}, {"e": "Aw"}, {"d": "AQAB"}, {"dp": "AQAB"}, {"dq": "AQAB"}, {"qi": "AQAB"}, {"q": "AQ"}),
        *({"qi": None}, {"d": "!"}, {"e": None}),
    ],
    ids=str,
)
def test_what_is_no_whole_rsa_key_is_not_restored(changes: dict[str, str | None]):
    kept = {**private_jwk(KEYS["PS256"]), **changes}
    with pytest.raises(JwtInvalid):
        restore_key({name: value for name, value in kept.items() if value is not None}, kid="k", alg="PS256")


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.spec("RFC7515")
def test_a_key_verifies_under_its_own_algorithm_only():
    """The header names an algorithm; the key decides whether it may."""
    token = sign_jwt({}, KEYS["ES256"], typ="at+jwt")
    for other in ("PS256", "EdDSA"):
        with pytest.raises(JwtInvalid):
            verify_jwt(token, {KEYS["ES256"].kid: KEYS[other]}, algorithms=ALGORITHMS, types=TYPES)
    with pytest.raises(JwtInvalid):
        verify_jwt(token, {KEYS["ES256"].kid: KEYS["ES256"]}, algorithms={"PS256"}, types=TYPES)


@pytest.mark.spec("RFC8725-3.11")
def test_a_type_must_be_one_of_those_expected():
    key = KEYS["ES256"]
    for typ in ("JWT", "at+jwt2", ""):
        with pytest.raises(JwtInvalid):
            verify(sign_jwt({}, key, typ=typ), key)
    for typ in ("AT+JWT", "application/at+jwt"):
        assert verify(sign_jwt({}, key, typ=typ), key) == {}


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "PS384", "PS512", "ES384", "ES256K", "Ed448", "", None, 1, ["ES256"]])
def test_no_other_algorithm_has_a_name_here(alg: object):
    assert canonical_algorithm(alg) is None
    token = f"{encode({'alg': alg, 'typ': 'at+jwt', 'kid': 'k'})}.{encode({})}.AAAA"
    with pytest.raises(JwtInvalid):
        verify_jwt(token, {"k": KEYS["ES256"]}, algorithms=ALGORITHMS, types=TYPES)


def test_without_a_kid_the_only_fitting_key_is_taken():
    first, second = generate_key("ES256"), generate_key("ES256")
    head, body, _ = sign_jwt({}, first, typ="at+jwt").split(".")
    bare = encode({"alg": "ES256", "typ": "at+jwt"})
    with pytest.raises(JwtInvalid):
        verify_jwt(f"{bare}.{body}.AAAA", {"a": first, "b": second}, algorithms=ALGORITHMS, types=TYPES)
    with pytest.raises(JwtInvalid, match="signature"):
        verify_jwt(f"{bare}.{body}.AAAA", {"a": first, "p": KEYS["PS256"]}, algorithms=ALGORITHMS, types=TYPES)
    assert head


@pytest.mark.parametrize("name", ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "unheard-of"])
def test_a_header_brings_no_keys_and_no_surprises(name: str):
    key = KEYS["ES256"]
    _, body, signature = sign_jwt({}, key, typ="at+jwt").split(".")
    with pytest.raises(JwtInvalid):
        verify(f"{encode({'alg': 'ES256', 'typ': 'at+jwt', 'kid': key.kid, name: ['x']})}.{body}.{signature}", key)


@given(st.data())
def test_a_changed_character_breaks_a_token(data: st.DataObject):
    """Canonical base64url: there is one spelling of a signed token."""
    key, token = KEYS["ES256"], SIGNED
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=+/ é").filter(lambda character: character != token[at]))
    with pytest.raises(JwtInvalid):
        verify(token[:at] + other + token[at + 1 :], key)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True))
def test_nothing_but_a_refusal_comes_of_nonsense(text: str):
    with pytest.raises(JwtInvalid):
        verify(text, KEYS["PS256"])


def test_sizes_are_bounded_before_anything_is_read():
    for token in ("x" * (TOKEN_CHARS_MAX + 1), f"{'x' * 1025}.e30.e30"):
        with pytest.raises(JwtInvalid):
            parse_jwt(token)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.text(),
        st.just(-1),
        st.just(float("inf")),
        st.just(1e300),
        st.lists(st.integers(), max_size=1),
    )
)
def test_a_time_is_a_number_of_this_world(value: object):
    with pytest.raises(JwtInvalid):
        numeric_date({"exp": value}, "exp")


@given(st.integers(0, 2**37) | st.floats(0, 2**37))
def test_a_time_may_have_fractions(value: float):
    assert numeric_date({"exp": value}, "exp") == value
    assert numeric_date({}, "exp") is None

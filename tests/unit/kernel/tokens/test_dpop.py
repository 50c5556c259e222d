"""The claims of a DPoP proof, and every defect of them. RFC 9449 section 4.3; the names are those of the conformance suite."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.errors import ProofInvalid, ProofMissing, ProofNonceRequired
from kernel.hot_state.checks import Share
from kernel.http.message import Request
from kernel.jose.jwt import JwtInvalid, generate_key, parse_jwt, verify_jwt
from kernel.storage.sealed import Sealer
from kernel.tokens.dpop import (
    AGE_SECONDS_MAX,
    SKEW_SECONDS,
    called_endpoint,
    check_proof,
    first_use_of,
    parse_endpoint,
    verify_proof,
)
from kernel.tokens.dpop_nonces import WINDOW_SECONDS, Nonces
from tests.harness.proofs import Prover, b64_sha256
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND
from tests.world.keys import SigningKey, b64_json, unb64

URL = "https://localhost:8444/book/v1/accounts"
NOW = int(START.timestamp())
PROVER = Prover(lambda: NOW)
SHARE = Share("main/client/client-1", 10)
RSA = Prover(lambda: NOW, SigningKey("PS256", "dpop"))
EDWARD = Prover(lambda: NOW, SigningKey("EdDSA", "dpop"))
TOKEN = "a.b.c"
SEALER = Sealer({1: b"k" * 32})
DEMANDING = replace(BRAND, dpop_nonce="required")


def suite(name: str, *values: Any):
    """A case that the plan has too."""
    mark = pytest.mark.conformance(f"fapi2-security-profile-final-dpop-negative-tests: {name}")
    return pytest.param(*values, id=name, marks=mark)


def own(name: str, *values: Any):
    return pytest.param(*values, id=name)


def verified(proof: str, url: str = URL, method: str = "GET", token: str | None = TOKEN, wall: datetime = START):
    return verify_proof(proof, method=method, called=parse_endpoint(url), wall=wall, access_token=token)


def request(*proofs: str, path: str = "/book/v1/accounts", listener: Any = "mtls", host: str = "localhost:8444") -> Request:
    headers = CIMultiDictProxy(CIMultiDict([("DPoP", proof) for proof in proofs]))
    return Request("GET", path, (), headers, b"", host, "127.0.0.1", listener)


class TestVectors:
    """The two proofs that RFC 9449 prints, signed by its authors."""

    HEAD = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFV"
        "ZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."
    )
    FOR_TOKEN = (
        HEAD
        + "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYy"
        "MjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    )
    FOR_RESOURCE = (
        HEAD
        + "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJj"
        "ZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOp"
        "txRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    )
    ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    AT = datetime.fromtimestamp(1562262618, UTC)

    @pytest.mark.spec("RFC9449-5")
    def test_the_proof_of_a_token_request(self):
        proof = verified(self.FOR_TOKEN, "https://server.example.com/token", "POST", None, self.AT)
        assert (proof.jti, proof.jkt) == ("-BwC3ESc6acc2lTc", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")

    @pytest.mark.spec("RFC9449-7.1")
    def test_the_proof_of_a_resource_request(self):
        url = "https://resource.example.org/protectedresource"
        assert verified(self.FOR_RESOURCE, url, "GET", self.ACCESS_TOKEN, self.AT).jti == "e1j3V_bKic8-LAEB"
        with pytest.raises(ProofInvalid):
            verified(self.FOR_RESOURCE, url, "GET", self.ACCESS_TOKEN + "x", self.AT)


@pytest.mark.parametrize("prover", [PROVER, RSA, EDWARD], ids=["ES256", "PS256", "EdDSA"])
@pytest.mark.spec("RFC7638")
def test_a_proof_of_each_algorithm_is_taken_for_its_key(prover: Prover):
    proof = verified(prover.proof("GET", URL, TOKEN))
    assert (proof.jkt, proof.issued_at, proof.nonce) == (prover.jkt, NOW, None)


PRIVATE = {"d": "AAAA"}
TOLERATED = [
    suite("htu with query and fragment", {"htu": f"{URL}?page=1#top"}),
    suite("htu in upper case with its default port", {"htu": "HTTPS://LOCALHOST:8444/book/v1/accounts"}),
    suite("extra claims", {"aud": "anyone", "more": [1]}),
    suite("extra header", {"header": {"more": "yes", "kid": "mine"}}),
    pytest.param(
        {"exp": NOW + 60, "nbf": NOW - 60}, id="exp and nbf", marks=pytest.mark.conformance("fapi2-security-profile-final-check-dpop-proof-nbf-exp")
    ),
    pytest.param({"exp": NOW - 60}, id="exp in the past: iat alone says how old a proof is"),
    pytest.param(
        {"iat": NOW - 10}, id="iat 10 s before",
        marks=pytest.mark.conformance("fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds"),
    ),
    pytest.param(
        {"iat": NOW + 8}, id="iat 8 s after",
        marks=pytest.mark.conformance("fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds"),
    ),
    own("iat as old as may be", {"iat": NOW - AGE_SECONDS_MAX}),
    own("iat as far ahead as may be", {"iat": NOW + SKEW_SECONDS}),
    own("typ in another case", {"header": {"typ": "DPoP+JWT"}}),
    own("jwk with advice", {"header": {"jwk": {**PROVER.jwk, "use": "sig", "alg": "ES256", "kid": "k"}}}),
    own("the longest jti", {"jti": "j" * 128}),
]  # fmt: skip


@pytest.mark.parametrize("changes", TOLERATED)
def test_what_says_nothing_about_the_request_is_tolerated(changes: dict[str, Any]):
    assert verified(PROVER.proof("GET", URL, TOKEN, **changes)).jkt == PROVER.jkt


REFUSED = [
    *(suite(f"no {name}", {name: None}) for name in ("jti", "htm", "htu", "iat", "ath")),
    *(suite(f"no {name} in the header", {"header": {name: None}}) for name in ("typ", "alg", "jwk")),
    suite("wrong typ", {"header": {"typ": "JWT"}}),
    suite("private key in jwk", {"header": {"jwk": {**PROVER.jwk, **PRIVATE}}}),
    suite("wrong htm", {"htm": "POST"}),
    suite("wrong htu", {"htu": f"{URL}/other"}),
    suite("iat an hour before", {"iat": NOW - 3600}),
    suite("iat an hour after", {"iat": NOW + 3600}),
    suite("wrong ath", {"ath": b64_sha256("another token")}),
    own("iat just too old", {"iat": NOW - AGE_SECONDS_MAX - 1}),
    own("iat just too far ahead", {"iat": NOW + SKEW_SECONDS + 1}),
    own("type of an access token", {"header": {"typ": "at+jwt"}}),
    own("type of a request object", {"header": {"typ": "oauth-authz-req+jwt"}}),
    own("key of another kind than the algorithm", {"header": {"jwk": RSA.jwk}}),
    own("jwk that is text", {"header": {"jwk": "key"}}),
    own("jwk that is empty", {"header": {"jwk": {}}}),
    own("jwk with a point on no curve", {"header": {"jwk": {**PROVER.jwk, "x": PROVER.jwk["y"]}}}),
    own("jwk on another curve", {"header": {"jwk": {**PROVER.jwk, "crv": "P-384"}}}),
    own("jwk with a shared secret", {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}}),
    own("jwk of another", {"header": {"jwk": Prover(lambda: NOW).jwk}}),
    *(own(f"{name} in the header", {"header": {name: value}}) for name, value in (
        ("crit", ["exp"]), ("b64", False), ("jku", "https://evil.example"), ("x5u", "https://evil.example"), ("x5c", ["AAAA"]), ("zip", "DEF"),
    )),
    own("htm in lower case", {"htm": "get"}),
    own("htm that is a list", {"htm": ["GET"]}),
    own("htu that is a list", {"htu": [URL]}),
    own("htu of the public listener", {"htu": "https://localhost:8443/book/v1/accounts"}),
    own("htu of another host", {"htu": "https://evil.example/book/v1/accounts"}),
    own("htu with a name before the host", {"htu": "https://localhost:8444@evil.example/book/v1/accounts"}),
    own("htu with another scheme", {"htu": "http://localhost:8444/book/v1/accounts"}),
    own("htu with an encoded slash", {"htu": "https://localhost:8444/book/v1%2Faccounts"}),
    own("htu with a closing slash", {"htu": f"{URL}/"}),
    own("htu with a tab, which some readers leave out", {"htu": "https://localhost:8444/book/v1/acc\tounts"}),
    own("htu with a broken escape", {"htu": f"{URL}%4"}),
    own("htu with a port that is none", {"htu": "https://localhost:port/book/v1/accounts"}),
    own("htu with half an address", {"htu": "https://[::1/book"}),
    own("htu without a host", {"htu": "https:///book/v1/accounts"}),
    own("endless htu", {"htu": URL + "?" + "a" * 2048}),
    own("iat that is text", {"iat": str(NOW)}),
    own("iat that is true", {"iat": True}),
    own("iat without end", {"iat": float("inf")}),
    own("empty jti", {"jti": ""}),
    own("jti that is a number", {"jti": 7}),
    own("endless jti", {"jti": "j" * 129}),
    own("nonce that is a list", {"nonce": ["n"]}),
    own("endless nonce", {"nonce": "n" * 129}),
]  # fmt: skip


@pytest.mark.spec("RFC9449-4.3")
@pytest.mark.parametrize("changes", REFUSED)
def test_a_proof_with_anything_wrong_is_refused(changes: dict[str, Any]):
    with pytest.raises(ProofInvalid):
        verified(PROVER.proof("GET", URL, TOKEN, **changes))


def signatures() -> list[Any]:
    good = PROVER.proof("GET", URL, TOKEN)
    head, body, signature = good.split(".")
    return [
        suite("malformed", "not.a.jwt"),
        suite("alg none", f"{b64_json({'typ': 'dpop+jwt', 'alg': 'none', 'jwk': PROVER.jwk})}.{body}."),
        suite("RS256", RSA.proof("GET", URL, TOKEN, alg="RS256")),
        suite("bad signature", f"{head}.{body}.{'A' * len(signature)}"),
        own("no signature", f"{head}.{body}."),
        own("claims of another proof", f"{head}.{b64_json({'htm': 'GET', 'htu': URL, 'iat': NOW, 'jti': 'j'})}.{signature}"),
        own("empty", ""),
        own("four segments", f"{good}.AAAA"),
        own("endless", "a" * 10_000),
        own("not ASCII", good.replace("e", "é", 1)),
        own("endless header", PROVER.proof("GET", URL, TOKEN, header={"more": "m" * 2048})),
        own("weak key", Prover(lambda: NOW, weak_key()).proof("GET", URL, TOKEN)),
    ]


def weak_key() -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from tests.world.keys import number

    key = SigningKey.__new__(SigningKey)
    key.alg, key.kid, key.private = "PS256", "weak", rsa.generate_private_key(65537, 1024)
    public = key.private.public_key().public_numbers()
    key.jwk = {"kty": "RSA", "n": number(public.n, 128), "e": number(public.e, 3)}
    return key


@pytest.mark.parametrize("proof", signatures())
def test_what_its_key_did_not_sign_is_no_proof(proof: str):
    with pytest.raises(ProofInvalid):
        verified(proof)


def test_the_largest_key_that_is_accepted_fits_a_proof():
    from cryptography.hazmat.primitives.asymmetric import rsa

    from tests.world.keys import number

    key = SigningKey.__new__(SigningKey)
    key.alg, key.kid, key.private = "PS256", "large", rsa.generate_private_key(65537, 4096)
    public = key.private.public_key().public_numbers()
    key.jwk = {"kty": "RSA", "n": number(public.n, 512), "e": number(public.e, 3)}
    large = Prover(lambda: NOW, key)
    assert verified(large.proof("GET", URL, TOKEN)).jkt == large.jkt


class TestTheDoor:
    """Only a proof may bring its key, and a proof is nothing else."""

    def test_no_other_reader_takes_a_key_from_a_header(self):
        key = generate_key("ES256")
        with pytest.raises(JwtInvalid):
            verify_jwt(PROVER.proof("GET", URL), {"": key}, algorithms={"ES256"}, types={"dpop+jwt"})

    def test_a_header_of_a_proofs_length_is_refused_in_any_other_place(self):
        with pytest.raises(JwtInvalid):
            parse_jwt(PROVER.proof("GET", URL, header={"more": "m" * 1024}))

    @pytest.mark.parametrize("typ", ["JWT", "at+jwt", "client-authentication+jwt", None])
    def test_a_token_that_says_nothing_of_being_a_proof_is_none(self, typ: str | None):
        with pytest.raises(ProofInvalid):
            verified(PROVER.proof("GET", URL, TOKEN, header={"typ": typ}))


class TestHeader:
    def test_a_request_without_a_proof(self):
        with pytest.raises(ProofMissing):
            check_proof(BRAND, request(), wall=START, nonces=Nonces(SEALER))

    @pytest.mark.conformance("fapi2-security-profile-final-dpop-negative-tests: two DPoP headers")
    def test_two_proofs_are_none_even_when_both_are_good(self):
        proofs = [PROVER.proof("GET", URL) for _ in range(2)]
        for sent in (proofs, [proofs[0], proofs[0]], [proofs[0], ""]):
            with pytest.raises(ProofInvalid):
                check_proof(BRAND, request(*sent), wall=START, nonces=Nonces(SEALER))

    @pytest.mark.parametrize(("listener", "base"), [("mtls", BRAND.mtls_url), ("public", BRAND.issuer)])
    def test_the_endpoint_is_known_by_configuration_not_by_what_the_request_says(self, listener: str, base: str):
        called = called_endpoint(BRAND, request(listener=listener, host="evil.example"))
        assert called == parse_endpoint(f"{base}/book/v1/accounts")


class TestEndpoint:
    segment = st.text(ascii_letters + digits + "-._~!$&'()*+,;=:@ é/?#", min_size=1, max_size=8).filter(
        lambda s: s not in {".", ".."} and "/" not in s
    )

    @given(st.data(), st.lists(segment, max_size=4))
    @pytest.mark.spec("RFC9449-4.3")
    @pytest.mark.spec("RFC3986-5.2.4", "RFC3986-6.2.2", "RFC3986-6.2.3")
    def test_every_spelling_of_a_url_is_the_same_endpoint(self, data: st.DataObject, segments: list[str]):
        """RFC 3986 sections 6.2.2 and 6.2.3: case, escapes, dot segments, default port; query and fragment say nothing."""
        called = called_endpoint(replace(BRAND, mtls_url="https://api.bank.example"), request(path="/" + "/".join(segments)))
        host = "".join(data.draw(st.sampled_from([c, c.upper()])) for c in "api.bank.example")
        path = (
            "".join("/" + data.draw(st.sampled_from(["", "./", "up/../"])) + self.spelt(data, segment) for segment in segments)
            or "/"
        )
        suffix = data.draw(st.sampled_from(["", "?", "?a=b", "#f", "?a=/../b#f"]))
        url = (
            data.draw(st.sampled_from(["https", "HTTPS"]))
            + "://"
            + host
            + data.draw(st.sampled_from(["", ":443"]))
            + path
            + suffix
        )
        assert parse_endpoint(url) == called

    def spelt(self, data: st.DataObject, segment: str) -> str:
        """The segment with some characters escaped: those that must be, and any other that may be."""
        kept = ascii_letters + digits + "-._~!$&'()*+,;=:@"
        return "".join(
            character if character in kept and data.draw(st.booleans())
            else "".join(data.draw(st.sampled_from([f"%{byte:02x}", f"%{byte:02X}"])) for byte in character.encode())
            for character in segment
        )  # fmt: skip

    @given(st.text(max_size=100) | st.text(max_size=60).map(lambda text: f"{URL}{text}"))
    def test_any_text_is_an_endpoint_or_a_refusal(self, text: str):
        with suppress(ProofInvalid):
            assert parse_endpoint(text).path.startswith("/")

    @given(segment, segment)
    def test_two_paths_are_never_taken_for_one(self, one: str, other: str):
        escaped = ["".join(f"%{byte:02x}" for byte in segment.encode()) for segment in (one, other)]
        first, second = (parse_endpoint(f"https://api.bank.example/{segment}") for segment in escaped)
        assert (first == second) == (one == other)


class TestFirstUse:
    def test_a_proof_is_remembered_for_as_long_as_it_could_be_accepted(self):
        proof = verified(PROVER.proof("GET", URL, TOKEN, iat=NOW + SKEW_SECONDS))
        use = first_use_of(BRAND, proof, START, SHARE)
        assert use.ttl_seconds > SKEW_SECONDS + AGE_SECONDS_MAX
        assert use.issued_at == NOW + SKEW_SECONDS

    def test_the_same_jti_of_two_keys_or_brands_is_two(self):
        uses = [
            first_use_of(brand, verified(prover.proof("GET", URL, TOKEN, jti="one")), START, SHARE).key
            for prover in (PROVER, EDWARD)
            for brand in (BRAND, replace(BRAND, name="other"))
        ]
        assert len(set(uses)) == 4


class TestNonces:
    """RFC 9449 sections 8 and 9."""

    nonces = Nonces(SEALER)

    def check(self, nonce: str | None, wall: datetime = START) -> None:
        proof = PROVER.proof("GET", URL, nonce=nonce, iat=int(wall.timestamp()))
        check_proof(DEMANDING, request(proof), wall=wall, nonces=self.nonces)

    def test_a_proof_with_the_nonce_that_was_given_is_accepted_for_a_while(self):
        nonce = self.nonces.current(DEMANDING, START)
        self.check(nonce)
        self.check(nonce, START + timedelta(seconds=WINDOW_SECONDS))
        with pytest.raises(ProofNonceRequired):
            self.check(nonce, START + timedelta(seconds=2 * WINDOW_SECONDS))

    @pytest.mark.parametrize("nonce", [None, "invented", "é"])
    def test_any_other_proof_is_refused_with_the_nonce_it_needs(self, nonce: str | None):
        with pytest.raises(ProofNonceRequired) as refused:
            self.check(nonce)
        self.check(refused.value.nonce)

    def test_nonces_are_of_one_brand_and_one_key(self):
        nonces = {
            self.nonces.current(DEMANDING, START),
            self.nonces.current(replace(DEMANDING, name="other"), START),
            Nonces(Sealer({1: b"o" * 32})).current(DEMANDING, START),
        }
        assert len(nonces) == 3
        assert all(len(unb64(nonce)) == 18 for nonce in nonces)

    def test_a_brand_that_demands_none_takes_any(self):
        check_proof(BRAND, request(PROVER.proof("GET", URL, nonce="anything")), wall=START, nonces=self.nonces)

"""An access token is presented in one place, by the holder of its key."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import errors
from kernel.access import Confirmation
from kernel.storage.sealed import Sealer
from kernel.tokens.dpop_nonces import Nonces
from kernel.tokens.presented import PresentedToken, check_holder, parse_presented_token
from tests.harness.proofs import Prover
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND
from tests.world.gateway.snapshots import CERTIFICATE, TOKEN
from tests.world.gateway.world import request as ask

URL = "https://localhost:8444/book/v1/accounts"
PROVER = Prover(START.timestamp)
BOUND_TO_KEY = msgspec.structs.replace(TOKEN, confirmation=Confirmation("jkt", PROVER.jkt))
NONCES = Nonces(Sealer({1: b"k" * 32}))


class TestPresented:
    @pytest.mark.spec("RFC6750-2.1")
    @pytest.mark.conformance("fapi2-security-profile-final-access-token-type-header-case-sensitivity")
    @pytest.mark.parametrize(
        ("scheme", "read"), [("Bearer", "bearer"), ("bEARER", "bearer"), ("DPoP", "dpop"), ("dpOp", "dpop"), ("DPOP", "dpop")]
    )
    def test_reads_the_scheme_in_any_case(self, scheme, read):
        assert parse_presented_token(ask(token=None, headers={"Authorization": f"{scheme}  abc.def-_~+/=="})) == PresentedToken(
            read, "abc.def-_~+/=="
        )

    @pytest.mark.spec("RFC6750-3.1")
    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": ""}])
    def test_takes_another_scheme_for_no_token(self, headers):
        with pytest.raises(errors.TokenMissing):
            parse_presented_token(ask(token=None, headers=headers))

    @pytest.mark.spec("RFC6750-2.3")
    def test_refuses_a_token_in_the_query_even_with_a_good_one_in_the_header(self):
        with pytest.raises(errors.TokenInvalid):
            parse_presented_token(ask(query=[("access_token", "psu-token")]))

    def test_refuses_two_authorization_headers(self):
        with pytest.raises(errors.TokenInvalid):
            parse_presented_token(ask(headers=[("Authorization", "Bearer psu-token")]))

    @pytest.mark.parametrize("token", ["", "a b", "a,b", "é", "a" * 9216, "a\x00b", "=a"])
    def test_refuses_what_cannot_be_a_token(self, token):
        with pytest.raises(errors.TokenInvalid):
            parse_presented_token(ask(token=token))

    @given(st.text(max_size=200))
    def test_any_header_is_a_token_or_a_refusal(self, value):
        with suppress(errors.TokenMissing, errors.TokenInvalid):
            assert parse_presented_token(ask(token=None, headers={"Authorization": value}))


def held(token: Any, scheme: str = "DPoP", proof: str | None = None, **facts: Any) -> Any:
    headers = {} if proof is None else {"DPoP": proof}
    request = ask(scheme=scheme, headers=headers, **facts)
    return check_holder(token, parse_presented_token(request), BRAND, request, wall=START, nonces=NONCES)


class TestHolder:
    @pytest.mark.spec("RFC8705-3")
    def test_a_token_bound_to_a_certificate_opens_with_that_certificate_only(self):
        assert held(TOKEN, "Bearer") is None
        with pytest.raises(errors.TokenNotBound):
            held(TOKEN, "Bearer", certificate=replace(CERTIFICATE, thumbprint="another"))
        with pytest.raises(errors.CertificateMissing):
            held(TOKEN, "Bearer", certificate=None)

    @pytest.mark.spec("RFC9449-7.1")
    def test_a_token_bound_to_a_key_opens_with_a_proof_and_needs_no_certificate(self):
        assert held(BOUND_TO_KEY, proof=PROVER.proof("GET", URL, "psu-token"), certificate=None).jkt == PROVER.jkt

    @pytest.mark.conformance("fapi2-security-profile-final-dpop-negative-tests: no proof")
    def test_a_token_bound_to_a_key_does_not_open_without_a_proof(self):
        with pytest.raises(errors.ProofMissing):
            held(BOUND_TO_KEY)

    @pytest.mark.conformance("fapi2-security-profile-final-dpop-negative-tests: another key")
    def test_a_proof_of_another_key_opens_nothing(self):
        with pytest.raises(errors.TokenNotBound):
            held(BOUND_TO_KEY, proof=Prover(START.timestamp).proof("GET", URL, "psu-token"))

    @pytest.mark.conformance("fapi2-security-profile-final-dpop-negative-tests: wrong ath")
    def test_a_proof_for_another_token_of_the_same_key_opens_nothing(self):
        with pytest.raises(errors.ProofInvalid):
            held(BOUND_TO_KEY, proof=PROVER.proof("GET", URL, "client-token"))

    @pytest.mark.spec("RFC9449-7.2")
    @pytest.mark.conformance("fapi2-security-profile-final-dpop-negative-tests: Bearer")
    def test_no_token_passes_under_the_other_scheme(self):
        """A proof that is thrown away on the way must not turn into a token that anyone may bear."""
        proof = PROVER.proof("GET", URL, "psu-token")
        with pytest.raises(errors.TokenNotBound):
            held(BOUND_TO_KEY, "Bearer", proof)
        with pytest.raises(errors.TokenNotBound):
            held(TOKEN, "DPoP", proof)

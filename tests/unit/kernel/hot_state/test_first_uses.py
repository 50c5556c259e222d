"""The verdicts of the memory of first uses: it fails closed, in one place."""

import pytest

from kernel.errors import Overloaded, ProofInvalid, RateExceeded
from kernel.hot_state.checks import Allowed, Exceeded, Fresh, Replayed, Unavailable
from kernel.hot_state.first_uses import check_first_use, first_use_of_jti


def test_a_fresh_use_passes_and_any_other_verdict_refuses():
    check_first_use(Fresh(), ProofInvalid)
    for verdict, refusal in (
        (Replayed(), ProofInvalid),
        (Exceeded(1, 30), RateExceeded),
        (Unavailable(), Overloaded),
        (Allowed(1, 1, 1), Overloaded),
        (None, Overloaded),
    ):
        with pytest.raises(refusal):
            check_first_use(verdict, ProofInvalid)


def test_a_jti_makes_a_key_of_fixed_length_that_is_kept_while_the_jwt_may_come():
    uses = [
        first_use_of_jti("main/jti/client-1", jti, seconds=seconds, issued_at=5.0)
        for jti, seconds in (("a", 0.2), ("a" * 999, 9.1))
    ]
    assert len({len(use.key) for use in uses}) == 1
    assert [use.ttl_seconds for use in uses] == [1, 10]
    assert uses[0].key != uses[1].key
    assert uses[0].key != first_use_of_jti("main/jti/client-2", "a", seconds=1, issued_at=5.0).key

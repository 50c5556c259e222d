"""The suite is never needed to notice a regression: each module of the judged plans has tests of ours that carry its name."""

from collections import Counter

import pytest

from tests.conformance.mirrored import mirrored_names
from tests.conformance.plans import load_modules

JUDGED = {
    "fapi2-security-mtls": 47,
    "fapi2-security-dpop": 56,
    "fapi2-security-mtls-auth": 37,
    "fapi2-client-credentials": 14,
    "fapi2-openbanking-uk": 49,
    "fapi2-message-signing": 61,
    "fapi1-openbanking-uk": 47,
    "fapi1-plain": 63,
    "ciba-poll": 35,
    "ciba-ping": 40,
}


def test_the_lists_of_modules_are_whole():
    """As the suite counts them at the revision that is judged."""
    modules = load_modules()
    assert {plan: len(names) for plan, names in modules.items()} == JUDGED
    assert [name for names in modules.values() for name, times in Counter(names).items() if times > 1] == []


@pytest.mark.parametrize("plan", JUDGED)
def test_each_module_of_a_judged_plan_has_a_test_of_ours(request: pytest.FixtureRequest, plan: str):
    wanted = set(load_modules()[plan])
    assert sorted(wanted - mirrored_names(request.config, wanted)) == []


def test_no_test_claims_a_module_that_is_none(request: pytest.FixtureRequest):
    """A misspelt name would hold nothing."""
    wanted = {name for names in load_modules().values() for name in names}
    assert sorted(mirrored_names(request.config, set()) - wanted) == []

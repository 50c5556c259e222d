"""Options for a TPP of the sandbox, before anything is made."""

from pathlib import Path

import pytest

from consent.authorization.offer.profiles import SecurityProfile
from kernel.errors import FieldInvalid
from sandbox.tpps.new_tpp import NewTpp
from sandbox.tpps.tpps import Tpps
from tests.world.brands import BRAND


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (NewTpp(name="mine", profile=SecurityProfile.FAPI1_ADVANCED, alg="EdDSA"), "alg"),
        (NewTpp(name="mine", profile=SecurityProfile.FAPI1_ADVANCED, sender_constraint="dpop"), "sender_constraint"),
    ],
)
async def test_what_contradicts_the_profile_is_refused_by_its_option_and_leaves_nothing_behind(asked, path):
    """Who asked reads which option to change; no one is enrolled: there is no directory to be enrolled in."""
    tpps = Tpps(services=None, directory=None, pki=None, directory_path=Path("/nowhere"), ca=Path("/nowhere"))
    with pytest.raises(FieldInvalid) as refused:
        await tpps.ensure(BRAND, asked)
    assert refused.value.path == path


@pytest.mark.parametrize(
    "name", ["", "n" * 41, "n" * 300, "A", "a b", "-a", "a-", "..", "../acme", "/etc", "a/b", "a\n", "ä", "\ud800"]
)
def test_a_name_that_no_tpp_can_have_is_refused_before_it_becomes_part_of_a_path(name):
    tpps = Tpps(services=None, directory=None, pki=None, directory_path=Path("/nowhere"), ca=Path("/nowhere"))
    with pytest.raises(FieldInvalid) as refused:
        tpps.free_folder(name)
    assert refused.value.path == "name"
    assert "1 to 40" in refused.value.public

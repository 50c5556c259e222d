"""The command line's answers before it asks a server."""

import pytest

from kernel.config import ConfigurationRefused
from portcullis.cli.tpp.roles import parse_roles


def test_roles_are_read_as_people_write_them():
    assert parse_roles("aisp, CBPII") == ["AISP", "CBPII"]


@pytest.mark.parametrize("roles", ["", "AISP,", "AIS", "AISP;PISP"])
def test_an_unknown_role_is_refused_with_those_that_exist(roles):
    with pytest.raises(ConfigurationRefused, match="AISP, PISP, CBPII"):
        parse_roles(roles)

"""Ids and secrets have the form that others expect of them."""

import uuid

import pytest

from kernel.ids import RandomIds, SeededIds


@pytest.mark.spec("RFC9562")
@pytest.mark.parametrize("ids", [RandomIds(), SeededIds("seed")], ids=["random", "seeded"])
def test_an_id_is_a_uuid_of_version_4_in_lower_case(ids):
    made = [ids.uuid() for _ in range(20)]
    assert len(set(made)) == 20
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant, str(uuid.UUID(each)) == each) for each in made} == {
        (4, uuid.RFC_4122, True)
    }

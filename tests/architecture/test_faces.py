"""Every dialect, the toy one too, has every member of its faces: a face that grows breaks here, and not first where a server runs."""

import pytest

from openapi import DIALECTS
from openapi.dialect import Dialect, ErrorFace
from openapi.faces import AuthorizationFace, HeaderFace
from tests.dialects.toy.dialect import DIALECT as TOY

FACES = {"headers": HeaderFace, "errors": ErrorFace, "authorization": AuthorizationFace}


def members(face: type) -> set[str]:
    return {name for name in {*vars(face), *face.__annotations__} if not name.startswith("_")}


@pytest.mark.parametrize("dialect", [*DIALECTS, TOY], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("name", FACES)
def test_a_dialect_has_every_member_of_its_faces(dialect: Dialect, name: str) -> None:
    assert members(FACES[name]) - set(dir(getattr(dialect, name))) == set()

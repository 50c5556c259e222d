"""An operation in several versions: the row that the header chooses answers, and until a policy refuses, the newest stands for the rest."""

from dataclasses import replace

import pytest

from kernel.operations import Operation
from openapi.versions import HeaderVersions
from tests.world.gateway.dialect import ROW_OF, serving
from tests.world.gateway.world import GatewayWorld, body_of

LISTED = ROW_OF[Operation.LIST_ACCOUNTS]
VERSIONS = tuple(replace(LISTED, version=number, encode=lambda _, __, shown=number: {"shown": shown}) for number in (1, 3))


@pytest.fixture
def world() -> GatewayWorld:
    return GatewayWorld(dialects=(serving(VERSIONS, versions=HeaderVersions("X-Version", "X-Least")),))


@pytest.mark.parametrize(("wanted", "least", "version"), [("1", "1", 1), ("3", "1", 3), ("2", "1", 1), ("9", "2", 3)])
async def test_the_version_that_was_chosen_answers_and_is_named(
    world: GatewayWorld, wanted: str, least: str, version: int
) -> None:
    response = await world.ask(headers={"X-Version": wanted, "X-Least": least})
    assert (body_of(response), response.headers["X-Version"]) == ({"shown": version}, str(version))


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "header_missing"), ({"X-Version": "2"}, "version_unsupported"), ({"X-Version": "x"}, "version_invalid")],
)
async def test_a_refusal_names_the_newest_version(world: GatewayWorld, headers: dict[str, str], code: str) -> None:
    response = await world.ask(headers=headers)
    assert (body_of(response)["code"], response.headers["X-Version"]) == (code, "3")


async def test_a_caller_who_is_no_one_learns_nothing_of_versions_but_the_newest(world: GatewayWorld) -> None:
    response = await world.ask(token=None, headers={"X-Version": "2"})
    assert (body_of(response)["code"], response.headers["X-Version"]) == ("token_missing", "3")

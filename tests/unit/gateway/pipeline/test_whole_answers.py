"""An encoder may answer status and headers of its own, and a codec sees the headers that its row names, and no other."""

from dataclasses import replace
from typing import Any

import pytest

from kernel.banking import commands
from kernel.operations import Operation
from openapi.codec import Rendered, Rendering, WireRequest
from openapi.parameters import HeaderParameter
from tests.world.gateway.dialect import BRAND, ROWS, serving
from tests.world.gateway.world import GatewayWorld, body_of

SEEN: list[dict[str, str]] = []


def decode(wire: WireRequest) -> commands.ListAccounts:
    SEEN.append(dict(wire.headers))
    return commands.ListAccounts()


def encode(views: Any, rendering: Rendering) -> Rendered:
    return Rendered(body={"accounts": len(views)}, status=202, headers=(("Location", f"{rendering.base_url}/jobs/1"),))


ROW = replace(
    next(row for row in ROWS if row.operation is Operation.LIST_ACCOUNTS),
    path="/jobs",
    decode=decode,
    encode=encode,
    other_successes=(202,),
    headers=(HeaderParameter("X-Wanted", "What is wanted.", required=True),),
)


@pytest.fixture
def made() -> GatewayWorld:
    SEEN.clear()
    return GatewayWorld(dialects=(serving((*ROWS, ROW)),))


async def test_an_answer_has_the_status_and_headers_of_its_encoder(made: GatewayWorld) -> None:
    response = await made.ask(path="/book/v1/jobs", headers={"x-wanted": "all", "X-Other": "1"})
    assert (response.status, body_of(response)) == (202, {"accounts": 2})
    assert response.headers["Location"] == BRAND.mtls_url + "/book/v1/jobs/1"
    assert response.headers["Content-Type"] == "application/json"


async def test_a_codec_sees_the_headers_that_its_row_names_and_no_token(made: GatewayWorld) -> None:
    await made.ask(path="/book/v1/jobs", headers={"x-wanted": "all", "X-Other": "1"})
    assert SEEN == [{"X-Wanted": "all"}]


@pytest.mark.parametrize(
    ("headers", "code"), [({}, "header_missing"), ((("X-Wanted", "a"), ("x-wanted", "b")), "header_invalid")]
)
async def test_a_header_that_a_row_demands_comes_once(made: GatewayWorld, headers: Any, code: str) -> None:
    assert await made.code(path="/book/v1/jobs", headers=headers) == code

"""A signature over a body that is not in memory is judged as one over a body that is."""

from collections.abc import AsyncIterator

import pytest

from kernel.jose.detached import is_signed_by, is_signed_over, parse_detached, sign_detached
from kernel.jose.jwt import generate_key

KEY, OTHER = generate_key("PS256"), generate_key("PS256")
BODY = bytes(range(256)) * 5


async def blocks(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 256, 10_000])
@pytest.mark.parametrize("length", [0, 1, 2, 3, len(BODY) - 1, len(BODY)])
async def test_blocks_of_any_size_are_the_same_body(size: int, length: int) -> None:
    body = BODY[:length]
    detached = parse_detached(sign_detached(body, {"alg": "PS256", "kid": "1"}, KEY))
    assert is_signed_by(body, detached, KEY)
    assert await is_signed_over(blocks(body, size), detached, KEY)
    assert not await is_signed_over(blocks(body, size), detached, OTHER)
    assert not await is_signed_over(blocks(body + b"x", size), detached, KEY)

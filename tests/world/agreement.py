"""Requests in detail, and what a PSU grants to them."""

import json
from typing import Any

from tests.world.approval import agree, asked_by
from tests.world.authorization import AuthorizationWorld
from tests.world.tpp import Tpp

TYPE = "account_information"
TERMS = {"type": TYPE, "permissions": ["accounts_detail", "balances"]}
EVERYTHING = "openid accounts grant_management_query grant_management_revoke"


def details(**changes: Any) -> str:
    """authorization_details of one object; a change to None leaves a member out."""
    return json.dumps([{name: value for name, value in {**TERMS, **changes}.items() if value is not None}])


async def may_detail(world: AuthorizationWorld, name: str = "detail", **changes: Any) -> Tpp:
    """A client that may ask in detail and manage its grants."""
    key = world.acme.key
    return await world.register(name, key, **{"authorization_details_types": {TYPE}, "scope": EVERYTHING, **changes})


async def granted(
    world: AuthorizationWorld, tpp: Tpp, *upstream_ids: str, redeem: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """The token response for a request in detail that the PSU agreed to."""
    changes = {"authorization_details": details(), **changes}
    asked = await asked_by(world, tpp, await world.pushed_uri(tpp, None, **changes))
    code = (await agree(world, asked, *upstream_ids)).location["code"]
    answer = await world.redeem(tpp, code, **(redeem or {}))
    assert answer.status == 200, answer.text
    return answer.json

"""A customer's consent, step by step: CPU of the server for each, decided through pages' own use case by the sandbox's control API."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from bench.request_path.site import ATTENDED, Ground, Site, approve
from bench.turns import in_turns
from sandbox.tpp_kit.answers import expect
from sandbox.tpp_kit.tpp import Tpp
from tests.harness.installations import BANK_WITHIN, EMBEDDED

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 4  # journeys under way within a step
KINDS = {"memory": EMBEDDED, "valkey": BANK_WITHIN}
DECIDE = "decide"


async def measure_journey(ground: Ground, *, journeys: int) -> dict[str, Any]:
    """By setup: microseconds for each step, and of the whole journey without the decision, which is the sandbox's and hashes a password."""
    found: dict[str, Any] = {}
    for name, kind in KINDS.items():
        with ground.site(kind, over_http=False) as site:
            async with site.tpp() as tpp:
                await _walk(site, tpp, 1)
                found[name] = await _walk(site, tpp, journeys)
    return found


async def _walk(site: Site, tpp: Tpp, count: int) -> dict[str, Any]:
    numbers = range(count)
    steps: dict[str, float] = {}

    async def step(name: str, items: Sequence[T], act: Callable[[T], Awaitable[R]]) -> list[R]:
        results, steps[name] = await _spend(site, items, act)
        return results

    tokens = await step("token", numbers, lambda _: tpp.client_credentials_token())
    lodged = await step("lodge", tokens, lambda token: tpp.lodge_account_consent(token=token))
    pushed = await step("push", lodged, lambda each: tpp.push_authorization_request(each.id))
    await step(DECIDE, lodged, lambda each: approve(tpp, each.id, "alice"))
    codes = await step("authorize", pushed, tpp.authorize_without_page)
    redeemed = await step("redeem", list(zip(codes, pushed, strict=True)), lambda each: tpp.redeem(*each))
    access = [each.access_token for each in redeemed]

    async def read(token: str) -> None:
        expect(200, "accounts", await tpp.get("/accounts", token, knobs=ATTENDED))

    await step("first read", access, read)
    await step("second read", access, read)
    refreshes = [each.refresh_token for each in redeemed if each.refresh_token]
    if refreshes:
        await step("refresh", refreshes, tpp.refresh)
    whole = sum(micros for name, micros in steps.items() if name not in {DECIDE, "second read", "refresh"})
    return {"steps_us": {name: round(micros) for name, micros in steps.items()}, "whole_without_decision_us": round(whole)}


async def _spend(site: Site, items: Sequence[T], act: Callable[[T], Awaitable[R]]) -> tuple[list[R], float]:
    """The results, and microseconds of the site's processes for each."""
    before = sum(site.seconds().values())
    results = await in_turns(items, act, at_once=AT_ONCE)
    return results, (sum(site.seconds().values()) - before) / len(items) * 1e6

"""The authorization server takes the caller's interaction id, logs it and returns it on every answer. FAPI 1.0 Part 1 6.2.1-11."""

from collections.abc import MutableMapping
from typing import Any

import pytest
import structlog
from multidict import CIMultiDict

from consent.app import ROUTES
from kernel.errors import BodyTooLarge
from kernel.observability.interaction import HEADER, interaction_id
from tests.world.authorization import AuthorizationWorld, request_to
from tests.world.brands import BRAND

SENT = "93bac548-d2de-4546-b106-880a5018460d"


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path, _, _ in ROUTES] + [("GET", "/nothing"), ("PUT", "/par")]
)
async def test_every_answer_of_the_authorization_server_returns_the_callers_interaction_id(
    oauth: AuthorizationWorld, method: str, path: str
):
    answer = await oauth.call(method, path.replace("{id}", "x"), headers={HEADER: SENT})
    assert answer.response.headers.getall(HEADER) == [SENT]


@pytest.mark.parametrize("sent", [None, "", "a\tb", SENT + "0", "not-a-uuid", "0" * 36])
async def test_an_interaction_id_of_another_form_is_replaced_and_refuses_nothing(oauth: AuthorizationWorld, sent: str | None):
    answer = await oauth.call("GET", "/jwks", headers={} if sent is None else {HEADER: sent})
    assert answer.status == 200
    (given,) = answer.response.headers.getall(HEADER)
    assert given != sent
    assert len(given) == len(SENT)


async def test_of_two_interaction_ids_neither_is_taken(oauth: AuthorizationWorld):
    request = request_to("GET", "/jwks", headers=CIMultiDict([(HEADER, SENT), (HEADER, SENT)]))
    response = await oauth.server.handle(BRAND, request)
    assert response.headers[HEADER] != SENT


async def test_what_the_listener_could_not_read_is_answered_under_the_callers_interaction_id(oauth: AuthorizationWorld):
    request = request_to("POST", "/token", headers=CIMultiDict({HEADER: SENT}))
    assert oauth.server.refuse(BRAND, request, BodyTooLarge("2 MiB")).headers.getall(HEADER) == [SENT]


async def test_a_refusal_is_logged_under_the_callers_interaction_id(oauth: AuthorizationWorld, monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []

    def note(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        seen.append(interaction_id.get())
        raise structlog.DropEvent

    monkeypatch.setattr("kernel.observability.answer_log.log", structlog.wrap_logger(structlog.PrintLogger(), processors=[note]))
    await oauth.call("POST", "/token", form={}, headers={HEADER: SENT})
    assert seen == [SENT]
    assert interaction_id.get() == ""

"""Events as a TPP hears of them: a subscription, polls, and Security Event Tokens, each verified before it is believed.

OBIE R/W 4.0 Event Subscriptions, Aggregated Polling, Event Notifications; RFC 8417, RFC 8936.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.tpp_kit.answers import expect
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from sandbox.tpp_kit.payments import HEADER, sign_body, verify_body
from sandbox.tpp_kit.signatures import SKEW_SECONDS, ResponseInvalid, verify_token
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.wire import Answer

SUBSCRIPTIONS, EVENTS = "/event-subscriptions", "/events"
CALLBACK_END = "/open-banking/v4.0/event-notifications"
PREFIX = "urn:uk:org:openbanking:events:"
CONSENT_REVOKED = f"{PREFIX}consent-authorization-revoked"
RESOURCE_UPDATE = f"{PREFIX}resource-update"
MEDIA_TYPE = "application/jwt"
TOKEN_TYPE = "secevent+jwt"


def verify_event(
    token: str, jwks: Mapping[str, Any], *, issuer: str, client_id: str, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """The claims of a Security Event Token that is good. Raises ResponseInvalid naming what is not."""
    claims = verify_token("event", token, jwks, token_type=TOKEN_TYPE)
    faults = {
        "iss": claims.get("iss") != issuer,
        "aud": claims.get("aud") != client_id,
        "iat": not 0 < claims.get("iat", 0) <= now() + SKEW_SECONDS,
        "jti": not claims.get("jti"),
        "exp": "exp" in claims,  # RFC 8417 section 2.2: a fact does not expire
        "events": len(claims.get("events", {})) != 1,
    }
    if wrong := [name for name, is_wrong in faults.items() if is_wrong]:
        raise ResponseInvalid(f"event: {', '.join(wrong)}")
    return claims


class Events:
    """The event side of one TPP. `scope` is any that it may have."""

    def __init__(self, tpp: Tpp, scope: str = "accounts") -> None:
        self.tpp = tpp
        self.scope = scope
        self.base = tpp.folder.resource_base.removesuffix("/aisp")

    async def subscribe(
        self, *, callback_url: str | None = None, types: Sequence[str] | None = None, knobs: Knobs = AS_IT_SHOULD_BE
    ) -> Answer:
        """Returns the answer, a refusal too."""
        return await self.send("POST", SUBSCRIPTIONS, {"Data": _data(callback_url, types)}, knobs=knobs)

    async def change(
        self, subscription_id: str, *, callback_url: str | None = None, types: Sequence[str] | None = None
    ) -> Answer:
        data = {"EventSubscriptionId": subscription_id, **_data(callback_url, types)}
        return await self.send("PUT", f"{SUBSCRIPTIONS}/{subscription_id}", {"Data": data})

    async def subscriptions(self, path: str = SUBSCRIPTIONS) -> Answer:
        answer = await self.tpp.get(self.base + path, await self._token())
        await self._verify(answer)
        return answer

    async def end(self, subscription_id: str, path: str = SUBSCRIPTIONS) -> Answer:
        return await self.tpp.delete(f"{self.base}{path}/{subscription_id}", await self._token())

    async def poll(
        self,
        *,
        most: int | None = None,
        waits: bool = False,
        ack: Sequence[str] = (),
        errors: Mapping[str, Mapping[str, str]] | None = None,
    ) -> tuple[list[dict[str, Any]], bool]:
        """The claims of the events that came, each verified, and whether there are more."""
        body: dict[str, Any] = {"returnImmediately": not waits, "ack": list(ack), "setErrs": dict(errors or {})}
        if most is not None:
            body["maxEvents"] = most
        document = expect(200, "events", await self.post(EVENTS, body))
        claims = [await self.verified(token) for token in document["sets"].values()]
        if [each["jti"] for each in claims] != list(document["sets"]):
            raise ResponseInvalid("events: one under another's jti")
        return claims, document["moreAvailable"]

    async def verified(self, token: str) -> dict[str, Any]:
        """The claims of one event. Raises ResponseInvalid."""
        folder = self.tpp.folder
        return verify_event(token, await self.tpp.published_keys(), issuer=folder.issuer, client_id=folder.client_id)

    async def send(self, method: str, path: str, body: Any, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """A body, signed."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = replace(knobs, headers={HEADER: sign_body(sent, self.tpp.folder, knobs), **knobs.headers})
        answer = await self.tpp.call(method, self.base + path, await self._token(), sent, knobs=signed)
        await self._verify(answer)
        return answer

    async def post(self, path: str, body: Any, *, token: str | None = None) -> Answer:
        """A body as it is, without a signature."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.tpp.post(self.base + path, token or await self._token(), sent)

    async def _token(self) -> str:
        return await self.tpp.client_credentials_token(self.scope)

    async def _verify(self, answer: Answer) -> None:
        if answer.body and answer.header("Content-Type"):
            verify_body(answer.body, answer.header(HEADER), await self.tpp.published_keys())


def _data(callback_url: str | None, types: Sequence[str] | None) -> dict[str, Any]:
    data: dict[str, Any] = {"Version": "4.0"}
    if callback_url is not None:
        data["CallbackUrl"] = callback_url
    if types is not None:
        data["EventTypes"] = list(types)
    return data

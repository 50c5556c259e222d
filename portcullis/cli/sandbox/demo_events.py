"""The end of the demo: a customer stops a consent on the bank's pages, and the TPP hears of it by an event that it verifies."""

import asyncio
from pathlib import Path
from typing import Any

from portcullis.cli.control_client import ServerRefused, post
from portcullis.cli.sandbox.demo_payer import Payer
from sandbox.tpp_kit.events import CONSENT_REVOKED, PREFIX, Events
from sandbox.tpp_kit.tpp import Tpp

POLLS_MAX = 12  # for one event; each waits at the bank for up to five seconds


class EventFailed(ServerRefused):
    """The demo's event did not come as it must."""


class DemoEvents:
    """Alice stops what she allowed. Each step returns what is to be said of it."""

    def __init__(self, tpp: Tpp, state_dir: Path) -> None:
        self._tpp = tpp
        self._state_dir = state_dir
        self._events = Events(tpp)

    async def subscribe(self) -> None:
        """To consents that customers stop, by polling."""
        answer = await self._events.subscribe(types=[CONSENT_REVOKED])
        if answer.status != 201:
            raise EventFailed(f"the subscription was answered {answer.status}: {answer.body[:500].decode(errors='replace')}")

    async def stop(self) -> str:
        """The id of a consent that Alice gave and then stopped on her dashboard."""
        consent = await self._tpp.lodge_account_consent()
        pushed = await self._tpp.push_authorization_request(consent.id)
        await asyncio.to_thread(post, self._state_dir, f"/sandbox/consents/{consent.id}/approve", {"persona": "alice"})
        await self._tpp.redeem(await self._tpp.authorize_without_page(pushed), pushed)
        issuer = self._tpp.folder.issuer
        async with Payer(self._tpp.folder.ca) as alice:
            await alice.open(f"{issuer}/consents")
            await alice.send(username="alice", password="alice-pw")
            await alice.open(f"{issuer}/consents/{consent.id}/revoke")
            await alice.send()
        return consent.id

    async def hear(self, consent_id: str) -> str:
        """Type and subject of the event, which the kit has verified by the bank's published keys. It is acknowledged."""
        for _ in range(POLLS_MAX):
            came, _ = await self._events.poll(waits=True)
            mine = next((each for each in came if each["sub"].endswith(f"/{consent_id}")), None)
            await self._events.poll(ack=[each["jti"] for each in came], most=0)
            if mine is not None:
                return _described(mine)
        raise EventFailed(f"no event says that consent {consent_id} was stopped")


def _described(claims: dict[str, Any]) -> str:
    (kind,) = claims["events"]
    return f"{kind.removeprefix(PREFIX)} of {claims['sub']}"

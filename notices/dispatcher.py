"""Send notices to the addresses of clients, at least once and in order of each resource: one singleton per brand, under a lease.

What an address took is recorded afterwards, under the fence: a dispatcher that dies in between leaves the next one to send the same notices
again, with the same ids. A notice is sent while its client is one and the host of its address registered.
RFC 8935 section 2.3 for the refusal of one notice.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog

from kernel.banking.notices import Notice
from kernel.brand import Brand
from kernel.http.outbound.fetcher import Unanswered
from kernel.jose.jwt import sign_jwt
from kernel.storage.lease import Lease
from notices.commands.deliver import Due, RecordSent, Sent, TakeDueNotices, due_of
from notices.ports import Addresses, Notify, SigningKeys
from notices.room import Room
from notices.tables import subscriptions
from notices.wishes import FACES
from openapi.faces import NoticeFace

SEND_EVERY_SECONDS = 1.0  # between two looks for notices to send
ROUND_SECONDS_MAX = 5.0  # until a round begins no further notice, and records what it has

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """`run` is the work of a singleton (kernel/storage/lease.py). `sent` and `failed` count since the start."""

    room: Room
    brand: Brand
    keys: SigningKeys
    addresses: Addresses
    notify: Notify
    sent: int = 0
    failed: int = 0

    async def run(self, lease: Lease) -> None:
        """Send all that is due. Raises LeaseLost."""
        while due := await self._take_due(lease):
            until = asyncio.get_running_loop().time() + ROUND_SECONDS_MAX
            for outcome in await asyncio.gather(*(self._send_all(each, until) for each in due)):
                command = RecordSent(brand=self.brand.name, sent=outcome, now=self.room.clock.wall())
                await self.room.commands.run(command, guard=lease.check_fence)

    async def _take_due(self, lease: Lease) -> list[Due]:
        """Under the fence: who has lost the lease sends nothing more."""
        now = self.room.clock.wall()
        async with self.room.database.read() as connection:  # nearly always there is nothing to do, and nothing is written
            look = sa.select(subscriptions.c.client_id).where(*due_of(self.brand.name, now)).limit(1)
            if (await connection.execute(look)).first() is None:
                return []
        return await self.room.commands.run(TakeDueNotices(brand=self.brand.name, now=now), guard=lease.check_fence)

    async def _send_all(self, due: Due, until: float) -> Sent:
        """One after the other, until one fails or the round is over. A fault of this server's with one client holds up no other client."""
        sent = _Progress()
        try:
            sent.failure = await self._send_each(due, until, sent)
        except Exception as fault:
            log.exception("callback_broken", client_id=due.subscription.client_id)
            sent.failure = f"fault of the server: {type(fault).__name__}"
        self.sent += len(sent.taken)
        self.failed += bool(sent.failure)
        return Sent(
            subscription=due.subscription,
            taken=sent.taken,
            refused=sent.refused,
            unrendered=sent.unrendered,
            failure=sent.failure,
        )

    async def _send_each(self, due: Due, until: float, sent: "_Progress") -> str:
        """The failure that ended the round, "" if none did."""
        subscription, url = due.subscription, due.subscription.terms.callback_url or ""
        if due.notices and not await self.addresses.is_registered(self.brand, subscription.client_id, url):
            return "the client has not registered this host, or is no client any more"
        face = FACES.get(subscription.terms.lodged_as)
        if face is None:
            return f"this server has no standard {subscription.terms.lodged_as} any more"
        for notice in due.notices:
            if asyncio.get_running_loop().time() >= until:
                break
            claims = self._claims_of(face, notice)
            if claims is None:
                sent.unrendered.append(notice.id)
                continue
            status, failure = await self._send(claims, face, url)
            if status == 400:  # the receiver will not take this notice, and sending it again does not help
                sent.refused[notice.id] = failure
            elif failure:
                return failure
            else:
                sent.taken.append(notice.id)
        return ""

    def _claims_of(self, face: NoticeFace, notice: Notice) -> Mapping[str, Any] | None:
        """None for one of a resource that the standard has no longer, as after a change of version."""
        try:
            return face.claims_of(notice, self.brand.issuer, self.brand.mtls_url)
        except Exception:
            log.exception("notice_unrendered", notice_id=notice.id, product=notice.product)
            return None

    async def _send(self, claims: Mapping[str, Any], face: NoticeFace, url: str) -> tuple[int, str]:
        """The status, and what is wrong with it; 0 for no answer."""
        token = sign_jwt(claims, self.keys.signing_key(self.brand, face.algorithm), typ=face.token_type)
        headers = {"Content-Type": face.media_type, face.interaction_header: self.room.ids.uuid()}
        try:
            status = await self.notify.notify(url, token.encode(), headers)
        except Unanswered as error:
            return 0, str(error)
        return status, "" if status == face.taken else f"status {status}"


@dataclass(slots=True)
class _Progress:
    """The outcome of a round so far."""

    taken: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    unrendered: list[str] = field(default_factory=list)
    failure: str = ""

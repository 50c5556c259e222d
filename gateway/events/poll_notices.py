"""Give a client the notices that it has not acknowledged, each signed by the bank as its standard says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from gateway.events.client import client_of
from gateway.events.ports import Notices
from gateway.pipeline.exchange import Exchange, present
from gateway.ports import MessageKeys
from kernel.banking import commands
from kernel.banking.notices import Notice
from kernel.banking.results import SignedNotices
from kernel.jose.jwt import sign_jwt
from kernel.operations import Operation

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PollNotices:
    notices: Notices
    message_keys: MessageKeys
    operations = (Operation.POLL_NOTICES,)

    async def run(self, exchange: Exchange) -> SignedNotices:
        command: commands.PollNotices = exchange.command
        brand, face = exchange.brand, present(exchange.dialect.notices)
        polled = await self.notices.poll(brand, client_of(exchange), command.poll)
        key = self.message_keys.signing_key(brand, face.algorithm)
        rendered = {notice.id: _claims_of(exchange, notice) for notice in polled.notices}
        tokens = [
            (notice_id, sign_jwt(claims, key, typ=face.token_type))
            for notice_id, claims in rendered.items()
            if claims is not None
        ]
        if len(tokens) < len(rendered):
            unrendered = [notice_id for notice_id, claims in rendered.items() if claims is None]
            await self.notices.set_aside(brand, client_of(exchange), unrendered)
        return SignedNotices(tuple(tokens), polled.has_more)


def _claims_of(exchange: Exchange, notice: Notice) -> Mapping[str, Any] | None:
    """None for one of a resource that the standard has no longer, as after a change of version: it stops no poll."""
    try:
        return present(exchange.dialect.notices).claims_of(notice, exchange.brand.issuer, exchange.brand.mtls_url)
    except Exception:
        log.exception("notice_unrendered", notice_id=notice.id, product=notice.product)
        return None

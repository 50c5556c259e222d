"""A customer's token for a TPP of a running sandbox, in one command: the TPP asks, the customer decides, the code is redeemed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portcullis.cli.control_client import ServerRefused, post
from portcullis.cli.tpp.opened_tpp import check_may_ask, open_tpp
from portcullis.settings.schema import Settings
from sandbox.tpp_kit.tpp import DEFAULT_PERMISSIONS

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`accounts` and `permissions` None: every eligible account, and the usual permissions."""

    persona: str
    accounts: Sequence[str] | None = None
    permissions: Sequence[str] | None = None


async def customer_token(settings: Settings, name: str, wish: Wish, progress: Progress) -> str:
    """An access token for the accounts of a persona. Raises ServerRefused."""
    async with open_tpp(settings.state_dir, name) as tpp:
        check_may_ask(name, tpp, settings.state_dir)
        if tpp.folder.sender_constraint == "dpop":
            raise ServerRefused(
                f"{name} binds its tokens to a key that only its own software holds (DPoP): a token made here would open nothing; "
                "fetch one with that software, as docs/build-a-tpp.md says under DPoP"
            )
        consent = await tpp.lodge_account_consent(tuple(wish.permissions or DEFAULT_PERMISSIONS))
        progress(f"{name} asks for {wish.persona}'s accounts: consent {consent.id}")
        pushed = await tpp.push_authorization_request(consent.id)
        decision = {"persona": wish.persona, "accounts": wish.accounts}
        path = f"/sandbox/consents/{consent.id}/approve"
        await asyncio.to_thread(post, settings.state_dir, path, decision, settings.sandbox_token)
        tokens = await tpp.redeem(await tpp.authorize_without_page(pushed), pushed)
        progress(f"{wish.persona} agreed. The token is bound to {name}'s certificate and lives for {tokens.expires_in} seconds")
        return tokens.access_token

"""The work of a bank's own clerk: closes an account, suspends a consent or lets it go on, lifts a lock-out.

Part of the control API, under the same rule about who may call it; it acts through the ports that a real bank's systems would use.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import msgspec

from consent.ports import AccountRemoval, CustomerAccounts, Psu, PsuIdentity
from kernel import json
from kernel.banking.accounts import Account, AccountStatus
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.errors import FieldInvalid, OperationUnknown, Problem
from kernel.http.message import Request, Response
from plugins.ledger.accounts.openings import StatusChange
from plugins.ledger.ledger import Ledger
from sandbox.control.bookings import CloseAccount
from sandbox.control.surface import PREFIX, answer_call, render_refusal

NAMES_MAX = 20  # accounts that one refusal lists
_PATHS = re.compile(rf"{PREFIX}(accounts/[^/]+/close|consents/[^/]+/(suspend|resume)|personas/[^/]+/unlock)")


class Closure(msgspec.Struct, forbid_unknown_fields=True):
    """The closure of one of a persona's accounts. `switched`: the account moves to another bank."""

    persona: str
    switched: bool = False


class Consents(Protocol):
    """The consent store, as a bank's own systems use it."""

    async def remove_account(self, brand: Brand, upstream_id: str, reason: AccountRemoval) -> int: ...
    async def suspend(self, brand: Brand, consent_id: str) -> Consent: ...
    async def resume(self, brand: Brand, consent_id: str) -> Consent: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    token: str
    clock: Clock
    commands: Commands
    ledger: Ledger
    consents: Consents
    identity: PsuIdentity
    customer_accounts: CustomerAccounts
    unlock: Callable[[Brand, Psu, str, str], Awaitable[None]]  # the PSU, their user name, the address that asks

    def owns(self, path: str) -> bool:
        return _PATHS.fullmatch(path) is not None

    async def handle(self, brand: Brand, request: Request) -> Response:
        return await answer_call(brand, request, self.token, self._answer, "POST")

    def refuse(self, _brand: Brand, _request: Request, problem: Problem) -> Response:
        """The answer to a request whose head could not be read."""
        return render_refusal(problem)

    async def _answer(self, brand: Brand, request: Request) -> dict[str, Any]:
        match request.path.removeprefix(PREFIX).split("/"):
            case ["accounts", account, "close"]:
                changed = await self.close_account(brand, account, json.decode(request.body, Closure))
                return {"closed": True, "consents_changed": changed}
            case ["consents", consent_id, "suspend" | "resume" as verb]:
                consent = await (self.consents.suspend if verb == "suspend" else self.consents.resume)(brand, consent_id)
                return {"consent_id": consent_id, "state": consent.state}
            case ["personas", name, "unlock"]:
                await self.unlock(brand, await find_persona(self.identity, brand, name), name, request.peer)
                return {"persona": name, "unlocked": True}
            case _:
                raise OperationUnknown

    async def close_account(self, brand: Brand, wanted: str, closure: Closure) -> int:
        """Close an account, and return how many consents lost it. Consents change first, so an interrupted call can be repeated.
        Raises FieldInvalid."""
        account = await self._find(brand, closure.persona, wanted)
        reason = AccountRemoval.SWITCHED if closure.switched else AccountRemoval.CLOSED
        changed = await self.consents.remove_account(brand, account.id, reason)
        change = StatusChange(
            status=AccountStatus.DELETED, at=self.clock.now(), eligible=False, switched=closure.switched or account.switched
        )
        await self.commands.run(CloseAccount(self.ledger, brand.name, account.id, change))
        return changed

    async def _find(self, brand: Brand, persona: str, wanted: str) -> Account:
        """The persona's account by nickname, name, number or id. Raises FieldInvalid for none, or several."""
        psu = await find_persona(self.identity, brand, persona)
        accounts = await self.customer_accounts.accounts_of(brand, psu.customer_id)
        found = [account for account in accounts if wanted in names_of(account)]
        if len(found) != 1:
            raise FieldInvalid(public=not_one(accounts), path="account")
        return found[0]


async def find_persona(identity: PsuIdentity, brand: Brand, name: str) -> Psu:
    """By their public password. Raises FieldInvalid."""
    psu = await identity.check_password(brand, name, f"{name}-pw")
    if psu is None:
        raise FieldInvalid(
            public="There is no such persona; personas.json in the sandbox's state directory (var/sandbox, unless you chose another) lists them.",
            path="persona",
        )
    return psu


def not_one(accounts: Iterable[Account]) -> str:
    """The message for a name that matches no account, or several. It lists the names: in a sandbox they are public."""
    names = ", ".join(repr(account.nickname or account.name) for account in islice(accounts, NAMES_MAX))
    return f"No account, or several, of this persona are called so; there are {names or 'none'}."


def names_of(account: Account) -> set[str | None]:
    """By what an account may be asked for."""
    return {account.id, account.name, account.nickname, *(identifier.identification for identifier in account.identifiers)}

"""Confirmation of payee as the built-in bank gives it: of its own accounts by their names, of all others by what their bank answers.

It never fails: what cannot be found out in time is not available, and the payer decides without it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck
from kernel.brand import Brand
from kernel.errors import Problem, UpstreamFailed, UpstreamTimedOut
from plugins.payee_checks.matching import Holder, compare

PAYEE_SECONDS_MAX = 5.0  # for one check of a payee: a payer waits for it

log = structlog.get_logger(__name__)


class OwnAccounts(Protocol):
    async def holder_of(self, brand: Brand, account: AccountIdentifier) -> Holder | None:
        """None: no account of this bank has the number. Raises UpstreamFailed or UpstreamTimedOut."""
        ...


class OtherBanks(Protocol):
    async def ask(self, brand: Brand, account: AccountIdentifier, name: str) -> PayeeCheck:
        """The answer of the bank that has the account. May take as long as it likes. Raises UpstreamFailed or UpstreamTimedOut."""
        ...


@dataclass(frozen=True, slots=True)
class NoOtherBanks:
    """A bank that takes no part in a service for names: other banks are not asked."""

    async def ask(self, brand: Brand, account: AccountIdentifier, name: str) -> PayeeCheck:
        return NOT_AVAILABLE


def count_nothing(_question: str, _code: str) -> None:
    """Count no defects: for a bank without a meter."""


@dataclass(frozen=True, slots=True)
class ConfirmationOfPayee:
    """`count_defect` hears of answers that came late or broken."""

    own_accounts: OwnAccounts
    other_banks: OtherBanks = NoOtherBanks()
    seconds_max: float = PAYEE_SECONDS_MAX
    count_defect: Callable[[str, str], None] = count_nothing

    async def check(self, brand: Brand, account: AccountIdentifier, name: str) -> PayeeCheck:
        try:
            async with asyncio.timeout(self.seconds_max):
                holder = await self.own_accounts.holder_of(brand, account)
                if holder is not None:
                    return compare(name, holder)
                return await self.other_banks.ask(brand, account, name)
        except TimeoutError:
            return self._not_available(UpstreamTimedOut(f"no answer about a payee within {self.seconds_max} s"))
        except (UpstreamTimedOut, UpstreamFailed) as problem:
            return self._not_available(problem)

    def _not_available(self, problem: Problem) -> PayeeCheck:
        log.warning("payee_not_checked", code=problem.code, detail=problem.detail)
        self.count_defect("payee", problem.code)
        return NOT_AVAILABLE

"""The port of checks of funds (gateway/ports.py has that of the bank's answer)."""

from typing import Protocol

from kernel.access import Caller
from kernel.banking.funds_checks import FundsCheck
from kernel.brand import Brand


class FundsChecks(Protocol):
    """The record of checks of funds, which their customer reads."""

    async def record(self, brand: Brand, caller: Caller, check: FundsCheck) -> None:
        """Write down an answer that is about to be given. Raises what the state of its consent forbids."""
        ...

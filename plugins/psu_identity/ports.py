"""The ports of the built-in identity: a sender of one-time codes, and a device that can confirm.

`simulated` marks an authenticator without a person behind it: a production configuration refuses to start with one.
"""

from dataclasses import dataclass
from typing import Protocol

from consent.ports import LinkedTerms, Psu
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.ids import Ids


class CodeNotSent(Problem):
    code, public = "code_not_sent", "The code could not be sent. Try again later."


class CodeSender(Protocol):
    """Carries one-time codes to PSUs: a bank's own message gateway."""

    simulated: bool

    def new_code(self, ids: Ids) -> str:
        """Six decimal digits by chance."""
        ...

    async def send(self, brand: Brand, psu: Psu, code: str, linked: LinkedTerms | None = None) -> str:
        """Send the code, with amount and payee if it is for a payment; what the page tells the PSU about where to look. Raises
        CodeNotSent."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A confirmation asked of a PSU's device. `confirmed`: it answered at once."""

    reference: str
    hint: str
    confirmed: bool = False


class Device(Protocol):
    """The bank's app on a PSU's device, which can confirm what it is shown. A confirmation is good for the PSU who was asked,
    and for what was `linked` then."""

    simulated: bool

    async def ask(self, brand: Brand, psu: Psu, journey_id: str, linked: LinkedTerms | None = None) -> DeviceRequest: ...

    async def has_confirmed(self, brand: Brand, psu: Psu, reference: str, linked: LinkedTerms | None = None) -> bool: ...

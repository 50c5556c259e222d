"""The ports of the built-in identity: a sender of one-time codes, and a device that can confirm.

`simulated` marks an authenticator without a person behind it: a production configuration refuses to start with one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from consent.ports import LinkedTerms, Psu
from kernel.brand import Brand
from kernel.errors import Problem, UpstreamTimedOut
from kernel.ids import Ids

AUTHENTICATOR_TIMEOUT_SECONDS = 10.0  # for the answer of a code sender or a device


class CodeNotSent(Problem):
    code, public = "code_not_sent", "The code could not be sent. Try again later."


class CodeSender(Protocol):
    """Carries one-time codes to PSUs: a bank's own message gateway."""

    simulated: bool

    def new_code(self, ids: Ids) -> str:
        """Six decimal digits by chance."""
        ...

    async def send(self, brand: Brand, psu: Psu, code: str, linked: LinkedTerms | None = None) -> str:
        """Send the code, with amount and payee if it is for a payment, and return the hint for the page: where the PSU should look. Raises
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

    async def ask(self, brand: Brand, psu: Psu, authorisation_id: str, linked: LinkedTerms | None = None) -> DeviceRequest: ...

    async def has_confirmed(self, brand: Brand, psu: Psu, reference: str, linked: LinkedTerms | None = None) -> bool: ...


@asynccontextmanager
async def answer_time_of(who: str) -> AsyncIterator[None]:
    """Raises UpstreamTimedOut where `who` does not answer."""
    try:
        async with asyncio.timeout(AUTHENTICATOR_TIMEOUT_SECONDS):
            yield
    except TimeoutError:
        raise UpstreamTimedOut(f"the {who} did not answer in time") from None


def typed_text(typed: str) -> str:
    """The typed text, stripped of surrounding blanks; characters that UTF-8 cannot encode become `?`."""
    return typed.encode("utf-8", "replace").decode().strip()

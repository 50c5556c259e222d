"""An authenticator: a method of strong customer authentication, as the built-in identity carries it out. RTS (EU) 2018/389 articles 4 to 7."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent.ports import LinkedTerms, Method, Psu, ScaChallenge
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.ids import Ids
from kernel.storage.sealed import Sealer
from plugins.psu_identity.ports import CodeSender, Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The parts that methods work with. `codes` None and a device that is missing: PSUs cannot use that method here."""

    commands: Commands
    sealer: Sealer
    clock: Clock
    ids: Ids
    codes: CodeSender | None
    devices: Mapping[str, Device]  # by the name of the method that asks it


@dataclass(frozen=True, slots=True)
class Started:
    """A challenge under way; its members are those of ScaChallenge (consent/ports.py)."""

    reference: str
    hint: str
    expires_at: datetime
    confirmed: bool = False


class Authenticator(Protocol):
    """`simulated`: it only pretends, and a production configuration refuses it."""

    @property
    def method(self) -> Method: ...
    @property
    def simulated(self) -> bool: ...

    async def start(self, brand: Brand, psu: Psu, authorisation_id: str, linked: LinkedTerms | None) -> Started:
        """Raises CodeNotSent or UpstreamTimedOut."""
        ...

    async def finish(self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: LinkedTerms | None) -> bool:
        """True for the right answer of the PSU who was asked, to what they were asked for, in time. Raises UpstreamTimedOut."""
        ...


Opening = Callable[[Tools], Authenticator | None]  # None: what the method needs is not here

"""Authenticators that only pretend: their evidence says so, and a production configuration refuses them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from consent.ports import LinkedTerms, Psu
from kernel.brand import Brand
from kernel.ids import Ids
from plugins.psu_identity.ports import DeviceRequest

FIXED_CODE = "123456"
REMEMBERED_MAX = 10_000  # requests to a device; the oldest is forgotten first, and then it was never confirmed


class FixedCodeSender:
    """Every one-time code is the same, and nothing is sent."""

    simulated = True

    def new_code(self, ids: Ids) -> str:
        return FIXED_CODE

    async def send(self, brand: Brand, psu: Psu, code: str, linked: LinkedTerms | None = None) -> str:
        return f"This is a test bank: the code{_to_pay(linked)} is {code}."


def _to_pay(linked: LinkedTerms | None) -> str:
    return f" to pay {linked.amount.decimal()} {linked.amount.currency} to {linked.payee}" if linked else ""


def _digest(linked: LinkedTerms | None) -> str:
    return linked.digest if linked else ""


def _never(_authorisation_id: str) -> bool:
    return False


class Authenticators(TypedDict):
    """The authenticators that the built-in identity requires (plugins/psu_identity/ports.py)."""

    codes: FixedCodeSender
    devices: Mapping[str, "SimulatedDevice"]


def simulated_authenticators(ids: Ids) -> Authenticators:
    return Authenticators(codes=FixedCodeSender(), devices={"device": SimulatedDevice(ids), "decoupled": other_device(ids)})


def other_device(ids: Ids) -> "SimulatedDevice":
    """The device of the method `decoupled`: its owner needs a moment."""
    return SimulatedDevice(ids, waits=lambda _: True, answers=True)


@dataclass(slots=True)
class _Request:
    psu_id: str
    linked: str  # the digest of what was shown, "" for no payment
    confirmed: bool


class SimulatedDevice:
    """Confirms at once, unless `waits` says that this authorisation's confirmation comes by `confirm`. `answers`: its owner gives
    it after they were asked, once it has been found to be missing."""

    simulated = True

    def __init__(self, ids: Ids, waits: Callable[[str], bool] = _never, *, answers: bool = False) -> None:
        self._ids = ids
        self._answers = answers
        self._waits = waits
        self._requests: dict[str, _Request] = {}  # by reference

    async def ask(self, brand: Brand, psu: Psu, authorisation_id: str, linked: LinkedTerms | None = None) -> DeviceRequest:
        reference, confirmed = self._ids.uuid(), not self._waits(authorisation_id)
        self._requests[reference] = _Request(psu.id, _digest(linked), confirmed)
        if len(self._requests) > REMEMBERED_MAX:
            del self._requests[next(iter(self._requests))]
        hint = f"Your simulated device confirms{_to_pay(linked)} by itself."
        return DeviceRequest(reference, hint, confirmed=confirmed)

    async def has_confirmed(self, brand: Brand, psu: Psu, reference: str, linked: LinkedTerms | None = None) -> bool:
        confirmed = self._requests.get(reference) == _Request(psu.id, _digest(linked), confirmed=True)
        if self._answers:
            self.confirm(reference)
        return confirmed

    def confirm(self, reference: str) -> None:
        if (request := self._requests.get(reference)) is not None:
            request.confirmed = True

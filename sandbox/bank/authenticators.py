"""Authenticators that only pretend: their evidence says so, and a production configuration refuses them."""

from collections.abc import Callable

from consent.ports import LinkedTerms, Psu
from kernel.brand import Brand
from kernel.ids import Ids
from plugins.psu_identity.ports import DeviceRequest

FIXED_CODE = "123456"


class FixedCodeSender:
    """Every one-time code is the same, and nothing is sent."""

    simulated = True

    def new_code(self, ids: Ids) -> str:
        return FIXED_CODE

    async def send(self, brand: Brand, psu: Psu, code: str, linked: LinkedTerms | None = None) -> str:
        return f"This is a test bank: the code{_to_pay(linked)} is {code}."


def _to_pay(linked: LinkedTerms | None) -> str:
    return f" to pay {linked.amount.decimal()} {linked.amount.currency} to {linked.payee}" if linked else ""


def _never(_journey_id: str) -> bool:
    return False


class SimulatedDevice:
    """Confirms at once, unless `waits` says that this journey's confirmation is given elsewhere, by `confirm`."""

    simulated = True

    def __init__(self, ids: Ids, waits: Callable[[str], bool] = _never) -> None:
        self._ids = ids
        self._waits = waits
        self._confirmed: dict[str, bool] = {}
        self._linked: dict[str, str] = {}  # by reference: the digest of what was shown

    async def ask(self, brand: Brand, psu: Psu, journey_id: str, linked: LinkedTerms | None = None) -> DeviceRequest:
        reference = self._ids.uuid()
        self._confirmed[reference] = not self._waits(journey_id)
        self._linked[reference] = linked.digest if linked else ""
        hint = f"Your simulated device confirms{_to_pay(linked)} by itself."
        return DeviceRequest(reference, hint, confirmed=self._confirmed[reference])

    async def has_confirmed(self, brand: Brand, psu: Psu, reference: str, linked: LinkedTerms | None = None) -> bool:
        return self._confirmed.get(reference, False) and self._linked[reference] == (linked.digest if linked else "")

    def confirm(self, reference: str) -> None:
        self._confirmed[reference] = True

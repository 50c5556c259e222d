"""Authenticators that only pretend: their evidence says so, and a production configuration refuses them."""

from collections.abc import Callable

from consent.ports import Psu
from kernel.brand import Brand
from kernel.ids import Ids
from plugins.psu_identity.ports import DeviceRequest

FIXED_CODE = "123456"


class FixedCodeSender:
    """Every one-time code is the same, and nothing is sent."""

    simulated = True

    def new_code(self, ids: Ids) -> str:
        return FIXED_CODE

    async def send(self, brand: Brand, psu: Psu, code: str) -> str:
        return f"This is a test bank: the code is {code}."


def _never(_journey_id: str) -> bool:
    return False


class SimulatedDevice:
    """Confirms at once, unless `waits` says that this journey's confirmation is given elsewhere, by `confirm`."""

    simulated = True

    def __init__(self, ids: Ids, waits: Callable[[str], bool] = _never) -> None:
        self._ids = ids
        self._waits = waits
        self._confirmed: dict[str, bool] = {}

    async def ask(self, brand: Brand, psu: Psu, journey_id: str) -> DeviceRequest:
        reference = self._ids.uuid()
        self._confirmed[reference] = not self._waits(journey_id)
        return DeviceRequest(reference, "Your simulated device confirms by itself.", confirmed=self._confirmed[reference])

    async def has_confirmed(self, brand: Brand, psu: Psu, reference: str) -> bool:
        return self._confirmed.get(reference, False)

    def confirm(self, reference: str) -> None:
        self._confirmed[reference] = True

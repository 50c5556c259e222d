"""Which customer of the core bank a PSU is: the identity provider's knowledge, for the gateway. Implements gateway/ports.py Customers."""

from consent.ports import PsuIdentity
from kernel.brand import Brand


class IdentifiedCustomers:
    def __init__(self, identity: PsuIdentity) -> None:
        self._identity = identity

    async def customer_of(self, brand: Brand, psu_id: str) -> str | None:
        psu = await self._identity.find(brand, psu_id)
        return psu.customer_id if psu is not None else None

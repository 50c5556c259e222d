"""The cut-offs of banks as their configuration has them. Implements gateway/ports.py CutOffs."""

from datetime import datetime

from kernel.brand import Brand
from kernel.cut_offs import PaymentDay


class ConfiguredCutOffs:
    """One time for every working day of a brand, in its zone."""

    async def payment_day(self, brand: Brand, now: datetime) -> PaymentDay | None:
        return None if brand.cut_off is None else brand.cut_off.day_of(now, brand.zone)

"""The cut-offs of banks as their own core gives them. Implements gateway/ports.py CutOffs.

Where the core bank gives none (it leaves the question out, is late, or answers what cannot be), the rule of the brand's configuration
counts: payments are taken, and a repeat is answered, while the core is away. What comes too late for the core is then its own to refuse.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from kernel.brand import Brand
from kernel.cut_offs import PaymentDay
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from openapi.core_bank.v1.operations import PAYMENT_DAY
from openapi.core_bank.v1.payment_days import WorkingDay
from plugins.cut_offs.configured import ConfiguredCutOffs
from plugins.upstreams.core_bank import CountDefect, count_nothing

KEPT_MINUTES_MAX = 60  # that an answer of the core bank about its days is gone by at most
UNANSWERED_SECONDS = 30  # before a core bank that gave no day is asked again


class KnowsDays(Protocol):
    async def working_day(self, brand: Brand, at: datetime) -> WorkingDay | None: ...


@dataclass(frozen=True, slots=True)
class _Known:
    """The day that counts from `since` until `until`, in business time; `day` None: the configuration does."""

    day: PaymentDay | None
    since: datetime
    until: datetime


class CoreBankCutOffs:
    """`asked`: the brands whose core gives its days; the others keep to their configuration."""

    def __init__(self, bank: KnowsDays, asked: frozenset[str], count_defect: CountDefect = count_nothing) -> None:
        self._bank = bank
        self._asked = asked
        self._count_defect = count_defect
        self._configured = ConfiguredCutOffs()
        self._known: dict[str, _Known] = {}  # by brand

    async def payment_day(self, brand: Brand, now: datetime) -> PaymentDay | None:
        day = await self._given(brand, now) if brand.name in self._asked else None
        return day or await self._configured.payment_day(brand, now)

    async def _given(self, brand: Brand, now: datetime) -> PaymentDay | None:
        known = self._known.get(brand.name)
        if known is None or not known.since <= now < known.until:
            known = self._known[brand.name] = await self._ask(brand, now)
        return known.day

    async def _ask(self, brand: Brand, now: datetime) -> _Known:
        try:
            given = await self._bank.working_day(brand, now)
        except (UpstreamFailed, UpstreamTimedOut) as problem:
            self._count_defect(PAYMENT_DAY.name, problem.code)
            given = None
        if given is None:
            return _Known(None, now, now + timedelta(seconds=UNANSWERED_SECONDS))
        until = min(given.valid_until, given.cut_off, now + timedelta(minutes=KEPT_MINUTES_MAX))
        return _Known(PaymentDay(given.opens, given.cut_off, given.late), now, until)

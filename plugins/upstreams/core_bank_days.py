"""A bank's own core, asked on which day it makes a payment that comes now, over the contract openapi/core_bank/v1.

The question is optional: a core bank may leave it unanswered. An answer must be sound, and can be true of the instant that was asked about.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import quote

import msgspec

from kernel.brand import Brand
from openapi.core_bank.v1 import answers
from openapi.core_bank.v1.operations import JSON, PAYMENT_DAY
from openapi.core_bank.v1.payment_days import OfDay, WorkingDay, check_day
from openapi.core_bank.v1.questions import render_query
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank_answers import decode_answer, decode_sound, log_failure
from plugins.upstreams.core_bank_http import Answer, CoreBankHttp, Defect

DAY_SECONDS_MAX = 2.0  # for the core bank to name the day of a payment: a TPP waits meanwhile
DAY_BYTES_MAX = 4_096  # of the core bank's answer about the day of a payment
LEFT_OUT = frozenset({answers.UNKNOWN, answers.OPERATION_UNKNOWN})


class CoreBankDays:
    """Open with `async with CoreBankDays.open(...) as bank`."""

    name = "core_bank"

    def __init__(self, http: CoreBankHttp) -> None:
        self._http = http

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        base_url: str,
        *,
        circuit: Circuit,
        token: str = "",
        tls: ssl.SSLContext | None = None,
        seconds_max: float = DAY_SECONDS_MAX,
    ) -> AsyncIterator["CoreBankDays"]:
        """The circuit is its own: a bank that names no days may well pay."""
        async with CoreBankHttp.open(base_url, token=token, tls=tls, circuit=circuit, seconds_max=seconds_max) as http:
            yield cls(http)

    async def working_day(self, brand: Brand, at: datetime) -> WorkingDay | None:
        """The day of a payment that comes within that second; None: the bank leaves it to us. Raises UpstreamFailed or UpstreamTimedOut."""
        at = at.replace(microsecond=0)  # as any bank's own types can repeat it
        path = f"/brands/{quote(brand.name, safe='')}{PAYMENT_DAY.path}?{render_query(OfDay(at=at))}"
        try:
            answer = await self._http.ask(path, accept=JSON, bytes_max=DAY_BYTES_MAX)
            return None if answer.status == 404 and _is_left_out(answer) else _read(answer, at)
        except Defect as defect:
            raise log_failure(PAYMENT_DAY.name, defect) from None


def _is_left_out(answer: Answer) -> bool:
    """Only the bank's own word means that it does not say: any other 404 is a wrong address. Raises Defect."""
    if decode_answer(answer, msgspec.json.Decoder(answers.Refusal)).code not in LEFT_OUT:
        raise Defect("status", "404")
    return True


def _read(answer: Answer, at: datetime) -> WorkingDay:
    """Raises Defect."""
    day = decode_sound(answer, msgspec.json.Decoder(WorkingDay), WorkingDay)
    try:
        check_day(day, at)
    except ValueError as error:
        raise Defect("malformed", str(error)) from None
    return day

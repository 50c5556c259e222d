"""A bank's own core that carries out payments, over the contract openapi/core_bank/v1. Implements orders/ports.py PaymentsUpstream.

Every question is bounded, and asked once: a POST that got no answer is for the machine of orders to follow up, by the order's status.
What the bank answers must be sound, and name the order and the amount that it was asked about. One that takes a last word back is for the
machine of orders to note, which keeps it.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from kernel import json
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted, check_quote
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from openapi.core_bank.v1 import payment_answers, payment_questions
from openapi.core_bank.v1.operations import JSON, PAYMENT_ROWS, PAYMENTS_BY_NAME
from openapi.core_bank.v1.payment_answers import reason_of
from openapi.core_bank.v1.questions import render_query
from orders.ports import Progress, Refused, Reserved, Resolution
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank import SECONDS_MAX, CountDefect, count_nothing
from plugins.upstreams.core_bank_answers import check_unknown, decode_sound, log_failure
from plugins.upstreams.core_bank_http import Answer, CoreBankHttp, Defect

PAYMENT_BYTES_MAX = 65_536  # of one answer of the core bank about a payment


class CoreBankPayments:
    """Open with `async with CoreBankPayments.open(...) as bank`. `count_defect` hears of the questions that are not about an order: the
    machine of orders counts its own. A check of a payee that fails is one that is not available."""

    name = "core_bank"

    def __init__(self, http: CoreBankHttp, count_defect: CountDefect = count_nothing) -> None:
        self._http = http
        self._count_defect = count_defect
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            row.name: msgspec.json.Decoder(row.answer) for row in PAYMENT_ROWS
        }

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        base_url: str,
        *,
        circuit: Circuit,
        token: str = "",
        tls: ssl.SSLContext | None = None,
        seconds_max: float = SECONDS_MAX,
        count_defect: CountDefect = count_nothing,
    ) -> AsyncIterator["CoreBankPayments"]:
        """The circuit is its own: a bank that cannot list transactions may well pay."""
        async with CoreBankHttp.open(base_url, token=token, tls=tls, circuit=circuit, seconds_max=seconds_max) as http:
            yield cls(http, count_defect)

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        try:
            answer: payment_answers.Reservation = await self._ask(brand, "reserve", payment_questions.of_transfer(transfer))
            _check_about(answer, transfer.order_id, transfer.amount)
        except Defect as defect:
            raise log_failure("reserve", defect) from None
        reason = reason_of(answer.reason)
        return Reserved(answer.rail) if reason is None else Refused(reason)

    async def submit(self, brand: Brand, transfer: CreditTransfer) -> Progress:
        try:
            heard = await self._hear(brand, "submit", payment_questions.of_transfer(transfer))
            if heard is None or heard.report.amount is None:
                raise Defect("malformed", "a submission is answered without its amount")
            return _progress(heard, transfer.order_id, transfer.amount)
        except Defect as defect:
            raise log_failure("submit", defect) from None

    async def status(self, brand: Brand, order_id: str) -> Progress | None:
        return await self._follow(brand, "status", order_id)

    async def cancel(self, brand: Brand, order_id: str) -> Progress:
        progress = await self._follow(brand, "cancel", order_id)
        assert progress is not None  # only the status of an order may be unknown
        return progress

    async def release(self, brand: Brand, order_id: str) -> None:
        try:
            answer: payment_answers.Released = await self._ask(brand, "release", payment_questions.OfOrder(order_id=order_id))
            _check_about(answer, order_id)
        except Defect as defect:
            raise log_failure("release", defect) from None

    async def resolve(self, brand: Brand, order_id: str, resolution: Resolution) -> Progress:
        question = payment_questions.OfResolution(
            order_id=order_id,
            status=payment_questions.ResolvedStatus(resolution.status.value),
            evidence_sha256=resolution.evidence_sha256,
            reason=None if resolution.reason is None else resolution.reason.value,
        )
        try:
            heard = await self._hear(brand, "resolve", question)
            assert heard is not None  # likewise
            return _progress(heard, order_id)
        except Defect as defect:
            raise log_failure("resolve", defect) from None

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        question = payment_questions.OfFunds(account_id=account_id, amount=amount)
        try:
            answer: payment_answers.Funds = await self._ask(brand, "funds", question)
            if (answer.account_id, answer.amount) != (account_id, amount):
                raise Defect("foreign", "of another account or amount")
        except Defect as defect:
            raise self._count("funds", log_failure("funds", defect)) from None
        return answer.available

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        try:
            answer: payment_answers.Exchange = await self._ask(brand, "quote", payment_questions.of_quote(asked))
            if (answer.amount, answer.currency) != (asked.amount, asked.currency):
                raise Defect("foreign", "of another amount or currency")
            if answer.quote is not None:
                _check_offer(answer.quote, asked)
        except Defect as defect:
            raise self._count("quote", log_failure("quote", defect)) from None
        offered = answer.quote or answer.refused
        assert offered is not None  # one of them: its type says so
        return offered

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        question = payment_questions.OfPayee(creditor_account=creditor_account, name=name)
        try:
            answer: PayeeCheck = await self._ask(brand, "payee", question)
        except Defect as defect:
            self._count("payee", log_failure("payee", defect))
            return NOT_AVAILABLE
        return answer

    async def _follow(self, brand: Brand, name: str, order_id: str) -> Progress | None:
        try:
            heard = await self._hear(brand, name, payment_questions.OfOrder(order_id=order_id))
            return None if heard is None else _progress(heard, order_id)
        except Defect as defect:
            raise log_failure(name, defect) from None

    async def _hear(self, brand: Brand, name: str, question: msgspec.Struct) -> "_Heard | None":
        """A report, with the answer as it came. Raises Defect."""
        answer = await self._send(brand, name, question)
        report: payment_answers.Report | None = self._read(name, answer)
        return None if report is None else _Heard(report, answer.body)

    async def _ask(self, brand: Brand, name: str, question: msgspec.Struct) -> Any:
        """The answer, in the row's own type; None where the bank may say that it is unknown. Raises Defect."""
        return self._read(name, await self._send(brand, name, question))

    async def _send(self, brand: Brand, name: str, question: msgspec.Struct) -> Answer:
        row = PAYMENTS_BY_NAME[name]
        path, body = f"/brands/{quote(brand.name, safe='')}{row.path}", None
        if row.method == "POST":
            body = json.encode(question)
        else:
            path += f"?{render_query(question)}"
        return await self._http.ask(path, accept=JSON, bytes_max=PAYMENT_BYTES_MAX, body=body)

    def _read(self, name: str, answer: Answer) -> Any:
        row = PAYMENTS_BY_NAME[name]
        if answer.status == 404:
            check_unknown(row, answer)
            return None
        return decode_sound(answer, self._decoders[name], row.answer)

    def _count(self, question: str, problem: UpstreamFailed | UpstreamTimedOut) -> UpstreamFailed | UpstreamTimedOut:
        self._count_defect(question, problem.code)
        return problem


@dataclass(frozen=True, slots=True)
class _Heard:
    report: payment_answers.Report
    message: bytes


def _progress(heard: _Heard, order_id: str, amount: Money | None = None) -> Progress:
    """Raises Defect."""
    report = heard.report
    _check_about(report, order_id, amount)
    return Progress(status=report.status, at=report.at, reason=reason_of(report.reason), message=heard.message)


def _check_offer(quote: Quote, asked: QuoteRequest) -> None:
    """Raises Defect for an offer that does not add up."""
    try:
        check_quote(quote, asked)
    except ValueError as error:
        raise Defect("malformed", str(error)) from None


def _check_about(answer: Any, order_id: str, amount: Money | None = None) -> None:
    """Raises Defect for an answer about another order, or another amount."""
    if answer.order_id != order_id:
        raise Defect("foreign", "of another order")
    if amount is not None and answer.amount != amount:
        raise Defect("foreign", "of another amount")

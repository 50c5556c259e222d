"""The payments of the core-bank contract, answered by a payments upstream in this process: one function for each row.

The upstream keeps no amount of an order, so an answer names the amount that was asked about, and none where none was.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kernel.banking.abroad.exchange import Quote
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus
from kernel.banking.payee_checks import PayeeCheck
from kernel.brand import Brand
from openapi.core_bank.v1 import payment_answers as a
from openapi.core_bank.v1 import payment_questions as q
from openapi.core_bank.v1.operations import PAYMENTS_BY_NAME
from orders.ports import PaymentsUpstream, Progress, Refused, Reserved, Resolution

AnsweringPayments = Callable[[PaymentsUpstream, Brand, Any], Awaitable[Any]]


async def _reserve(bank: PaymentsUpstream, brand: Brand, question: q.OfTransfer) -> a.Reservation:
    answer = await bank.reserve(brand, question.transfer)
    reason = answer.reason.value if isinstance(answer, Refused) else None
    rail = answer.rail if isinstance(answer, Reserved) else ""
    return a.Reservation(order_id=question.order_id, amount=question.amount, reserved=reason is None, reason=reason, rail=rail)


async def _submit(bank: PaymentsUpstream, brand: Brand, question: q.OfTransfer) -> a.Report:
    return _report(question.order_id, await bank.submit(brand, question.transfer), question.amount)


async def _status(bank: PaymentsUpstream, brand: Brand, question: q.OfOrder) -> a.Report | None:
    progress = await bank.status(brand, question.order_id)
    return None if progress is None else _report(question.order_id, progress)


async def _cancel(bank: PaymentsUpstream, brand: Brand, question: q.OfOrder) -> a.Report:
    return _report(question.order_id, await bank.cancel(brand, question.order_id))


async def _release(bank: PaymentsUpstream, brand: Brand, question: q.OfOrder) -> a.Released:
    await bank.release(brand, question.order_id)
    return a.Released(order_id=question.order_id)


async def _resolve(bank: PaymentsUpstream, brand: Brand, question: q.OfResolution) -> a.Report:
    resolution = Resolution(
        status=RailStatus(question.status.value),
        evidence_sha256=question.evidence_sha256,
        reason=a.reason_of(question.reason),
    )
    return _report(question.order_id, await bank.resolve(brand, question.order_id, resolution))


async def _funds(bank: PaymentsUpstream, brand: Brand, question: q.OfFunds) -> a.Funds:
    available = await bank.funds(brand, question.account_id, question.amount)
    return a.Funds(account_id=question.account_id, amount=question.amount, available=available)


async def _quote(bank: PaymentsUpstream, brand: Brand, question: q.OfQuote) -> a.Exchange:
    answer = await bank.quote(brand, question.asked)
    return a.Exchange(
        amount=question.amount,
        currency=question.currency,
        quote=answer if isinstance(answer, Quote) else None,
        refused=None if isinstance(answer, Quote) else answer,
    )


async def _payee(bank: PaymentsUpstream, brand: Brand, question: q.OfPayee) -> PayeeCheck:
    return await bank.payee(brand, question.creditor_account, question.name)


def _report(order_id: str, progress: Progress, amount: Money | None = None) -> a.Report:
    reason = None if progress.reason is None else progress.reason.value
    return a.Report(order_id=order_id, amount=amount, status=progress.status, at=progress.at, reason=reason)


PAYMENT_ANSWERS: Mapping[str, AnsweringPayments] = {
    "reserve": _reserve,
    "submit": _submit,
    "status": _status,
    "cancel": _cancel,
    "release": _release,
    "resolve": _resolve,
    "funds": _funds,
    "quote": _quote,
    "payee": _payee,
}
if PAYMENT_ANSWERS.keys() != PAYMENTS_BY_NAME.keys():
    raise RuntimeError("the contract and what is served have parted")

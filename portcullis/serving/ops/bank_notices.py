"""Notices of a core bank about payments, on the operations listener: into the inbox of orders, and answered once they are kept.

The sender shows a token that only the core bank knows; the listener is on loopback, so a bank on another machine comes through a proxy of its own.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from multidict import CIMultiDict

from kernel import json
from kernel.brand import Brand
from kernel.errors import Problem, RequestMalformed
from kernel.http.message import Request, Response
from openapi.core_bank.v1 import answers
from openapi.core_bank.v1.operations import BASE_PATH, JSON, QUESTION_BYTES_MAX
from openapi.core_bank.v1.payment_answers import reason_of
from openapi.core_bank.v1.payment_notices import NOTICE_PATH, PaymentNotice, Received
from openapi.core_bank.v1.payment_questions import parse_body
from orders.commands.receive import Report
from orders.ports import Progress
from orders.rows.inbox import ODD_EFFECTS
from orders.services import PaymentOrders
from plugins.upstreams.core_bank import CoreBank

_BRANDS = f"{BASE_PATH}/brands/"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BankNotices:
    """`token` is the core bank's; without one nothing is taken."""

    orders: PaymentOrders
    brands: Mapping[str, Brand]
    token: str

    def owns(self, path: str) -> bool:
        return bool(self.token) and path.startswith(_BRANDS) and path.endswith(NOTICE_PATH)

    async def handle(self, request: Request) -> Response:
        """The answer to what `owns` names; it raises nothing but cancellation."""
        if not hmac.compare_digest((request.header("Authorization") or "").encode(), f"Bearer {self.token}".encode()):
            return _refusal(401, "credentials_invalid", CIMultiDict({"WWW-Authenticate": "Bearer"}))
        if request.method != "POST":
            return _refusal(405, "operation_unknown", CIMultiDict({"Allow": "POST"}))
        brand = self.brands.get(request.path.removeprefix(_BRANDS).removesuffix(NOTICE_PATH))
        if brand is None:
            return _refusal(404, "brand_unknown")
        try:
            notice, body = await _read(request)
        except Problem as problem:
            log.warning("bank_notice_refused", code=problem.code, detail=problem.detail)
            return _refusal(400, "notice_invalid")
        try:
            effect = await self.orders.receive(brand, _report(notice, body))
        except Exception:  # not kept: the bank sends it again
            log.exception("bank_notice_not_kept", message_id=notice.message_id)
            return _refusal(503, "not_now")
        if effect in ODD_EFFECTS:
            log.warning("bank_notice_odd", message_id=notice.message_id, order_id=notice.order_id, effect=effect)
        return _json(200, json.encode(Received(message_id=notice.message_id, effect=effect)))


async def _read(request: Request) -> tuple[PaymentNotice, bytes]:
    """The notice, and as it came. Raises a Problem."""
    if request.query or (request.header("Content-Type") or "").partition(";")[0].strip() != JSON:
        raise RequestMalformed("a notice is a body of JSON")
    body = (await request.received(QUESTION_BYTES_MAX)).body
    return parse_body(body, PaymentNotice), body


def _report(notice: PaymentNotice, body: bytes) -> Report:
    return Report(
        source=CoreBank.name,
        message_id=notice.message_id,
        uetr=notice.uetr,
        order_id=notice.order_id,
        amount=notice.amount,
        progress=Progress(status=notice.status, at=notice.at, reason=reason_of(notice.reason)),
        message=body,
    )


def _refusal(status: int, code: str, headers: CIMultiDict[str] | None = None) -> Response:
    response = _json(status, json.encode(answers.Refusal(code)))
    response.headers.update(headers or {})
    return response


def _json(status: int, body: bytes) -> Response:
    return Response(status, body, CIMultiDict({"Content-Type": JSON, "Cache-Control": "no-store"}))

"""Serve a bank over the core-bank contract: every question of openapi/core_bank/v1, answered by an upstream in this process.

It is what a bank's engineers hold their own implementation against. A question that is not understood is refused, and an answer that
would come after the caller's deadline is not worked out to the end.
"""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import structlog
from multidict import CIMultiDict

from consent.ports import CustomerAccounts
from gateway.ports import AccountsUpstream, CutOffs, Page, Position, RecordPosition, StatementFilter, TransactionFilter
from kernel import json
from kernel.brand import Brand
from kernel.errors import BodyTooLarge, MediaTypeUnsupported, Overloaded, Problem, RequestMalformed, UpstreamTimedOut
from kernel.http.message import Request, Response
from kernel.observability.interaction import interaction_id
from openapi.core_bank.v1 import answers
from openapi.core_bank.v1 import questions as q
from openapi.core_bank.v1.operations import (
    BASE_PATH,
    BY_NAME,
    DEADLINE_HEADER,
    HEALTH_PATH,
    INTERACTION_HEADER,
    JSON,
    PAYMENT_DAY,
    PAYMENT_ROWS,
    QUESTION_BYTES_MAX,
    ROWS,
    Row,
)
from openapi.core_bank.v1.payment_questions import parse_body
from openapi.core_bank.v1.questions import parse_query
from orders.ports import PaymentsUpstream
from portcullis.core_bank.payment_days import answer_day
from portcullis.core_bank.payments import PAYMENT_ANSWERS

ANSWER_SECONDS_MAX = 10.0  # for one answer of the synthetic bank, where the caller gives no deadline
_BRANDS = f"{BASE_PATH}/brands/"
_DEADLINE = re.compile(r"\d{1,6}", re.ASCII)
_INTERACTION = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)

log = structlog.get_logger(__name__)


class Bank(AccountsUpstream, CustomerAccounts, Protocol):
    """A bank that can be served whole."""


Answering = Callable[[Bank, Brand, Any, str], Awaitable[Any]]


class CoreBankServer:
    """`specimens`: brand name -> customers that a conformance check may read. `token`: what every caller must show. Without `payments`
    it serves the questions about accounts alone, and without `cut_offs` none about days."""

    def __init__(
        self,
        bank: Bank,
        brands: tuple[Brand, ...],
        token: str,
        specimens: Mapping[str, tuple[str, ...]] | None = None,
        payments: PaymentsUpstream | None = None,
        *,
        cut_offs: CutOffs | None = None,
    ) -> None:
        if not token:
            raise ValueError("a bank is not served to everyone")
        self._bank = bank
        self._brands = {brand.name: brand for brand in brands}
        self._expected = f"Bearer {token}".encode()
        self._health = json.encode(answers.Health("up", dict(specimens or {})))
        self._payments = payments
        self._cut_offs = cut_offs
        served = (*ROWS, *(PAYMENT_ROWS if payments else ()), *((PAYMENT_DAY,) if cut_offs else ()))
        self._rows = {row.path: row for row in served}

    async def handle(self, request: Request) -> Response:
        """The answer to any request at all. Raises nothing but cancellation and defects of our own."""
        interaction = request.header(INTERACTION_HEADER) or ""
        reset = interaction_id.set(interaction if _INTERACTION.fullmatch(interaction) else "")
        try:
            return await self._handle(request)
        except (RequestMalformed, BodyTooLarge, MediaTypeUnsupported) as problem:
            return self.refuse(request, problem)
        except (TimeoutError, UpstreamTimedOut):
            return refusal(504, "timed_out")
        except Overloaded:
            return refusal(503, "overloaded")
        except Problem as problem:
            log.warning("core_bank_failed", code=problem.code, detail=problem.detail)
            return refusal(502, "failed")
        finally:
            interaction_id.reset(reset)

    def refuse(self, _request: Request, _problem: Problem) -> Response:
        """The answer to what is no question."""
        return refusal(400, "question_invalid")

    async def _handle(self, request: Request) -> Response:
        if not hmac.compare_digest((request.header("Authorization") or "").encode(), self._expected):
            return refusal(401, "credentials_invalid", WWW_Authenticate="Bearer")
        if request.path == BASE_PATH + HEALTH_PATH and request.method == "GET":
            return _json(200, self._health)
        name, _, rest = request.path.removeprefix(_BRANDS).partition("/")
        row = self._rows.get(f"/{rest}")
        if row is None or not request.path.startswith(_BRANDS):
            return refusal(404, "operation_unknown")
        if request.method != row.method:
            return refusal(405, "operation_unknown", Allow=row.method)
        if name not in self._brands:
            return refusal(404, "brand_unknown")
        return await self._answer(row, self._brands[name], request)

    async def _answer(self, row: Row, brand: Brand, request: Request) -> Response:
        async with asyncio.timeout(_seconds_left(request)):
            if row is PAYMENT_DAY:
                assert self._cut_offs is not None  # likewise
                answer: Any = await answer_day(self._cut_offs, brand, await _question(row, request))
            elif row.name in PAYMENT_ANSWERS:
                assert self._payments is not None  # its rows are served with it alone
                answer = await PAYMENT_ANSWERS[row.name](self._payments, brand, await _question(row, request))
            else:
                answer = await ANSWERS[row.name](
                    self._bank, brand, await _question(row, request), request.header("Accept") or JSON
                )
        if answer is None:
            return refusal(404, answers.UNKNOWN)
        if row.answer is None:
            return Response(200, answer.content, CIMultiDict({"Content-Type": answer.media_type}))
        return _json(200, json.encode(answer))


async def _question(row: Row, request: Request) -> Any:
    """Raises RequestMalformed, or what a body raises that cannot be read."""
    if row.method == "GET":
        return parse_query(request.query, row.question)
    if request.query or (request.header("Content-Type") or "").partition(";")[0].strip() != JSON:
        raise RequestMalformed("a question about a payment is a body of JSON")
    return parse_body((await request.received(QUESTION_BYTES_MAX)).body, row.question)


def refusal(status: int, code: str, **headers: str) -> Response:
    response = _json(status, json.encode(answers.Refusal(code)))
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def _json(status: int, body: bytes) -> Response:
    return Response(status, body, CIMultiDict({"Content-Type": JSON, "Cache-Control": "no-store"}))


def _seconds_left(request: Request) -> float:
    said = request.header(DEADLINE_HEADER)
    if said is None:
        return ANSWER_SECONDS_MAX
    if not _DEADLINE.fullmatch(said):
        raise RequestMalformed("a deadline is whole milliseconds")
    return min(int(said) / 1000, ANSWER_SECONDS_MAX)


async def _accounts_of(bank: Bank, brand: Brand, question: q.OfCustomer, _accept: str) -> answers.Accounts:
    return answers.Accounts(await bank.accounts_of(brand, question.customer_id))


async def _party_of(bank: Bank, brand: Brand, question: q.OfCustomer, _accept: str) -> Any:
    return await bank.party_of(brand, question.customer_id)


async def _accounts(bank: Bank, brand: Brand, question: q.OfAccounts, _accept: str) -> answers.Accounts:
    return answers.Accounts(await bank.accounts(brand, question.account_id))


async def _balances(bank: Bank, brand: Brand, question: q.OfAccounts, _accept: str) -> answers.Balances:
    return answers.Balances(await bank.balances(brand, question.account_id))


async def _products(bank: Bank, brand: Brand, question: q.OfAccounts, _accept: str) -> answers.Products:
    return answers.Products(await bank.products(brand, question.account_id))


async def _offers(bank: Bank, brand: Brand, question: q.OfAccounts, _accept: str) -> answers.Offers:
    return answers.Offers(await bank.offers(brand, question.account_id))


async def _parties(bank: Bank, brand: Brand, question: q.OfAccounts, _accept: str) -> answers.Parties:
    return answers.Parties(await bank.parties(brand, question.account_id))


async def _transactions(bank: Bank, brand: Brand, question: q.OfTransactions, _accept: str) -> Any:
    after = None
    if question.after_booked_at is not None:
        after = Position(question.after_booked_at, question.after_transaction_id or "", question.after_account_id or "")
    where = TransactionFilter(
        booked_from=question.booked_from,
        booked_to=question.booked_to,
        credits=question.credits,
        debits=question.debits,
        as_of=question.as_of,
        after=after,
        limit=question.limit,
        skip=question.skip,
    )
    return await bank.transactions(brand, question.account_id, where)


async def _beneficiaries(bank: Bank, brand: Brand, question: q.OfRecords, _accept: str) -> Any:
    return await bank.beneficiaries(brand, question.account_id, _page(question))


async def _direct_debits(bank: Bank, brand: Brand, question: q.OfRecords, _accept: str) -> Any:
    return await bank.direct_debits(brand, question.account_id, _page(question))


async def _standing_orders(bank: Bank, brand: Brand, question: q.OfRecords, _accept: str) -> Any:
    return await bank.standing_orders(brand, question.account_id, _page(question))


async def _scheduled_payments(bank: Bank, brand: Brand, question: q.OfRecords, _accept: str) -> Any:
    return await bank.scheduled_payments(brand, question.account_id, _page(question))


async def _statements(bank: Bank, brand: Brand, question: q.OfStatements, _accept: str) -> Any:
    where = StatementFilter(question.starts_from, question.ends_to, _after(question), question.limit, question.skip)
    return await bank.statements(brand, question.account_id, where)


async def _statement(bank: Bank, brand: Brand, question: q.OfStatement, _accept: str) -> Any:
    return await bank.statement(brand, question.account_id, question.statement_id)


async def _statement_file(bank: Bank, brand: Brand, question: q.OfStatement, accept: str) -> Any:
    return await bank.statement_file(brand, question.account_id, question.statement_id, accept)


def _page(question: q.OfRecords) -> Page:
    return Page(_after(question), question.limit, question.skip)


def _after(question: q.OfRecords | q.OfStatements) -> RecordPosition | None:
    if question.after_created_at is None:
        return None
    return RecordPosition(question.after_created_at, question.after_account_id or "", question.after_record_id or "")


ANSWERS: Mapping[str, Answering] = {
    "accounts_of": _accounts_of,
    "party_of": _party_of,
    "accounts": _accounts,
    "balances": _balances,
    "transactions": _transactions,
    "beneficiaries": _beneficiaries,
    "direct_debits": _direct_debits,
    "standing_orders": _standing_orders,
    "scheduled_payments": _scheduled_payments,
    "products": _products,
    "offers": _offers,
    "parties": _parties,
    "statements": _statements,
    "statement": _statement,
    "statement_file": _statement_file,
}
if ANSWERS.keys() != BY_NAME.keys():
    raise RuntimeError("the contract and what is served have parted")

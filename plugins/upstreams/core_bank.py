"""A bank's own core as an accounts upstream, over the contract openapi/core_bank/v1. Implements gateway/ports.py AccountsUpstream and
consent/ports.py CustomerAccounts.

What the bank answers is decoded strictly and must be sound; whether it answers the question is for the gateway's guard to judge.
Questions about more accounts than one URL bears are asked in parts and their pages merged.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain
from typing import Any, cast
from urllib.parse import quote

import msgspec

from gateway.accounts.pages.parts import merge, record_key, total_of
from gateway.ports import Page, StatementFilter, TransactionFilter
from kernel.banking.accounts import Account, Balance, TransactionPage
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.products import Product
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import STATEMENT_FILE_BYTES_MAX, Statement, StatementFile, StatementPage
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from openapi.core_bank.v1 import answers, questions
from openapi.core_bank.v1.operations import BY_NAME, HEALTH_PATH, JSON, JSON_BYTES_MAX, ROWS, Row
from openapi.core_bank.v1.questions import render_query
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank_answers import check_unknown, decode_answer, decode_sound, log_failure
from plugins.upstreams.core_bank_http import Answer, CoreBankHttp, Defect
from plugins.upstreams.core_bank_parts import asked_of_each, parts_of

CountDefect = Callable[[str, str], None]  # (what the bank was asked, the Problem's code)

SECONDS_MAX = 4.0  # of one question: less than the gateway's own patience
HEALTH_BYTES_MAX = 65_536  # of the core bank's answer about its health


def count_nothing(_operation: str, _code: str) -> None:
    """Count no defects: for a bank without a meter."""


class CoreBank:
    """Open with `async with CoreBank.open(...) as bank`. Every method raises UpstreamFailed or UpstreamTimedOut."""

    name = "core_bank"

    def __init__(self, http: CoreBankHttp, count_defect: CountDefect = count_nothing) -> None:
        self._http = http
        self._count_defect = count_defect
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            row.name: msgspec.json.Decoder(row.answer) for row in ROWS if row.answer is not None
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
    ) -> AsyncIterator["CoreBank"]:
        """`count_defect` hears of the answers that pass no guard: those of `accounts_of`."""
        async with CoreBankHttp.open(base_url, token=token, tls=tls, circuit=circuit, seconds_max=seconds_max) as http:
            yield cls(http, count_defect)

    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]:
        """The customer's accounts that may be shared, in the customer's own order."""
        try:
            answer = await self._ask(brand, BY_NAME["accounts_of"], questions.OfCustomer(customer_id=customer_id))
        except (UpstreamFailed, UpstreamTimedOut) as problem:
            self._count_defect("accounts_of", problem.code)
            raise
        return cast("answers.Accounts", answer).accounts

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        found: list[answers.Accounts] = await self._in_parts(brand, "accounts", account_ids)
        return tuple(chain.from_iterable(answer.accounts for answer in found))

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        found: list[answers.Balances] = await self._in_parts(brand, "balances", account_ids)
        return tuple(chain.from_iterable(answer.balances for answer in found))

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        """Later parts are asked as of the first part's booking sequence, so that all of them are one listing."""
        pages: list[TransactionPage] = []
        parts = parts_of(account_ids)
        asked = asked_of_each(where, len(parts))
        for part in parts:
            question = _of_transactions(part, asked)
            pages.append(await self._ask(brand, BY_NAME["transactions"], question))
            asked = replace(asked, as_of=pages[-1].as_of)
        rows, more = merge([page.transactions for page in pages], lambda row: (row.booked_at, row.account_id, row.id), where)
        return TransactionPage(
            transactions=rows,
            more=more or any(page.more for page in pages),
            as_of=asked.as_of or 0,
            total=total_of(where, pages),
            first_available=min((page.first_available for page in pages if page.first_available), default=None),
            last_available=max((page.last_available for page in pages if page.last_available), default=None),
        )

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Beneficiary]:
        return await self._records(brand, "beneficiaries", account_ids, where)

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[DirectDebit]:
        return await self._records(brand, "direct_debits", account_ids, where)

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[StandingOrder]:
        return await self._records(brand, "standing_orders", account_ids, where)

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[ScheduledPayment]:
        return await self._records(brand, "scheduled_payments", account_ids, where)

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Product, ...]:
        found: list[answers.Products] = await self._in_parts(brand, "products", account_ids)
        return tuple(chain.from_iterable(answer.products for answer in found))

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Offer, ...]:
        found: list[answers.Offers] = await self._in_parts(brand, "offers", account_ids)
        return tuple(chain.from_iterable(answer.offers for answer in found))

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        found: list[answers.Parties] = await self._in_parts(brand, "parties", account_ids)
        return tuple(chain.from_iterable(answer.parties for answer in found))

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        found: Party | None = await self._ask(brand, BY_NAME["party_of"], questions.OfCustomer(customer_id=customer_id))
        return found

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage:
        parts = parts_of(account_ids)
        asked = asked_of_each(where, len(parts))
        pages: list[StatementPage] = [
            await self._ask(brand, BY_NAME["statements"], _of_statements(part, asked)) for part in parts
        ]
        rows, more = merge([page.rows for page in pages], record_key, where)
        return StatementPage(
            total=total_of(where, pages),
            rows=rows,
            more=more or any(page.more for page in pages),
            first_available=min((page.first_available for page in pages if page.first_available), default=None),
            last_available=max((page.last_available for page in pages if page.last_available), default=None),
        )

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        question = questions.OfStatement(account_id=account_id, statement_id=statement_id)
        found: Statement | None = await self._ask(brand, BY_NAME["statement"], question)
        return found

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        question = questions.OfStatement(account_id=account_id, statement_id=statement_id)
        found: StatementFile | None = await self._ask(brand, BY_NAME["statement_file"], question, media_type)
        return found

    async def health(self) -> answers.Health:
        """The bank's report on itself. Raises UpstreamFailed or UpstreamTimedOut."""
        try:
            answer = await self._http.ask(HEALTH_PATH, accept=JSON, bytes_max=HEALTH_BYTES_MAX)
            return decode_answer(answer, msgspec.json.Decoder(answers.Health))
        except Defect as defect:
            raise log_failure("health", defect) from None

    async def _in_parts(self, brand: Brand, name: str, account_ids: tuple[str, ...]) -> list[Any]:
        return [await self._ask(brand, BY_NAME[name], questions.OfAccounts(account_id=part)) for part in parts_of(account_ids)]

    async def _records(self, brand: Brand, name: str, account_ids: tuple[str, ...], where: Page) -> RecordPage[Any]:
        parts = parts_of(account_ids)
        asked = asked_of_each(where, len(parts))
        pages = [await self._ask(brand, BY_NAME[name], _of_records(part, asked)) for part in parts]
        rows, more = merge([page.rows for page in pages], record_key, where)
        return RecordPage(rows=rows, more=more or any(page.more for page in pages), total=total_of(where, pages))

    async def _ask(self, brand: Brand, row: Row, question: msgspec.Struct, media_type: str = JSON) -> Any:
        """The answer, in the row's own type; None where the bank may say that it is unknown."""
        path = f"/brands/{quote(brand.name, safe='')}{row.path}?{render_query(question)}"
        bytes_max = JSON_BYTES_MAX if row.answer is not None else STATEMENT_FILE_BYTES_MAX
        try:
            answer = await self._http.ask(path, accept=media_type, bytes_max=bytes_max)
            if answer.status == 404:
                check_unknown(row, answer)
                return None
            return self._decoded(row, answer, media_type)
        except Defect as defect:
            raise log_failure(row.name, defect) from None

    def _decoded(self, row: Row, answer: Answer, media_type: str) -> Any:
        if row.answer is None:
            if answer.media_type != media_type:
                raise Defect("media_type", "not the one that was asked for")
            return StatementFile(media_type, answer.body)
        return decode_sound(answer, self._decoders[row.name], row.answer)


def _of_transactions(account_ids: Sequence[str], where: TransactionFilter) -> questions.OfTransactions:
    after = where.after
    return questions.OfTransactions(
        account_id=tuple(account_ids),
        booked_from=where.booked_from,
        booked_to=where.booked_to,
        credits=where.credits,
        debits=where.debits,
        as_of=where.as_of,
        after_booked_at=after.booked_at if after else None,
        after_account_id=(after.account_id or account_ids[0]) if after else None,  # without one it means the only one
        after_transaction_id=after.transaction_id if after else None,
        limit=where.limit,
        skip=where.skip,
    )


def _of_records(account_ids: tuple[str, ...], where: Page) -> questions.OfRecords:
    after = where.after
    return questions.OfRecords(
        account_id=account_ids,
        after_created_at=after.created_at if after else None,
        after_account_id=after.account_id if after else None,
        after_record_id=after.record_id if after else None,
        limit=where.limit,
        skip=where.skip,
    )


def _of_statements(account_ids: tuple[str, ...], where: StatementFilter) -> questions.OfStatements:
    after = where.after
    return questions.OfStatements(
        account_id=account_ids,
        starts_from=where.starts_from,
        ends_to=where.ends_to,
        after_created_at=after.created_at if after else None,
        after_account_id=after.account_id if after else None,
        after_record_id=after.record_id if after else None,
        limit=where.limit,
        skip=where.skip,
    )

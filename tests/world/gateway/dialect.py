"""A dialect of a book's length: its headers, errors and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from kernel import json
from kernel.access import Grant
from kernel.banking import commands
from kernel.banking.accounts import TransactionStatus
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, Permission
from kernel.errors import HeaderInvalid, HeaderMissing, Problem
from kernel.http.message import Request
from kernel.operations import Operation
from openapi.codec import WireRequest
from openapi.dialect import Dialect, Row, Service, WireError
from openapi.rulebook import OURS
from tests.world.brands import BRAND as ANY_BRAND


class Headers:
    interaction_header = "X-Interaction"

    def parse_interaction_id(self, request: Request) -> str | None:
        value = request.header("X-Interaction")
        if value is not None and len(value) != 36:
            raise HeaderInvalid("not a UUID")
        return value

    def parse_psu_present(self, request: Request) -> bool:
        return request.header("X-PSU") is not None

    def parse_idempotency_key(self, request: Request) -> str:
        key = request.header("X-Key")
        if key is None:
            raise HeaderMissing(path="X-Key")
        return key

    def parse_consent_id(self, request: Request) -> str | None:
        return request.header("X-Consent")

    def check_headers(self, request: Request) -> None:
        if request.header("X-Date") == "wrong":
            raise HeaderInvalid("not a date", path="X-Date")


class Errors:
    """Statuses by name; a problem outside the table is unexpected."""

    body: type | None = None
    statuses: Mapping[int, Sequence[str]] = {
        401: ("certificate_", "token_", "proof_", "client_inactive", "grant_"),
        403: ("scope_", "role_", "permission_", "account_not", "consent_", "reauthentication_"),
        404: ("operation_",),
        405: ("method_",),
        406: ("media_type_unacceptable", "version_unsupported"),
        415: ("media_type_unsupported",),
        429: ("rate_",),
        503: ("overloaded", "upstream_", "caller_"),
        400: ("request_", "field_", "header_", "body_", "account_unknown", "statement_unknown", "cursor_", "version_"),
    }
    table: Mapping[type[Problem], WireError] = {}

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        return WireError(self.render(kind(), row, "", None)[0])

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        for status, prefixes in self.statuses.items():
            if problem.code.startswith(tuple(prefixes)):
                return status, "application/json", json.encode({"code": problem.code, "id": error_id, "path": problem.path})
        return 500, "application/json", json.encode({"code": "unexpected", "id": error_id})


class Body(msgspec.Struct):
    until: datetime | None = None


def decode_lodge(wire: WireRequest) -> commands.LodgeConsent:
    body = json.decode(wire.body, Body)
    return commands.LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.ACCOUNTS,
            lodged_as="book",
            terms=AccountsTerms(permissions=frozenset(Permission)),
            valid_until=body.until,
            document=wire.body,
        )
    )


def decode_transactions(wire: WireRequest) -> commands.ReadTransactions:
    query = dict(wire.query)
    moments = {name: datetime.fromisoformat(query[name]) if name in query else None for name in ("from", "to")}
    return commands.ReadTransactions(
        wire.path.get("AccountId"), moments["from"], moments["to"], query.get("page"), int(query.get("size", 0)) or None,
        TransactionStatus(query["status"]) if "status" in query else None,
    )  # fmt: skip


def plain(result: Any, rendering: Any) -> Any:
    return msgspec.to_builtins(result)


def encode_transactions(view: Any, rendering: Any) -> Any:
    return {
        "ids": [row.transaction.id for row in view.rows],
        "accounts": sorted({row.account_id for row in view.rows}),
        "self": rendering.url,
        "next": rendering.page(view.next_cursor) if view.next_cursor else None,
        "first": view.first_available,
        "last": view.last_available,
    }


CC = {"scope": "accounts", "grant": Grant.CLIENT_CREDENTIALS, "consent_kind": ConsentKind.ACCOUNTS}
AC = {"scope": "accounts", "grant": Grant.AUTHORIZATION_CODE, "consent_kind": ConsentKind.ACCOUNTS}
SEE = frozenset({Permission.ACCOUNTS_BASIC})
ROWS = (
    Row("POST", "/consents", Operation.LODGE_ACCOUNT_CONSENT, decode_lodge, plain, 201, request=Body, **CC),
    Row("GET", "/consents/{ConsentId}", Operation.READ_ACCOUNT_CONSENT, lambda w: commands.ReadConsent(w.path["ConsentId"]), plain, **CC),
    Row(
        "DELETE", "/consents/{ConsentId}", Operation.WITHDRAW_ACCOUNT_CONSENT,
        lambda w: commands.WithdrawConsent(w.path["ConsentId"]), None, 204, **CC,
    ),
    Row("GET", "/accounts", Operation.LIST_ACCOUNTS, lambda w: commands.ListAccounts(), plain, permissions=SEE, **AC),
    Row(
        "GET", "/accounts/{AccountId}", Operation.READ_ACCOUNT,
        lambda w: commands.ReadAccount(w.path["AccountId"], ("balances", "yes") in w.query), plain, permissions=SEE, **AC,
    ),
    Row(
        "GET", "/accounts/{AccountId}/balances", Operation.READ_BALANCES, lambda w: commands.ReadBalances(w.path["AccountId"]), plain,
        permissions=frozenset({Permission.BALANCES}), **AC,
    ),
    Row(
        "GET", "/balances", Operation.LIST_BALANCES, lambda w: commands.ReadBalances(), plain,
        permissions=frozenset({Permission.BALANCES}), **AC,
    ),
    Row(
        "GET", "/accounts/{AccountId}/transactions", Operation.READ_TRANSACTIONS, decode_transactions, encode_transactions,
        permissions=frozenset({Permission.TRANSACTIONS_BASIC}), **AC,
    ),
    Row(
        "GET", "/transactions", Operation.LIST_TRANSACTIONS, decode_transactions, encode_transactions,
        permissions=frozenset({Permission.TRANSACTIONS_BASIC}), **AC,
    ),
)  # fmt: skip
ROW_OF = {row.operation: row for row in ROWS}
DIALECT = Dialect(
    name="book",
    services=(Service("", "Book", "/book/v1", ROWS),),
    audience_path="/book/v1",
    headers=Headers(),  # type: ignore[arg-type]
    errors=Errors(),
    authorization=None,  # type: ignore[arg-type]
    rules=OURS,
    paths={"valid_until": "until", "transactions_to": "to"},
)
BRAND = replace(ANY_BRAND, dialects=(DIALECT.name,))


def serving(rows: Sequence[Row], base_path: str = "/book/v1", **facts: Any) -> Dialect:
    """The dialect of this world with other operations."""
    return replace(DIALECT, services=(Service("", "Book", base_path, tuple(rows)),), **facts)

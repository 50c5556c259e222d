"""The OpenAPI document of the core-bank contract, generated from its rows, types and examples. OpenAPI 3.1.0.

`python -m openapi.core_bank.v1.document` writes it next to this module; a test fails when it is out of date.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from kernel.banking.records.statements import PDF
from openapi.core_bank.v1 import answers
from openapi.core_bank.v1.examples import EXAMPLES as ACCOUNT_EXAMPLES
from openapi.core_bank.v1.operations import (
    ALL_ROWS,
    BASE_PATH,
    DEADLINE_HEADER,
    HEALTH_PATH,
    INTERACTION_HEADER,
    JSON,
    JSON_BYTES_MAX,
    PAYMENT_DAY,
    VERSION,
    Row,
)
from openapi.core_bank.v1.payment_examples import DAY_EXAMPLE, NOTICE_EXAMPLE, PAYMENT_EXAMPLES, PAYMENT_QUESTIONS
from openapi.core_bank.v1.payment_notices import NOTICE_PATH, PaymentNotice, Received

JsonObject = dict[str, Any]

EXAMPLES = ACCOUNT_EXAMPLES | PAYMENT_EXAMPLES | {PAYMENT_DAY.name: DAY_EXAMPLE}
PATH = Path(__file__).with_name("document.json")
_REF_TEMPLATE = "#/components/schemas/{name}"
_PAGE_NAME = re.compile(r"RecordPage_(\w+?)_")
_ID = {"pattern": "^[!-~]{1,40}$"}
_ACCOUNT_ID = {"pattern": "^[!-~]{1,64}$"}
_FORMS: dict[tuple[str, str], JsonObject] = {  # what openapi/core_bank/v1/soundness.py and the gateway's guard hold
    ("Money", "currency"): {"pattern": "^[A-Z]{3}$", "description": "ISO 4217."},
    ("Money", "minor"): {"description": "Minor units, e.g. pence: an integer, negative for a debit where the member is signed."},
    ("Account", "currency"): {"pattern": "^[A-Z]{3}$", "description": "ISO 4217."},
    ("Account", "id"): _ACCOUNT_ID,
    ("Quote", "id"): _ID,
    **{
        (kind, "id"): _ID
        for kind in ("Beneficiary", "DirectDebit", "StandingOrder", "ScheduledPayment", "Product", "Offer", "Party", "Statement")
    },
}
_DESCRIPTIONS = {
    "Account": "One account. `id` is the bank's own reference: it leaves Portcullis in no answer.",
    "Money": "An amount: whole minor units of a currency. What is signed says so; anything else is never negative.",
}
_INTRODUCTION = f"""What a bank's own core answers to Portcullis, which translates it into each open-banking standard.

A `GET` has no effect. A `POST` is keyed by the `order_id` in its body, and safe to repeat. Instants are RFC 3339 in UTC (`Z`). An id that is unknown is absent from the answer,
as is an account without any data; it is no error. A parameter that is not known must be refused with 400, never dropped. A
listing is newest first; its page begins after the position given, and what arrives while a caller turns pages must neither appear
on a later one nor push a row out: for transactions, rows as they stood at booking sequence `as_of`.

`{DEADLINE_HEADER}` says how many milliseconds after its arrival a question is no longer worth answering (504). What has not been begun by
then must not be begun later: Portcullis counts on it before it submits an order again. `{INTERACTION_HEADER}`
and `traceparent` (W3C) tie log lines together. Answers are at most {JSON_BYTES_MAX} bytes, not compressed, without redirects or
cookies. Texts have at most 2000 characters."""
_SERVER: JsonObject = {
    "url": f"http://{{host}}{BASE_PATH}",
    "description": "As `portcullis core-bank serve` serves it; a bank's own is wherever it puts it, over https.",
    "variables": {"host": {"default": "127.0.0.1:8446"}},
}
_REFUSALS = {
    "400": "The question cannot be understood.",
    "401": "The caller showed no token that the bank knows (or no certificate, where that is how it knows callers).",
    "503": "Not now.",
    "504": "The deadline passed.",
}

_NOTICE_REFUSALS = {
    "400": "The notice cannot be understood.",
    "401": "Not the token of the core bank.",
    "404": "There is no such brand, or notices are not taken here.",
    "503": "Not now: send it again.",
}


def core_bank_document() -> JsonObject:
    """The document as JSON values, in a fixed order."""
    paths: JsonObject = {HEALTH_PATH: {"get": _health()}}
    for row in ALL_ROWS:
        paths[f"/brands/{{brand}}{row.path}"] = {row.method.lower(): _operation(row)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portcullis core bank", "version": VERSION, "description": _INTRODUCTION},
        "servers": [_SERVER],
        "security": [{"token": []}, {"certificate": []}],
        "paths": paths,
        "webhooks": {"payment-notice": {"post": _notice()}},
        "components": {
            "schemas": dict(sorted(_schemas().items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "certificate": {"type": "mutualTLS"}},
        },
    }


def render_document() -> bytes:
    """The bytes that are committed."""
    return (json.dumps(core_bank_document(), indent=2, ensure_ascii=False) + "\n").encode()


def _schemas() -> JsonObject:
    kinds = [row.answer for row in ALL_ROWS if row.answer is not None]
    bodies = [row.question for row in ALL_ROWS if row.method == "POST"]
    _, found = msgspec.json.schema_components(
        [*kinds, *bodies, PaymentNotice, Received, answers.Health, answers.Refusal], ref_template=_REF_TEMPLATE
    )
    for (kind, member), form in _FORMS.items():
        found[kind]["properties"][member] |= form
    for kind, description in _DESCRIPTIONS.items():
        found[kind]["description"] = description
    renamed: JsonObject = json.loads(_PAGE_NAME.sub(r"PageOf\1", json.dumps(found)))
    for schema in renamed.values():
        if "account_id" in schema.get("properties", {}):
            schema["properties"]["account_id"] |= _ACCOUNT_ID
    return renamed


def _ref(kind: Any) -> JsonObject:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF_TEMPLATE)
    return {"$ref": _PAGE_NAME.sub(r"PageOf\1", schema["$ref"])}


def _operation(row: Row) -> JsonObject:
    brand = {"name": "brand", "in": "path", "required": True, "schema": {"type": "string"}}
    statuses = _REFUSALS | {"404": f"`{answers.UNKNOWN}`: there is none. " if row.may_be_unknown else ""}
    statuses["404"] += "`brand_unknown`: the bank has no such brand."
    asked = {"requestBody": _body(row)} if row.method == "POST" else {}
    return {
        "operationId": row.name,
        "summary": row.summary,
        "parameters": [brand, *_query(row), *_headers()],
        **asked,
        "responses": {
            "200": {"description": "The answer.", "content": _content(row)},
            **{status: _refusal(text) for status, text in sorted(statuses.items())},
        },
    }


def _body(row: Row) -> JsonObject:
    example = _without_empty(msgspec.to_builtins(PAYMENT_QUESTIONS[row.name]))
    return {"required": True, "content": {JSON: {"schema": _ref(row.question), "example": example}}}


def _content(row: Row) -> JsonObject:
    if row.answer is None:
        return {PDF: {"schema": {"type": "string", "contentMediaType": PDF}}}
    return {
        JSON: {"schema": _ref(row.answer), "example": _without_empty(msgspec.to_builtins(EXAMPLES[row.name], builtin_types=()))}
    }


def _health() -> JsonObject:
    example = msgspec.to_builtins(answers.Health("up", {"main": ("customer-1",)}))
    return {
        "operationId": "health",
        "summary": "Whether the bank answers.",
        "parameters": _headers(),
        "responses": {
            "200": {"description": "`up`.", "content": {JSON: {"schema": _ref(answers.Health), "example": example}}},
            "401": _refusal(_REFUSALS["401"]),
            "503": _refusal(_REFUSALS["503"]),
        },
    }


def _notice() -> JsonObject:
    example = _without_empty(msgspec.to_builtins(NOTICE_EXAMPLE))
    return {
        "operationId": "payment_notice",
        "summary": "A late answer, or an end that no one had asked for: the bank may send it, and may repeat it.",
        "description": f"`POST` to the operations listener of Portcullis, at `{BASE_PATH}/brands/{{brand}}{NOTICE_PATH}`, with the bearer "
        "token that Portcullis knows as `core_bank_notice_token`. It is answered once it is kept. Without an answer, send it again.",
        "requestBody": {"required": True, "content": {JSON: {"schema": _ref(PaymentNotice), "example": example}}},
        "responses": {
            "200": {"description": "Kept.", "content": {JSON: {"schema": _ref(Received)}}},
            **{status: _refusal(text) for status, text in _NOTICE_REFUSALS.items()},
        },
    }


def _refusal(text: str) -> JsonObject:
    return {"description": text, "content": {JSON: {"schema": _ref(answers.Refusal)}}}


def _query(row: Row) -> list[JsonObject]:
    if row.method == "POST":
        return []
    _, found = msgspec.json.schema_components([row.question], ref_template=_REF_TEMPLATE)
    schema = found[row.question.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": _without_null(form)}
        for name, form in schema["properties"].items()
    ]


def _without_null(form: JsonObject) -> JsonObject:
    """A query parameter is absent, never null."""
    kept = {name: value for name, value in form.items() if name != "default" or value is not None}
    choices = [each for each in kept.pop("anyOf", []) if each != {"type": "null"}]
    return kept | (choices[0] if choices else {})


def _headers() -> list[JsonObject]:
    return [
        {"name": DEADLINE_HEADER, "in": "header", "schema": {"type": "integer", "minimum": 0}},
        {"name": INTERACTION_HEADER, "in": "header", "schema": {"type": "string"}},
        {"name": "traceparent", "in": "header", "schema": {"type": "string"}},
    ]


def _without_empty(value: Any) -> Any:
    """Drop empty members: a bank may leave them out."""
    if isinstance(value, dict):
        return {name: _without_empty(each) for name, each in value.items() if each is not None and each != ()}
    return [_without_empty(each) for each in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    PATH.write_bytes(render_document())

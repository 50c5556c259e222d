"""openapi/core_bank/v1: the published document is the contract, examples keep it, and what no type promises is checked."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import parse_qsl

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.accounts import CurrencyExchange, TransactionPage
from kernel.banking.money import Money
from kernel.errors import FieldDateInvalid, FieldInvalid, RequestMalformed
from openapi.core_bank.v1 import questions
from openapi.core_bank.v1.document import EXAMPLES as ALL_EXAMPLES
from openapi.core_bank.v1.document import PATH, core_bank_document, render_document
from openapi.core_bank.v1.examples import EXAMPLES
from openapi.core_bank.v1.operations import ALL_ROWS
from openapi.core_bank.v1.soundness import TEXT_CHARACTERS_MAX, check_sound

DOCUMENT = core_bank_document()
BY_NAME = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}


def test_the_committed_document_is_up_to_date():
    """`python -m openapi.core_bank.v1.document` writes it again."""
    assert PATH.read_bytes() == render_document()


def test_every_operation_is_published_under_a_path_of_its_own():
    assert set(BY_NAME) == {row.name for row in ALL_ROWS} | {"health"}
    assert len(DOCUMENT["paths"]) == len(BY_NAME)


@pytest.mark.parametrize("name", ALL_EXAMPLES)
def test_an_example_keeps_the_published_schema_and_the_rules_beyond_it(name):
    [row] = [row for row in ALL_ROWS if row.name == name]
    content = BY_NAME[name]["responses"]["200"]["content"]["application/json"]
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(content["example"])
    decoded = msgspec.json.decode(json.dumps(content["example"]), type=row.answer)
    assert decoded == ALL_EXAMPLES[name]
    check_sound(decoded, row.answer)


INSTANTS = st.integers(-(10**9), 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)
POSITIONS = st.none() | st.tuples(INSTANTS, IDS, IDS)


@given(
    accounts=st.lists(IDS, min_size=1, max_size=5),
    since=st.none() | INSTANTS,
    after=POSITIONS,
    as_of=st.none() | st.integers(0, 2**40),
    incoming=st.booleans(),
    limit=st.integers(1, 1000),
)
def test_a_question_survives_its_query_string(accounts, since, after, as_of, incoming, limit):
    at, account, row = after or (None, None, None)
    question = questions.OfTransactions(
        account_id=tuple(accounts),
        booked_from=since,
        as_of=as_of,
        credits=incoming,
        after_booked_at=at,
        after_account_id=account,
        after_transaction_id=row,
        limit=limit,
    )
    query = tuple(parse_qsl(questions.render_query(question), keep_blank_values=True))
    assert questions.parse_query(query, questions.OfTransactions) == question


@pytest.mark.parametrize(
    "query",
    [
        "",
        "account_id=",
        "account_id=a%20b",
        "account_id=a&colour=red",
        "account_id=a&limit=0",
        "account_id=a&limit=1001",
        "account_id=a&limit=5&limit=6",
        "account_id=a&as_of=-1",
        "account_id=a&booked_from=yesterday",
        "account_id=a&booked_from=2026-01-01T00:00:00",
        "account_id=a&credits=perhaps",
        "account_id=a&after_account_id=a",
        "&".join(["account_id=a"] * (questions.ACCOUNT_IDS_MAX + 1)),
    ],
)
def test_refuses_a_question_that_is_not_understood_whole(query):
    with pytest.raises(RequestMalformed):
        questions.parse_query(tuple(parse_qsl(query, keep_blank_values=True)), questions.OfTransactions)


def changed(**facts):
    page = EXAMPLES["transactions"]
    return msgspec.structs.replace(page, transactions=(msgspec.structs.replace(page.transactions[0], **facts),))


@pytest.mark.parametrize(
    ("facts", "problem", "path"),
    [
        ({"id": ""}, FieldInvalid, "id"),
        ({"id": "tx 1"}, FieldInvalid, "id"),
        ({"account_id": "x" * 65}, FieldInvalid, "account_id"),
        ({"amount": Money("POUNDS", 1)}, FieldInvalid, "currency"),
        ({"sequence": 2**63}, FieldInvalid, "sequence"),
        ({"information": "x" * (TEXT_CHARACTERS_MAX + 1)}, FieldInvalid, "information"),
        ({"booked_at": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)}, FieldDateInvalid, "booked_at"),
        ({"booked_at": datetime(1, 1, 1, tzinfo=UTC)}, FieldDateInvalid, "booked_at"),
        ({"value_at": datetime(9999, 12, 31, tzinfo=UTC)}, FieldDateInvalid, "value_at"),
        *(
            ({"exchange": CurrencyExchange(Money("EUR", 1), Decimal(rate))}, FieldInvalid, "rate")
            for rate in ("NaN", "Infinity", "1e999999", "1" * 40)
        ),
    ],
)
def test_refuses_values_that_have_their_type_and_no_sense(facts, problem, path):
    with pytest.raises(problem) as refused:
        check_sound(changed(**facts), TransactionPage)
    assert refused.value.path == path


def test_an_instant_in_another_zone_is_refused():
    with pytest.raises(FieldDateInvalid):
        check_sound(changed(booked_at=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))), TransactionPage)

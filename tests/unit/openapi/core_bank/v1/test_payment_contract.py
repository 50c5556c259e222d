"""openapi/core_bank/v1, payments: questions are published as they are read, and what is not understood whole is refused."""

import json

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import Reason
from kernel.errors import RequestMalformed
from openapi.core_bank.v1 import payment_questions as q
from openapi.core_bank.v1.document import core_bank_document
from openapi.core_bank.v1.operations import PAYMENT_ROWS, PAYMENTS_BY_NAME
from openapi.core_bank.v1.payment_answers import reason_of
from openapi.core_bank.v1.payment_examples import PAYMENT_EXAMPLES, PAYMENT_QUESTIONS

DOCUMENT = core_bank_document()
TRANSFER = msgspec.to_builtins(PAYMENT_QUESTIONS["submit"])
POSTS = [row.name for row in PAYMENT_ROWS if row.method == "POST"]


def test_every_row_has_its_examples():
    assert PAYMENT_QUESTIONS.keys() == PAYMENT_EXAMPLES.keys() == PAYMENTS_BY_NAME.keys()


@pytest.mark.parametrize("name", POSTS)
def test_the_example_of_a_question_keeps_the_published_schema_and_is_read_back(name):
    row = PAYMENTS_BY_NAME[name]
    content = DOCUMENT["paths"][f"/brands/{{brand}}{row.path}"]["post"]["requestBody"]["content"]["application/json"]
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(content["example"])
    assert q.parse_body(json.dumps(content["example"]).encode(), row.question) == PAYMENT_QUESTIONS[name]


@pytest.mark.parametrize("name", POSTS)
def test_nothing_that_names_an_account_number_or_a_person_stands_in_an_address(name):
    assert "parameters" in DOCUMENT["paths"][f"/brands/{{brand}}{PAYMENTS_BY_NAME[name].path}"]["post"]
    operation = DOCUMENT["paths"][f"/brands/{{brand}}{PAYMENTS_BY_NAME[name].path}"]["post"]
    assert [each["name"] for each in operation["parameters"] if each["in"] != "header"] == ["brand"]


IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=140)


@given(
    order=IDS,
    payer=IDS,
    uetr=st.uuids(version=4),
    minor=st.integers(1, 10**15 - 1),
    name=TEXTS,
    number=TEXTS,
    text=st.none() | TEXTS,
)
def test_a_transfer_survives_its_body(order, payer, uetr, minor, name, number, text):
    transfer = q.OfTransfer(
        order_id=order,
        uetr=str(uetr),
        payer_account=payer,
        amount=Money("GBP", minor),
        creditor_name=name,
        creditor_account=AccountIdentifier(Scheme.SORT_CODE, number),
        remittance=text,
    ).transfer
    assert q.parse_body(msgspec.json.encode(q.of_transfer(transfer)), q.OfTransfer).transfer == transfer


@pytest.mark.parametrize(
    "facts",
    [
        {"amount": {"currency": "GBP", "minor": 0}},
        {"amount": {"currency": "GBP", "minor": -1}},
        {"amount": {"currency": "GBP", "minor": 10**15}},
        {"amount": {"currency": "GBP", "minor": 1.5}},
        {"amount": {"currency": "pounds", "minor": 1}},
        {"amount": "1.00"},
        {"order_id": ""},
        {"order_id": "with space"},
        {"order_id": "x" * 65},
        {"uetr": "not-a-uuid"},
        {"uetr": "3F1C9F6E-53A4-4D0E-8D55-7F5F1F0A9C21"},
        {"payer_account": ""},
        {"creditor_name": ""},
        {"creditor_name": "x" * 351},
        {"creditor_account": {"scheme": "barter", "identification": "1"}},
        {"creditor_account": None},
        {"creditor_bic": "short"},
        {"remittance": "x" * 141},
        {"end_to_end_id": "x" * 36},
        {"priority": "high"},
    ],
    ids=str,
)
def test_refuses_a_transfer_that_is_not_understood_whole(facts):
    with pytest.raises(RequestMalformed):
        q.parse_body(json.dumps(TRANSFER | facts).encode(), q.OfTransfer)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"order_id": "a", "order_id": "b"}', b'{"order_id": "\xff"}', b'{"order_id": NaN}']
)
def test_refuses_a_body_that_two_readers_could_read_differently(body):
    with pytest.raises(RequestMalformed):
        q.parse_body(body, q.OfOrder)


def test_every_reason_of_ours_keeps_its_code():
    assert {reason_of(reason.value) for reason in Reason} == set(Reason)
    assert reason_of(None) is None

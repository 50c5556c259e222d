"""The demo shows a body for people to read: whole where it is small, as wide as a terminal, and without a secret."""

import json

import pytest

from sandbox.tpp_kit.transcript import BODY_LINES_MAX, LINE_CHARACTERS_MAX, shown_body

SECRET = "Zk3vRr0Vb1JX5cQf2yWq8LhTn9sAdGmPuEoKiBxNzC4"
JSON = "application/json; charset=utf-8"


def shown(document: object) -> list[str]:
    return shown_body(json.dumps(document).encode(), JSON).splitlines()


def test_what_fits_stays_on_one_line():
    assert shown({"scope": "accounts", "n": [1, 2], "none": {}}) == ['{"scope": "accounts", "n": [1, 2], "none": {}}']


def test_what_does_not_fit_is_a_line_a_member():
    document = {
        "Data": {"Account": [{"AccountId": "a" * 20, "Nickname": "b" * 30, "Currency": "GBP"} for _ in range(2)]},
        "Links": {},
    }
    lines = shown(document)
    account = f'{{"AccountId": "{"a" * 20}", "Nickname": "{"b" * 8}...", "Currency": "GBP"}}'
    assert lines == [
        "{",
        '  "Data": {',
        '    "Account": [',
        f"      {account},",
        f"      {account}",
        "    ]",
        "  },",
        '  "Links": {}',
        "}",
    ]


def test_neither_longer_nor_wider_than_a_reader_takes_in():
    lines = shown([{"text": "word " * 100, "number": number} for number in range(5_000)])
    assert len(lines) == BODY_LINES_MAX + 1
    assert lines[-1] == "..."
    assert max(map(len, lines)) <= LINE_CHARACTERS_MAX + len(" ...")


@pytest.mark.parametrize("around", [{}, {"more": "x y " * 40}, {SECRET: 1}])
def test_no_secret_is_shown_however_it_is_laid_out(around):
    assert SECRET not in "\n".join(shown({"access_token": SECRET, "deep": [{"list": [SECRET, "x y " * 40]}], **around}))


@pytest.mark.parametrize("body", [b"not json " + SECRET.encode(), b"", b"\xff"])
def test_what_only_claims_to_be_json_is_shown_as_text(body):
    assert SECRET not in shown_body(body, JSON)


def test_what_is_nested_beyond_all_measure_is_shown_as_text():
    deep = b"[" * 100_000 + b"]" * 100_000
    assert shown_body(deep, JSON).startswith("[[[[")

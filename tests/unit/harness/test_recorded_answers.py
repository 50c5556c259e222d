"""The parts of an answer that a recording keeps, and what chance and time put into it."""

import base64
import json
import secrets
import uuid

import pytest

from tests.harness.recorded.answer import Answer
from tests.harness.recorded.plain import is_random, plain


def answer(document=None, *, headers=(), url="https://localhost:20001/token", text=None):
    """A recorded call, as JSON has it."""
    headers = [["Content-Type", "application/json"], *headers]
    row = {"method": "POST", "url": url, "listener": "public", "type": "", "status": 200, "headers": headers}
    return Answer(row | {"text": json.dumps(document) if text is None else text}, {"20001": "public"})


@pytest.mark.parametrize("make", [lambda: secrets.token_urlsafe(32), lambda: secrets.token_hex(16), lambda: str(uuid.uuid4())])
def test_what_chance_made_is_replaced_wherever_it_stands(make):
    first, second = (plain(f"https://localhost:20001/a/{value}?b=%3A{value}", {}) for value in (make(), make()))
    assert first == second
    assert "<" in first


@pytest.mark.parametrize(
    "name", ["ReadTransactionsDetail", "token_endpoint_auth_methods_supported", "StatusUpdateDateTime", "GB93PTCL00997120761222"]
)
def test_names_stay(name):
    assert not is_random(name)
    assert plain(name, {}) == name


def test_a_time_keeps_its_form_only():
    assert plain("2026-11-30T04:00:17.120973+00:00", {}) == plain("2027-01-01T23:59:59.1+00:00", {})
    assert plain("2026-11-30T04:00:17+00:00", {}) != plain("2026-11-30T04:00:17Z", {})


def test_an_address_keeps_the_listeners_name():
    assert plain("https://localhost:20001/x", {"20001": "mtls"}) == "https://localhost:<mtls>/x"


def test_a_signed_token_is_compared_by_its_header_and_claims():
    def encoded(members):
        return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")

    def token(**claims):
        return ".".join((encoded({"alg": "PS256", "kid": secrets.token_urlsafe(16)}), encoded(claims), secrets.token_urlsafe(64)))

    first, again, other = (
        answer({"id_token": token(iat=time, acr=acr)}).lines()
        for time, acr in ((1_796_000_000, "a"), (1_796_000_060, "a"), (1_796_000_000, "b"))
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "changed",
    [
        answer({"a": 1}, headers=[["Pragma", "no-cache"]]),
        answer({"a": 2}),
        answer({"b": 1}),
        answer({"a": 1}, url="https://localhost:20001/par"),
    ],
)
def test_what_the_server_decided_is_compared(changed):
    assert changed.lines() != answer({"a": 1}).lines()


def test_volatile_headers_keep_their_names_and_cookies_their_attributes():
    def lines(value):
        return answer({}, headers=[["Etag", value], ["Set-Cookie", f"__Host-session={value}; Path=/; Secure"]]).lines()

    assert lines("one") == lines("two")
    assert "  Set-Cookie: __Host-session=<value>; Path=/; Secure" in lines("one")


def test_a_page_is_compared_line_by_line_without_its_tokens():
    def lines(title):
        page = f'<h1>{title}</h1>\n   <input name="token" value="{secrets.token_urlsafe(32)}">\n\n'
        return answer(text=page, headers=[["content-type", "text/html"]]).lines()

    assert lines("Log in") == lines("Log in")
    assert lines("Log in") != lines("Log out")


def test_the_members_of_a_listing_are_compared_in_any_order_too():
    first, second, third = (answer({"Account": [{"a": a}, {"a": b}], "n": [1, 2]}) for a, b in ((1, 2), (2, 1), (2, 3)))
    assert first.lines() != second.lines()
    assert first.parts() == second.parts() != third.parts()

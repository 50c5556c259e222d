"""kernel/http/head.py: one reading of target, host and headers."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.errors import HeaderInvalid, RequestMalformed
from kernel.http.head import HEAD_BYTES_MAX, TARGET_CHARACTERS_MAX, check_headers, parse_host, parse_target

segments = st.text(st.characters(exclude_characters="/\\", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10).filter(
    lambda segment: segment not in {".", ".."}
)


@given(st.lists(segments, max_size=5))
def test_a_path_is_decoded_once(parts):
    path = "/" + "/".join(parts)
    assert parse_target(quote(path)).path == path


def test_a_doubly_encoded_path_keeps_its_second_encoding():
    assert parse_target("/accounts/%2541").path == "/accounts/%41"


def test_the_query_keeps_order_duplicates_and_empty_values():
    pairs = [("b", "1"), ("a", "x y"), ("b", ""), ("ü", "+&=")]
    assert parse_target("/x?" + urlencode(pairs)).query == tuple(pairs)


@pytest.mark.parametrize(
    "target",
    [
        "/a/../b",
        "/..",
        "/./a",
        "/a/%2e%2e/b",
        "/a/%2E",
        "/a%2fb",
        "/a%5Cb",
        "/a\\b",
        "/a%00",
        "/a%0a",
        "/a%7f",
        "/a%",
        "/a%zz",
        "/a%ff",
        "/a b",
        "/ä",
        "/a#b",
        "*",
        "",
        "localhost:443",
        "ftp://host/a",
        "https:///a",
        "https://[/a",
        "/a?b=%ff",
        "/a?b=%00",
        "/a?b=%",
        "/a?" + "&".join(f"q{n}=1" for n in range(101)),
        "/" + "a" * TARGET_CHARACTERS_MAX,
    ],
)
@pytest.mark.spec("RFC3986-2.4")
def test_refuses_targets_that_two_readers_could_read_differently(target):
    with pytest.raises(RequestMalformed):
        parse_target(target)


@given(st.text(max_size=40).map(lambda text: "/" + text))
def test_an_accepted_path_has_no_dots_and_no_controls(target):
    try:
        path = parse_target(target).path
    except RequestMalformed:
        return
    assert not {".", ".."} & set(path.split("/"))
    assert all(ord(character) >= 0x20 for character in path)


@pytest.mark.spec("RFC9112-3.2.2")
def test_the_absolute_form_wins_over_the_host_header():
    target = parse_target("https://Bank.example:8443?a=1")
    headers = CIMultiDictProxy(CIMultiDict({"Host": "other.example"}))
    assert (target.path, target.query) == ("/", (("a", "1"),))
    assert parse_host(headers, target.authority) == "bank.example:8443"


@pytest.mark.parametrize("host", ["a" * 256, "user@bank.example", "bänk.example"])
def test_refuses_what_is_no_host(host):
    with pytest.raises(RequestMalformed):
        parse_host(CIMultiDictProxy(CIMultiDict({"Host": host})), None)


def test_refuses_headers_that_are_no_text_or_too_many():
    check_headers([(b"X-Name", "Zoë".encode())])
    with pytest.raises(HeaderInvalid):
        check_headers([(b"X-Name", b"\xff")])
    with pytest.raises(HeaderInvalid):
        check_headers([(b"X-Name", b"a" * HEAD_BYTES_MAX)])

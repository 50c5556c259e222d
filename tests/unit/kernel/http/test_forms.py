"""kernel/http/forms.py: a form is read strictly or refused."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.errors import BodyTooLarge, FieldDuplicated, MediaTypeUnsupported, RequestMalformed
from kernel.http.forms import FIELDS_MAX, parse_form
from kernel.http.message import Request

FORM = "application/x-www-form-urlencoded"


def request(body: bytes, content_type: str | None = FORM) -> Request:
    headers = CIMultiDict({"Content-Type": content_type} if content_type is not None else {})
    return Request(
        method="POST",
        path="/token",
        query=(),
        headers=CIMultiDictProxy(headers),
        body=body,
        host="localhost",
        peer="127.0.0.1",
        listener="public",
    )


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(texts, texts, max_size=20))
def test_what_is_encoded_is_read(fields):
    assert parse_form(request(urlencode(fields).encode()), limit=100_000) == fields


def test_empty_values_stay_and_an_empty_body_is_an_empty_form():
    assert parse_form(request(b"a=&b"), limit=100) == {"a": "", "b": ""}
    assert parse_form(request(b""), limit=100) == {}


@pytest.mark.spec("RFC6749-3.2")
def test_refuses_a_parameter_included_more_than_once():
    with pytest.raises(FieldDuplicated) as refused:
        parse_form(request(b"code=1&scope=a&code=1"), limit=100)
    assert refused.value.path == "code"


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "multipart/form-data; boundary=x", "text/plain", FORM + "; charset=utf-16", FORM + "x"],
)
def test_refuses_another_media_type(content_type):
    with pytest.raises(MediaTypeUnsupported):
        parse_form(request(b"a=1", content_type), limit=100)


@pytest.mark.parametrize("content_type", [FORM + ";charset=UTF-8", FORM.upper(), FORM + '; charset="utf-8"'])
def test_accepts_the_media_type_however_it_is_written(content_type):
    assert parse_form(request(b"a=1", content_type), limit=100) == {"a": "1"}


def test_refuses_more_bytes_than_allowed():
    with pytest.raises(BodyTooLarge):
        parse_form(request(b"a=" + b"1" * 99), limit=100)


def test_refuses_more_fields_than_allowed():
    with pytest.raises(RequestMalformed):
        parse_form(request("&".join(f"f{n}=1" for n in range(FIELDS_MAX + 1)).encode()), limit=10_000)


@pytest.mark.parametrize("body", [b"a=%", b"a=%zz", b"a=%ff", b"a=\xff", b"a=%00", b"%00=1", b"a=%c0%80", b"a=%ed%a0%80"])
@pytest.mark.spec("RFC6749-B")
def test_refuses_broken_encodings(body):
    with pytest.raises(RequestMalformed):
        parse_form(request(body), limit=100)


@given(st.binary(max_size=100))
def test_never_fails_otherwise_than_by_refusing(body):
    try:
        fields = parse_form(request(body), limit=1000)
    except (RequestMalformed, FieldDuplicated):
        return
    assert all("\0" not in value for value in fields.values())

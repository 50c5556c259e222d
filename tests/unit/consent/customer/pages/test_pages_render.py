"""The pages as they are served: headers that leak and load nothing, colours that can be read, words where they belong."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from consent.customer.pages import refusals
from consent.customer.pages.notices import NOTICES
from consent.customer.pages.render import render_error_page, render_page
from consent.customer.pages.stylesheet import (
    BLACK,
    CONTRAST_MIN,
    DARK,
    LIGHT,
    STYLESHEET_PATH,
    WHITE,
    contrast,
    readable,
    render_stylesheet,
    show_stylesheet,
    stylesheet_url,
)
from consent.customer.session.problems import FormStale, page_text
from consent.errors import RequestUriInvalid
from consent.store.kinds.accounts import ACCOUNTS
from consent.store.rows.journeys import Notice
from kernel.errors import ClientInactive, FieldMissing, RateExceeded
from kernel.http.message import Request
from tests.world.brands import BRAND

channels = st.integers(0, 255)


def test_the_error_page_names_the_code_and_escapes_the_text():
    response = render_error_page(BRAND, "invalid_request", "Nothing <b>was</b> shared.", 400)
    page = response.body.decode()
    assert response.status == 400
    assert '<code id="error-code">invalid_request</code>' in page
    assert "<b>was" not in page
    assert page.count("<h1") == 1
    assert '<html lang="en-GB">' in page


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (FieldMissing(path="client_id", public="The client_id is missing."), refusals.UNUSABLE),
        (RequestUriInvalid("used"), refusals.SPENT),
        (RateExceeded("visits"), refusals.BUSY),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_a_person_reads_in_plain_words_what_a_client_did_wrong(problem, shown):
    assert refusals.text_for_person(problem) == shown
    page = render_error_page(BRAND, "invalid_request", shown, 400, reason=problem.public).body.decode()
    assert f'<p class="lead">{shown}</p>' in page
    assert f"For the developers of that app or website: {problem.public}" in page


def test_headers_let_a_page_load_its_style_and_nothing_else():
    public = replace(BRAND, issuer="https://bank.example")
    headers = render_error_page(public, "server_error", "x", 500).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_developers_localhost_is_not_pinned_to_https():
    assert render_error_page(BRAND, "x", "x", 400).headers["Strict-Transport-Security"] == "max-age=0"


def test_a_form_may_lead_to_the_client_that_asked():
    response = render_page(
        BRAND,
        "login",
        redirect_uri="https://acme.example:8000/callback?x=1",
        form_token="t",
        action="/login",
        client_name="Acme",
        on_behalf_of="",
        wording=ACCOUNTS.wording,
    )
    assert "form-action 'self' https://acme.example:8000;" in response.headers["Content-Security-Policy"]


def test_every_notice_has_its_words():
    assert {notice.value for notice in Notice if notice} == set(NOTICES)


@pytest.mark.spec("WCAG2.2-1.4.3")
@given(st.tuples(channels, channels, channels))
def test_every_colour_of_a_brand_can_be_read(colour):
    assert contrast(readable(colour, LIGHT), LIGHT) >= CONTRAST_MIN
    assert contrast(readable(colour, DARK), DARK) >= CONTRAST_MIN


@given(st.tuples(channels, channels, channels))
def test_what_is_written_on_a_brands_colour_can_be_read(colour):
    """Buttons and masthead: the better of black and white."""
    css = render_stylesheet("#{:02x}{:02x}{:02x}".format(*colour)).decode()
    chosen = WHITE if f"--on-accent:rgb{WHITE}" in css else BLACK
    assert contrast(chosen, colour) >= CONTRAST_MIN


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#123456;}body{display:none", ""])
def test_a_colour_that_is_none_is_refused(colour):
    with pytest.raises(ValueError, match="#rrggbb"):
        render_stylesheet(colour)


def test_the_stylesheets_address_names_its_content():
    assert stylesheet_url("#1d4d8f") != stylesheet_url("#1d4d90")
    assert stylesheet_url("#1d4d8f").startswith(f"{STYLESHEET_PATH}?v=")


@pytest.mark.parametrize(("version", "caching"), [("current", "immutable"), ("another", "no-cache")])
async def test_only_the_right_content_is_kept_for_ever(version, caching):
    value = stylesheet_url(BRAND.colour).partition("=")[2] if version == "current" else "0"
    request = Request(
        method="GET",
        path=STYLESHEET_PATH,
        query=(("v", value),),
        headers=CIMultiDictProxy(CIMultiDict()),
        body=b"",
        host="localhost:8443",
        peer="192.0.2.1",
        listener="public",
    )
    response = await show_stylesheet(None, BRAND, request)
    assert response.headers["Content-Type"].startswith("text/css")
    assert caching in response.headers["Cache-Control"]


def test_a_person_reads_what_to_do_and_the_reason():
    """The reader of the page did not write the request that is wrong."""
    assert page_text(ClientInactive("x")) == (refusals.UNUSABLE, ClientInactive.public)
    assert page_text(FormStale("x")) == (FormStale.public, "")
    page = render_error_page(BRAND, "invalid_client", "Go back.", 400, reason="The <i>client</i> is not active.").body.decode()
    assert "Go back." in page
    assert "The &lt;i&gt;client&lt;/i&gt; is not active." in page

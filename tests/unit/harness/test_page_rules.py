"""The browser tests skip where there is no browser, and never where someone named one."""

import sys

import pytest

from tests.browser.page_rules import find_chromium


def test_a_browser_that_was_named_is_taken(monkeypatch):
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert find_chromium() == sys.executable


@pytest.mark.parametrize("named", ["/nowhere/chromium", "no-such-browser", "/"])
def test_a_browser_that_was_named_and_is_none_is_an_error(monkeypatch, named):
    monkeypatch.setenv("CHROMIUM", named)
    with pytest.raises(FileNotFoundError, match=named):
        find_chromium()


def test_without_any_there_is_none(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "")
    monkeypatch.setenv("PATH", "")
    assert find_chromium() is None

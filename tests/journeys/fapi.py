"""Parts of the mirrored modules of the FAPI test plans. A test that is a module of a plan is marked with its name."""

import re

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from tests.harness.forms import Browser

FAPI2, FAPI1, CIBA = "fapi2-security-profile-final", "fapi1-advanced-final", "fapi-ciba-id1"
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


def module(*names, plan=FAPI2):
    """The test is these modules of the conformance suite."""
    return pytest.mark.conformance(*(f"{plan}-{name}" if name else plan for name in names))


def case(name, *values, plan=FAPI2):
    return pytest.param(*values, id=name, marks=module(name, plan=plan))


def own(name, *values):
    """A case in addition to those of the plan."""
    return pytest.param(*values, id=name)


def check_error(answer, *allowed, status=(400,)):
    """An OAuth error as JSON, in the characters that RFC 6749 allows, never to be stored."""
    assert answer.status in status, answer.body
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Cache-Control") == "no-store"
    document = answer.json()
    assert document["error"] in allowed, document
    assert set(document) <= {"error", "error_description", "error_uri"}
    assert DESCRIPTION.fullmatch(document.get("error_description", ""))


async def push_as(tpp, knobs):
    """A push by a client that authenticates so."""
    try:
        await tpp.push_authorization_request(None, knobs=knobs)
    except Refused as refused:
        return refused.answer
    return None


async def walked(tpp, consent_id, *, query=None, **arguments):
    """Alice approves by the forms; the browser at the end, and the pushed request."""
    pushed = await tpp.push_authorization_request(consent_id, **arguments)
    async with Browser(tpp.folder.ca) as browser:
        url = await tpp.authorization_url(pushed.request_uri)
        await browser.open(url + (query or ""))
        await browser.press("login-submit", username="alice", password="alice-pw")
        await browser.press("consent-approve", account_0=True)
    return browser, pushed


async def code_for(tpp):
    """A code that waits to be redeemed, and the request it belongs to."""
    consent = await tpp.lodge_account_consent()
    pushed = await tpp.push_authorization_request(consent.id)
    await tpp.decide(consent.id)
    return await tpp.authorize_without_page(pushed), pushed


async def refused_redemption(tpp, code, pushed, **knobs):
    with pytest.raises(Refused) as refused:
        await tpp.redeem(code, pushed, knobs=Knobs(**knobs))
    return refused.value.answer

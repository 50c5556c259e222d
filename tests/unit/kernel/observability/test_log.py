"""kernel/observability/log.py and kernel/observability/redaction.py: nothing that must not leave is in a log line, by any logger."""

import io
import json
import logging
import time
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kernel.certificates.certificate import parse_certificate, thumbprint_of
from kernel.clock import ManualClock
from kernel.ids import RandomIds
from kernel.observability import log, redaction
from kernel.observability.interaction import interaction_id
from kernel.observability.redaction import declare_public, redact, redact_text
from tests.harness.authorities import Authority, der

JWT = (
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwczovL2Jhbms"  # header and claims of no real token
    ".MEUCIQDxyz0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
)
SECRET = RandomIds().secret()
CANARIES = {
    "a signed token": JWT,
    "an unsigned token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.",
    "a token with white space in its header": "ewogImFsZyI6ICJFUzI1NiIKfQ.ewogInN1YiI6ICJhbGljZSIKfQ.AAAAAAAAAAAAAAAAAAAAAA",
    "an encrypted token": "eyJhbGciOiJkaXIifQ..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS.XFBoMYUZodetZdvT",
    "a random secret": "Zk3vRr0Vb1JX5cQf2yWq8LhTn9sAdGmPuEoKiBxNzC4",
    "a card number": "4929123412341234",
    "a card number in groups": "4929 1234 1234 1234",
    "an account number": "20000055779911",
    "a short account number": "55779911",
    "a sort code and account": "20-00-00 55779911",
    "an IBAN": "GB29NWBK60161331926819",
    "an IBAN in groups": "GB29 NWBK 6016 1331 9268 19",
    "an IBAN with letters": "MT84MALT011000012345MTLCAST001S",
}
TEXTS = {
    "a code in a query": ("GET /cb?code=canary123&state=x", "canary123"),
    "a request URI": ("urn:ietf:params:oauth:request_uri:canary123 was pushed", "canary123"),
    "a request URI in a query": ("request_uri=urn%3Aietf%3Acanary123&client_id=a", "canary123"),
    "a password in a form": ("username=alice&password=canary123", "canary123"),
    "a password in a document": ('{"password": "canary 123"}', "canary 123"),
    "a password in a representation": ("{'otp': 'canary123'}", "canary123"),
    "a bearer header": ("Authorization: Bearer canary123.canary", "canary123"),
    "a header in a representation": ("{'Authorization': 'Bearer canary123'}", "canary123"),
    "a header in lower case": ("authorization=basic canary123canary", "canary123"),
    "a cookie": ("Cookie: __Host-session=canary123; b=c", "canary123"),
    "a set cookie": ("Set-Cookie: __Host-session=canary123", "canary123"),
}


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def written():
    stream = io.StringIO()
    log.configure(ManualClock(datetime(2026, 11, 23, 10, tzinfo=UTC)), stream=stream, console=False)
    return stream


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_source_and_interaction_id(written):
    token = interaction_id.set("0f0e0d0c-0b0a-4908-8706-050403020100")
    structlog.get_logger("consent.authorization.endpoints.token").info(
        "token_issued", grant="client_credentials", milliseconds=1.25, count=3, none=None
    )
    interaction_id.reset(token)
    assert lines(written) == [
        {
            "event": "token_issued",
            "grant": "client_credentials",
            "milliseconds": 1.25,
            "count": 3,
            "none": None,
            "level": "info",
            "logger": "consent.authorization.endpoints.token",
            "timestamp": "2026-11-23T10:00:00+00:00",
            "interaction_id": "0f0e0d0c-0b0a-4908-8706-050403020100",
        }
    ]


@pytest.mark.parametrize("canary", CANARIES.values(), ids=CANARIES.keys())
def test_no_canary_reaches_a_line_by_any_way(canary, written):
    ours = structlog.get_logger("ours")
    ours.info("event", value=canary, nested={"a": [canary, {"b": (canary,)}]}, data=canary.encode(), other=Exception(canary))
    ours.info(f"said {canary} in the event")
    ours.info("positional %s", canary)
    ours.info("key", **{canary: 1, "more": {canary: 1}})
    logging.getLogger("a.library").warning("it said %s, %r", canary, {"k": canary})
    try:
        raise ValueError(f"caused by {canary}")
    except ValueError:
        ours.exception("failed")
        logging.getLogger("a.library").exception("failed too")
    assert len(lines(written)) == 7
    assert canary not in written.getvalue()


@pytest.mark.parametrize(("text", "canary"), TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.spec("RFC6750-5.3", "RFC9700-4.3")
def test_what_is_named_for_a_secret_is_taken_out_of_text(text, canary, written):
    logging.getLogger("a.library").warning(text)
    assert canary not in written.getvalue()


@pytest.mark.parametrize(
    "name", ["password", "otp", "Authorization", "cookie", "refresh_token", "client_assertion", "iban", "code_verifier"]
)
def test_a_member_named_for_a_secret_is_taken_out_whole(name, written):
    structlog.get_logger("ours").info("event", **{name: "short"}, inner={name: "short"})
    assert "short" not in written.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "0f0e0d0c-0b0a-4908-8706-050403020100",
        "12345678-1234-4234-8234-123456789012",
        "2026-11-23T10:00:00.123456+00:00",
        "valid from 2026-11-23 10:00:00 to 2027-02-21 10:00:00",
        "PSDGB-FCA-123456",
        "https://localhost:8443/authorize",
        "kernel.http.server.connection",
        "sandbox.directory.issue_software_statement",
        "test_refuses_a_code_presented_twice_by_another_client_of_the_same_organisation",
        "openid accounts",
        "127.0.0.1",
    ],
)
def test_what_helps_an_operator_stays(text):
    assert redact_text(text) == text


def test_two_lines_about_one_secret_can_be_matched_without_it():
    one, two = RandomIds().secret(), RandomIds().secret()
    assert redact_text(f"took {one}") == redact_text(f"took {one}")
    assert redact_text(one) != redact_text(two)
    assert one[:6] not in redact_text(one)


THUMBPRINT = "Zk3vRr0Vb1JX5cQf2yWq8LhTn9sAdGmPuEoKiBxNzC8"  # as a secret is shaped, but not computed


def test_the_thumbprint_of_a_certificate_that_was_seen_stays_and_nothing_else_of_its_shape(monkeypatch, written):
    """No word before it proves anything: a secret in the same place goes."""
    monkeypatch.setattr(redaction, "_public", set())
    certificate = der(Authority.root().issue())
    assert thumbprint_of(certificate) not in redact_text(f"certificate {thumbprint_of(certificate)}")
    seen = parse_certificate(certificate).thumbprint
    structlog.get_logger("ours").info("refused", detail=f"token {THUMBPRINT}, certificate {seen}")
    (line,) = lines(written)
    assert line["detail"] == redact_text(f"token {THUMBPRINT}, certificate ") + seen
    assert THUMBPRINT not in line["detail"]
    for around in (f"x{seen}", f"{seen}x", f"token={seen}", f"Bearer {seen}", f"{seen}.{seen}.{seen}"):
        assert seen not in redact_text(around), around
    assert redact({"token": seen}) == {"token": "[redacted]"}


def test_what_is_known_to_be_public_is_bounded_and_forgotten_to_the_safe_side(monkeypatch):
    monkeypatch.setattr(redaction, "_public", set())
    monkeypatch.setattr(redaction, "PUBLIC_MAX", 2)
    one, two, three = (RandomIds().secret() for _ in range(3))
    for digest in (one, two, three):
        declare_public(digest)
    assert redact_text(three) == three
    assert one not in redact_text(one)


def test_a_number_that_may_be_an_account_is_taken_out_and_a_measure_stays():
    assert redact({"account": 20000055779911, "bytes": 1_048_576, "seconds": 0.123456789, "ok": True}) == {
        "account": "[redacted]",
        "bytes": 1_048_576,
        "seconds": 0.123456789,
        "ok": True,
    }


@given(st.text(max_size=300), st.from_regex(r"\d{8,19}", fullmatch=True))
def test_no_surrounding_text_saves_an_account_number(text, digits):
    assert digits not in redact_text(f"{text} {digits} {text}")


@given(st.text())
def test_redacting_twice_changes_nothing_more_that_is_secret(text):
    redact_text(redact_text(text))


def cost_of(text):
    """Processor time of this process, in seconds."""
    started = time.process_time()
    redact_text(text)
    return time.process_time() - started


@pytest.mark.parametrize("piece", ["a", "1", "A1a-", "eyJ", "a.", "code=", "AB12 ", "1 ", "aaaaaaaaaaaaaaaaa."])
def test_hostile_text_does_not_hold_up_the_log(piece):
    """Ten times as much text costs about ten times as much: nothing in a pattern looks at it again and again."""
    few, many = (min(cost_of(piece * times) for _ in range(5)) for times in (80, 800))
    assert many < 40 * few


def test_people_get_lines_to_read_and_no_more_than_a_file_would():
    stream = io.StringIO()
    log.configure(ManualClock(datetime(2026, 11, 23, 10, tzinfo=UTC)), stream=stream, console=True)
    try:
        raise ValueError(JWT)
    except ValueError:
        structlog.get_logger("ours").exception("failed", token=SECRET, password="hunter2")
    assert "failed" in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert JWT not in stream.getvalue()
    assert SECRET not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_libraries_that_talk_of_tokens_are_quiet(written):
    logging.getLogger("aiohttp.access").info("GET /cb?x=1")
    logging.getLogger("authlib.oauth2").debug("Issue token abc")
    assert written.getvalue() == ""

"""The surface: to every call, one answer in the dialect's words, with the interaction id, and nothing else."""

import asyncio
import logging
from dataclasses import replace

import msgspec
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.access import FamilyState
from kernel.errors import BodyTooLarge
from kernel.observability.interaction import interaction_id
from tests.world.gateway.snapshots import CERTIFICATE, FAMILY, TOKEN
from tests.world.gateway.world import INTERACTION, GatewayWorld, body_of, request


@pytest.fixture
def made() -> GatewayWorld:
    return GatewayWorld()


REFUSED = [
    ({"path": "/book/v1/nothing"}, 404),
    ({"path": "/nowhere"}, 404),
    ({"method": "PATCH"}, 405),
    ({"token": None}, 401),
    ({"certificate": None}, 401),
    ({"token": "client-token"}, 401),
    ({"headers": {"Accept": "text/html"}}, 406),
    ({"listener": "public"}, 404),
]


@pytest.mark.parametrize(("facts", "status"), [({}, 200), *REFUSED])
async def test_every_answer_plays_the_interaction_id_back_and_is_not_cached(made, facts, status):
    headers = {"X-Interaction": INTERACTION, **facts.get("headers", {})}
    response = await made.ask(**{**facts, "headers": headers})
    assert (response.status, response.headers["X-Interaction"]) == (status, INTERACTION)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("sent", [{}, {"X-Interaction": "<script>"}])
async def test_an_absent_or_hostile_interaction_id_is_replaced_by_ours(made, sent):
    response = await made.ask(headers=sent)
    assert len(response.headers["X-Interaction"]) == 36
    assert response.status == (400 if sent else 200)


@pytest.mark.spec("RFC6750-3")
@pytest.mark.parametrize(
    ("facts", "challenge"),
    [
        ({"token": None}, "Bearer"),
        ({"certificate": None}, "Bearer"),
        ({"token": "garbage"}, 'Bearer error="invalid_token"'),
        ({"token": "client-token"}, 'Bearer error="invalid_token"'),
        ({"path": "/nowhere"}, None),
    ],
)
@pytest.mark.spec("RFC9110-11.6.1")
async def test_a_401_says_how_to_come_back(made, facts, challenge):
    assert (await made.ask(**facts)).headers.get("WWW-Authenticate") == challenge


@pytest.mark.spec("RFC6750-3.1")
async def test_a_missing_scope_is_named_as_such(made):
    made.tokens.known["psu-token"] = msgspec.structs.replace(TOKEN, scope=frozenset())
    response = await made.ask()
    assert (response.status, response.headers["WWW-Authenticate"]) == (403, 'Bearer error="insufficient_scope"')


@pytest.mark.spec("RFC9110-15.5.6")
@pytest.mark.spec("RFC9110-10.2.1")
async def test_a_wrong_method_is_refused_with_the_right_ones(made):
    response = await made.ask("PUT", "/book/v1/consents/1")
    assert response.headers["Allow"] == "DELETE, GET"


@pytest.mark.spec("RFC6585-4")
@pytest.mark.spec("RFC9110-10.2.3")
async def test_a_refusal_for_its_rate_says_when_to_come_back(made):
    made.decisions.exceeded = {"default"}
    response = await made.ask()
    assert (response.status, response.headers["Retry-After"]) == (429, "30")
    assert response.headers.getall("RateLimit") == ['"default";r=0;t=30']


async def test_an_overload_says_when_to_come_back(made):
    made.records.full = True
    response = await made.ask()
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert b"reference" not in (response.body or b"")


async def test_an_unexpected_failure_reveals_nothing_and_logs_no_text_of_its_own(made):
    """The text of an exception may quote an account number."""

    def fail():
        raise ZeroDivisionError("80200110203345")

    made.upstream.before = fail
    with structlog.testing.capture_logs() as logs:
        response = await made.ask()
    assert response.status == 500
    assert body_of(response)["code"] == "unexpected"
    assert "80200110203345" not in f"{logs}{response.body!r}"
    (entry,) = [log for log in logs if log["log_level"] == "error"]
    assert entry["error"] == "ZeroDivisionError"
    assert made.refusals.taken[0].status == 500


async def test_the_log_says_why_a_call_was_refused_whose_it_was_and_of_which_operation(made):
    with structlog.testing.capture_logs() as logs:
        await made.ask(path="/book/v1/accounts/a3")
        await made.ask(token=None)
    first, second = (line for line in logs if line["event"] == "refused")
    assert (first["code"], first["client_id"]) == ("account_not_consented", "client-1")
    assert (second["code"], second.get("client_id")) == ("token_missing", None)
    assert (first["operation"], second["operation"]) == ("read_account", "list_accounts")


async def test_a_failure_while_recording_replaces_the_answer(made):
    def fail(access):
        raise ZeroDivisionError

    made.records.record = fail
    response = await made.ask()
    assert (response.status, body_of(response)["code"]) == (500, "unexpected")


async def test_every_call_of_a_known_client_is_recorded_or_counted(made):
    await made.ask()
    await made.ask(path="/book/v1/accounts/a3")
    await made.ask(token=None)
    assert [(access.outcome, access.status) for access in made.records.taken] == [("allowed", 200)]
    assert [(access.outcome, access.status) for access in made.refusals.taken] == [("account_not_consented", 403)]


async def test_time_in_the_record_is_measured(made):
    made.monotonic.step = 0.1
    await made.ask()
    assert made.records.taken[0].milliseconds == pytest.approx(300)


async def test_the_interaction_id_is_known_to_everything_below_and_forgotten_after(made):
    seen = []
    made.upstream.before = lambda: seen.append(interaction_id.get())
    await made.ask(headers={"X-Interaction": INTERACTION})
    assert (seen, interaction_id.get()) == ([INTERACTION], "")


async def test_cancellation_is_not_swallowed(made):
    made.upstream.before = lambda: asyncio.Event().wait()
    task = asyncio.create_task(made.ask())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_refuses_in_the_dialects_words_what_could_not_be_read_whole(made):
    asked = request(headers={"X-Interaction": INTERACTION})
    response = made.gateway.refuse(made.brand, asked, BodyTooLarge("70000 bytes"))
    assert (response.status, body_of(response)["code"]) == (400, "body_too_large")
    assert response.headers["X-Interaction"] == INTERACTION


class TestWhoAmI:
    async def test_answers_any_valid_token_of_any_grant(self, made):
        shown = body_of(await made.ask(path="/whoami"))
        assert shown == {
            "client_id": "client-1", "client_name": "Acme", "scope": "accounts", "grant": "authorization_code",
            "consent_id": "consent-1",
        }  # fmt: skip
        assert "consent_id" not in body_of(await made.ask(path="/whoami", token="client-token"))

    @pytest.mark.parametrize(
        ("facts", "status", "error"),
        [
            ({"token": None}, 401, "token_missing"),
            ({"token": "garbage"}, 401, "token_invalid"),
            ({"certificate": replace(CERTIFICATE, thumbprint="other")}, 401, "token_not_bound"),
            ({"method": "POST"}, 405, "method_not_allowed"),
            ({"listener": "public"}, 404, "operation_unknown"),
            ({"headers": {"Accept": "text/html"}}, 406, "media_type_unacceptable"),
        ],
    )
    async def test_passes_the_same_chain(self, made, facts, status, error):
        response = await made.ask(**{"path": "/whoami", **facts})
        assert (response.status, body_of(response)["error"]) == (status, error)

    async def test_an_ended_family_is_no_valid_token(self, made):
        made.change(FAMILY, state=FamilyState.ENDED)
        assert (await made.ask(path="/whoami")).status == 401

    async def test_is_limited_like_any_other(self, made):
        made.decisions.exceeded = {"default"}
        assert (await made.ask(path="/whoami")).status == 429

    async def test_an_unexpected_failure_is_plain_too(self, made):
        made.snapshots.stored = None
        response = await made.ask(path="/whoami")
        assert (response.status, body_of(response)["error"]) == (500, "unexpected")


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
    path=st.one_of(
        TEXT, st.lists(st.sampled_from(["book", "v1", "accounts", "a1", "consents", "", "transactions"])).map("/".join)
    ),
    headers=st.lists(st.tuples(st.sampled_from(["Accept", "Authorization", "Content-Type", "X-Interaction", "X-Date"]), TEXT)),
    body=st.binary(max_size=40),
    token=st.sampled_from([None, "psu-token", "client-token"]),
)
async def test_nothing_that_a_caller_sends_is_an_unexpected_failure(method, path, headers, body, token):
    """Every input is hostile; each gets an answer, and it is never a 500."""
    logging.disable()
    try:
        response = await GatewayWorld().ask(method, f"/{path}", headers=headers, body=body, token=token)
    finally:
        logging.disable(logging.NOTSET)
    assert response.status < 500

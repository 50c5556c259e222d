"""One operation through the chain: decided once, confirmed, reloaded, decided again, and never spent twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.pipeline import pipeline
from kernel.access import FamilyState
from kernel.banking.consents import AccountAccess, AccountReference, ConsentState, Permission
from kernel.hot_state.checks import Moved, Unavailable, Unknown, VersionIs, WithinCount
from kernel.operations import Operation
from tests.world.brands import START
from tests.world.gateway.dialect import DIALECT, ROW_OF
from tests.world.gateway.snapshots import CLIENT, CONSENT, FAMILY
from tests.world.gateway.world import GatewayWorld, body_of

BALANCES = "/book/v1/accounts/a1/balances"


@pytest.fixture
def made() -> GatewayWorld:
    return GatewayWorld()


async def test_a_read_asks_all_its_questions_in_one_call(made):
    """Versions of client, family, consent, key set and token; the rate; the unattended count."""
    assert (await made.ask(path=BALANCES)).status == 200
    ((checks, spend),) = made.decisions.calls
    assert spend
    assert {check.subject for check in checks if isinstance(check, VersionIs)} == {
        "main/client/client-1", "main/family/family-1", "main/consent/consent-1", "main/keys", "main/token/jti-1",
    }  # fmt: skip
    assert len(checks) == 7


async def test_a_warm_read_loads_nothing(made):
    """It executes no statement on the consent, registry or journal tables: it asks the hot state and the bank alone."""
    await made.ask(path=BALANCES)
    loads = made.snapshots.loads
    for _ in range(3):
        assert (await made.ask(path=BALANCES)).status == 200
    assert made.snapshots.loads == loads == 3
    assert len(made.decisions.calls) == 4


@pytest.mark.parametrize(
    ("snapshot", "facts", "code"),
    [
        (CLIENT, {"active": False}, "client_inactive"),
        (FAMILY, {"state": FamilyState.ENDED}, "token_revoked"),
        (CONSENT, {"state": ConsentState.REVOKED_BY_PSU}, "consent_revoked"),
    ],
    ids=["client", "family", "consent"],
)
async def test_revoked_means_revoked_on_the_very_next_call(made, snapshot, facts, code):
    """The worker has cached the old version; the hot state names the new one."""
    assert await made.code() == "allowed"
    made.change(snapshot, **facts)
    asked = len(made.upstream.asked)
    assert await made.code() == code
    assert len(made.upstream.asked) == asked


async def test_a_revoked_token_is_refused_though_its_family_lives(made):
    assert await made.code() == "allowed"
    made.decisions.versions["main/token/jti-1"] = 1
    assert await made.code() == "token_revoked"


async def test_new_keys_are_loaded_when_the_set_moved(made):
    assert await made.code() == "allowed"
    made.tokens.stored_version = made.decisions.versions["main/keys"] = 2
    assert await made.code() == "allowed"
    assert made.tokens.version == 2


async def test_a_token_signed_by_a_key_of_tomorrow_is_not_refused_for_old_keys(made):
    """A refusal is confirmed: the worker that does not know a key yet learns of it before it says no."""
    made.tokens.stored_version = made.decisions.versions["main/keys"] = 2
    verify = made.tokens.verify
    made.tokens.verify = lambda brand, presented: verify(brand, presented if made.tokens.version == 2 else "unknown key")
    assert await made.code() == "allowed"


async def test_a_refusal_is_confirmed_without_spending(made):
    assert await made.code(path="/book/v1/accounts/a3") == "account_not_consented"
    ((checks, spend),) = made.decisions.calls
    assert not spend
    assert all(isinstance(check, VersionIs) for check in checks)


async def test_a_refusal_on_an_old_snapshot_is_taken_back(made):
    """The PSU has just added the account: the worker's old snapshot must not refuse it."""
    assert await made.code(path="/book/v1/accounts/a3") == "account_not_consented"
    made.change(CONSENT, access=(*CONSENT.access, AccountAccess(AccountReference("a3", "up3"), frozenset(Permission))))
    assert await made.code(path="/book/v1/accounts/a3") == "allowed"


async def test_a_stranger_costs_the_hot_state_nothing(made):
    assert await made.code(token=None) == "token_missing"
    assert made.decisions.calls == []


async def test_gives_up_when_versions_keep_moving(made):
    made.decisions.answer = lambda check: Moved(99) if isinstance(check, VersionIs) and "consent" in check.subject else None
    assert await made.code() == "overloaded"
    assert len(made.decisions.calls) == pipeline.ATTEMPTS_MAX
    assert made.upstream.asked == []


@pytest.mark.parametrize("verdict", [Unavailable(), Unknown("fill")])
async def test_fails_closed_when_a_version_is_unknown(made, verdict):
    made.decisions.answer = lambda check: verdict if isinstance(check, VersionIs) else None
    assert await made.code() == "overloaded"
    assert made.upstream.asked == []


async def test_fails_closed_when_the_hot_state_is_silent(made, monkeypatch):
    monkeypatch.setattr(pipeline, "DECIDE_SECONDS_MAX", 0.01)

    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()

    made.decisions.decide = never
    assert await made.code() == "overloaded"


class TestDecidedAgain:
    """A response not begun one second after its decision is decided again."""

    def slow(self, made: GatewayWorld, meanwhile: Any = lambda: None) -> None:
        def pass_time() -> None:
            made.monotonic.seconds += 1.0
            if len(made.upstream.asked) == 1:
                meanwhile()

        made.upstream.before = pass_time

    async def test_nothing_changed_and_the_answer_stands(self, made):
        self.slow(made)
        assert (await made.ask(path=BALANCES)).status == 200
        assert [spend for _, spend in made.decisions.calls] == [True, False]
        assert len(made.upstream.asked) == 1

    async def test_nothing_is_spent_twice(self, made):
        self.slow(made)
        await made.ask(path=BALANCES)
        assert not any(isinstance(check, WithinCount) for check in made.decisions.calls[1][0])

    async def test_an_answer_is_withheld_after_a_revocation_meanwhile(self, made):
        self.slow(made, lambda: made.change(CONSENT, state=ConsentState.WITHDRAWN_BY_TPP))
        response = await made.ask(path=BALANCES)
        assert body_of(response)["code"] == "consent_revoked"

    async def test_an_answer_is_withheld_after_the_consent_expired_meanwhile(self, made):
        made.change(CONSENT, valid_until=START.replace(hour=10))

        def an_hour_passes() -> None:
            made.clock.offset = timedelta(hours=1)

        self.slow(made, an_hour_passes)
        assert await made.code(path=BALANCES) == "consent_expired"

    async def test_what_changed_meanwhile_is_read_again(self, made):
        """The PSU took one account out: the first answer would have contained it."""
        made.upstream.before = lambda: None
        only_one = CONSENT.access[:1]

        def narrowed() -> None:
            made.upstream.before = lambda: None
            made.change(CONSENT, access=only_one)

        self.slow(made, narrowed)
        response = await made.ask()
        assert [view["reference"]["id"] for view in body_of(response)] == ["a1"]
        assert len(made.upstream.asked) == 2

    async def test_gives_up_when_every_answer_comes_late(self, made):
        made.monotonic.step = 1.1
        made.upstream.before = lambda: None
        assert await made.code(path=BALANCES) == "overloaded"
        assert len(made.decisions.calls) == 1 + pipeline.ATTEMPTS_MAX

    async def test_a_change_that_is_committed_is_answered_however_late(self, made):
        made.monotonic.step = 5.0
        response = await made.ask("DELETE", "/book/v1/consents/consent-1", token="client-token")
        assert (response.status, response.body) == (204, None)
        assert made.consents.withdrawn == ["consent-1"]


async def test_an_operation_has_a_time_limit(made, monkeypatch):
    monkeypatch.setattr(pipeline, "OPERATION_SECONDS_MAX", 0.01)
    made.upstream.before = lambda: asyncio.Event().wait()
    assert await made.code(path=BALANCES) == "overloaded"


def test_an_operation_without_a_use_case_refuses_to_boot(made):
    with pytest.raises(ValueError, match="no use case answers"):
        pipeline.Pipeline(
            rows=[(DIALECT.services[0], ROW_OF[Operation.LODGE_ACCOUNT_CONSENT])],
            chain=(),
            use_cases={},
            decisions=made.decisions,
            in_flight=made.in_flight,
            clock=made.clock,
            monotonic=made.monotonic,
        )

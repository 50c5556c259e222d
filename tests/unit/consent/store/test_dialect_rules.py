"""The rules in which standards differ, as their callers see them: a consent is lodged, read, withdrawn and read again in each dialect, and
each answer is compared with the dialect's own document."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from consent.store.lifecycle import ConsentEvent, allows, state_after
from kernel import json
from kernel.banking.consents import ConsentState
from kernel.errors import ConsentRevoked, Problem
from kernel.operations import Operation
from openapi import DIALECTS
from openapi.berlin_group.v1_3 import consents as berlin_group
from openapi.codec import Rendering, WireRequest, rendered
from openapi.dialect import Dialect
from openapi.uk_obie.v4_0.aisp import consents as uk
from openapi.uk_obie.v4_0.cbpii import consents as cbpii
from tests.official import validate_answer
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world

UK, BERLIN_GROUP = DIALECTS
EXAMPLES = {UK.name: uk.EXAMPLE, BERLIN_GROUP.name: berlin_group.EXAMPLE.replace(b"2026-12-31", b"9999-12-31")}

# (what is asked, status, consent status or error code). OBIE R/W 4.0 Account Access Consents; NextGenPSD2 XS2A 1.3, consents.
STORIES = {
    UK.name: (
        (Operation.LODGE_ACCOUNT_CONSENT, 201, "AWAU"),
        (Operation.READ_ACCOUNT_CONSENT, 200, "AWAU"),
        (Operation.WITHDRAW_ACCOUNT_CONSENT, 204, None),
        (Operation.READ_ACCOUNT_CONSENT, 400, "U011"),
        (Operation.WITHDRAW_ACCOUNT_CONSENT, 400, "U011"),
    ),
    BERLIN_GROUP.name: (
        (Operation.LODGE_ACCOUNT_CONSENT, 201, "received"),
        (Operation.READ_ACCOUNT_CONSENT, 200, "received"),
        (Operation.WITHDRAW_ACCOUNT_CONSENT, 204, None),
        (Operation.READ_ACCOUNT_CONSENT, 200, "terminatedByTpp"),
        (Operation.READ_ACCOUNT_CONSENT_STATUS, 200, "terminatedByTpp"),
        (Operation.WITHDRAW_ACCOUNT_CONSENT, 401, "CONSENT_INVALID"),
    ),
}


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


class Caller:
    """A TPP that uses the store in one dialect, through its codecs. Every answer is held against the official document."""

    def __init__(self, world: PageWorld, dialect: Dialect) -> None:
        self.world, self.dialect, self.consent_id = world, dialect, "none"
        self.headers: dict[str, str] = {}

    async def ask(self, operation: Operation) -> tuple[int, str | None]:
        row = next(row for row in self.dialect.rows if row.operation is operation)
        request = WireRequest({"ConsentId": self.consent_id, "consentId": self.consent_id}, (), EXAMPLES[self.dialect.name])
        self.headers = {self.dialect.headers.interaction_header: "8c1f7c53-6a0e-4d2b-b7a4-0a8a3f2b9d10"}
        try:
            result = await self.answer(operation, row.decode(request))
            answer = rendered(row.encode(result, self.rendering())) if row.encode else rendered(None)
            status, body = answer.status or row.success, None if answer.body is None else json.encode(answer.body)
            self.headers |= dict(answer.headers)
        except Problem as problem:
            status, _, body = self.dialect.errors.render(problem, row, "id", None)
        if body is not None:
            self.headers["Content-Type"] = self.dialect.media_type
        validate_answer(self.dialect.name, row.method, row.path, status, self.headers, body)
        return status, None if body is None else word_of(json.decode(body, dict))

    async def answer(self, operation: Operation, command: Any) -> Any:
        store = self.world.store
        if operation is Operation.LODGE_ACCOUNT_CONSENT:
            lodged = await store.lodge(BRAND, CLIENT.caller, command.lodgement)
            self.consent_id = lodged.id
            return lodged
        if operation is Operation.WITHDRAW_ACCOUNT_CONSENT:
            return await store.withdraw(BRAND, CLIENT.caller, command.consent_id)
        return await store.read(BRAND, CLIENT.caller, command.consent_id)

    def rendering(self) -> Rendering:
        base = BRAND.mtls_url + self.dialect.services[0].base_path
        now = self.world.clock.now()
        return Rendering(base, base, (), None, ZoneInfo("Europe/Berlin"), now, lambda cursor: cursor, issuer=BRAND.issuer)


def word_of(body: dict[str, Any]) -> str:
    if "Errors" in body:
        return str(body["Errors"][0]["ErrorCode"])
    if "tppMessages" in body:
        return str(body["tppMessages"][0]["code"])
    return str(body["Data"]["Status"] if "Data" in body else body["consentStatus"])


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_a_consent_that_its_tpp_withdrew_is_what_its_standard_says(world: PageWorld, dialect: Dialect) -> None:
    caller = Caller(world, dialect)
    for operation, status, word in STORIES[dialect.name]:
        assert await caller.ask(operation) == (status, word), operation


@pytest.mark.spec("BG-XS2A-1.3-establish-account-information-consent")
async def test_a_berlin_group_consent_says_where_it_is_and_how_its_psu_authenticates(world: PageWorld) -> None:
    """NextGenPSD2 XS2A 1.3, "Account Consent Request": Location, ASPSP-SCA-Approach (OAuth counts as REDIRECT)."""
    caller = Caller(world, BERLIN_GROUP)
    assert await caller.ask(Operation.LODGE_ACCOUNT_CONSENT) == (201, "received")
    assert caller.headers["Location"] == f"{BRAND.mtls_url}/psd2/v1/consents/{caller.consent_id}"
    assert caller.headers["ASPSP-SCA-Approach"] == "REDIRECT"


@pytest.mark.parametrize(("dialect", "returns"), [(UK, True), (BERLIN_GROUP, False)], ids=["uk", "berlin_group"])
async def test_a_consent_that_its_psu_stopped_returns_where_its_standard_lets_it(
    world: PageWorld, dialect: Dialect, returns: bool
) -> None:
    """OBIE R/W 4.0: CANC may become AUTH again, until the consent's validity ends. XS2A 1.3: revokedByPsu is final."""
    caller = Caller(world, dialect)
    await caller.ask(Operation.LODGE_ACCOUNT_CONSENT)
    now = world.clock.now()
    lodged = await world.store.read(BRAND, CLIENT.caller, caller.consent_id)
    stopped = msgspec.structs.replace(lodged, state=ConsentState.REVOKED_BY_PSU, valid_until=now + timedelta(days=1))
    assert allows(stopped, ConsentEvent.AUTHORISE, now) is returns
    assert not allows(stopped, ConsentEvent.AUTHORISE, now + timedelta(days=1))
    assert not allows(stopped, ConsentEvent.RESUME, now)
    if returns:
        assert state_after(stopped, ConsentEvent.AUTHORISE, now) is ConsentState.AUTHORISED
    else:
        with pytest.raises(ConsentRevoked):
            state_after(stopped, ConsentEvent.AUTHORISE, now)


@pytest.mark.parametrize(
    ("dialect", "returns", "word"), [(UK, True, "AUTH"), (BERLIN_GROUP, False, "revokedByPsu")], ids=["uk", "berlin_group"]
)
async def test_a_suspended_consent_is_paused_or_at_its_end_as_its_standard_says(
    world: PageWorld, dialect: Dialect, returns: bool, word: str
) -> None:
    """OBIE R/W 4.0: suspended until its PSU authenticates again. XS2A 1.3: revokedByPsu is final."""
    caller = Caller(world, dialect)
    await caller.ask(Operation.LODGE_ACCOUNT_CONSENT)
    lodged, store = await world.store.read(BRAND, CLIENT.caller, caller.consent_id), world.store
    browser = await world.browser().begin(await world.push(lodged))
    await (await browser.log_in("alice")).approve(0)
    suspended = await store.suspend(BRAND, lodged.id)
    coming_back = (ConsentEvent.AUTHORISE, ConsentEvent.AMEND, ConsentEvent.RESUME)
    assert [allows(suspended, event, world.clock.now()) for event in coming_back] == [returns] * 3
    if returns:
        await store.resume(BRAND, lodged.id)
    else:
        for change in (store.resume(BRAND, lodged.id), store.withdraw(BRAND, CLIENT.caller, lodged.id)):
            with pytest.raises(ConsentRevoked):
                await change
    assert await caller.ask(Operation.READ_ACCOUNT_CONSENT) == (200, word)


async def test_a_uk_consent_to_checks_of_funds_that_its_psu_stopped_never_returns(world: PageWorld) -> None:
    """OBIE R/W 4.0 Confirmation of Funds Consents: it is authorised again only while it is AUTH."""
    lodgement = cbpii.decode_lodge(WireRequest({}, (), cbpii.EXAMPLE)).lodgement
    lodged, now = await world.store.lodge(BRAND, CLIENT.caller, lodgement), world.clock.now()
    given = msgspec.structs.replace(lodged, state=ConsentState.AUTHORISED)
    stopped = msgspec.structs.replace(lodged, state=ConsentState.REVOKED_BY_PSU)
    assert allows(given, ConsentEvent.AUTHORISE, now)
    assert not allows(stopped, ConsentEvent.AUTHORISE, now)


async def test_a_uk_consent_that_its_psu_stopped_is_given_again_on_a_page(world: PageWorld) -> None:
    consent = await world.lodge()
    for chosen in ((0,), ()):  # the second time the consent fixes the accounts
        browser = await world.browser().begin(await world.push(consent))
        await browser.log_in("alice")
        await browser.approve(*chosen)
        assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AUTHORISED
        await world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.REVOKED_BY_PSU


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_an_unanswered_consent_waits_as_long_as_its_rules_say(world: PageWorld, dialect: Dialect) -> None:
    caller = Caller(world, dialect)
    await caller.ask(Operation.LODGE_ACCOUNT_CONSENT)
    consent = await world.store.read(BRAND, CLIENT.caller, caller.consent_id)
    lapses_at = consent.created_at + dialect.rules.unanswered_wait
    assert consent.lapses_at == lapses_at
    assert consent.effective_state(lapses_at - timedelta(microseconds=1)) is ConsentState.AWAITING
    assert consent.effective_state(lapses_at) is ConsentState.REJECTED


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"recurringIndicator": False}, "frequencyPerDay", "FORMAT_ERROR"),
        ({"combinedServiceIndicator": True}, "combinedServiceIndicator", "SESSIONS_NOT_SUPPORTED"),
    ],
)
@pytest.mark.spec("BG-XS2A-1.3-combination-of-ais-and-pis-services")
def test_a_berlin_group_consent_that_is_not_offered_is_refused(change: dict[str, Any], path: str, code: str) -> None:
    body = json.encode(json.decode(berlin_group.EXAMPLE, dict) | change)
    with pytest.raises(Problem) as refused:
        berlin_group.decode_lodge(WireRequest({}, (), body))
    status, _, answer = BERLIN_GROUP.errors.render(refused.value, None, "id", None)
    [message] = json.decode(answer or b"", dict)["tppMessages"]
    assert (status, message["code"], message["path"]) == (400, code, path)


@pytest.mark.spec("BG-XS2A-1.3-establish-account-information-consent")
async def test_a_berlin_group_consent_for_a_single_use_ends_soon_after_its_psu_has_agreed(world: PageWorld) -> None:
    """And shows the day on which it ends, not the day that was asked for."""
    body = json.decode(berlin_group.EXAMPLE, dict) | {
        "recurringIndicator": False,
        "frequencyPerDay": 1,
        "validUntil": "9999-12-31",
    }
    lodgement = berlin_group.decode_lodge(WireRequest({}, (), json.encode(body))).lodgement
    lodged = await world.store.lodge(BRAND, CLIENT.caller, lodgement)
    browser = await world.browser().begin(await world.push(lodged))
    await (await browser.log_in("alice")).approve(0)
    caller = Caller(world, BERLIN_GROUP)
    shown = berlin_group.encode_consent(await world.store.read(BRAND, CLIENT.caller, lodged.id), caller.rendering())
    assert (shown.recurring_indicator, shown.valid_until) == (False, world.clock.now().date().isoformat())
    caller.consent_id = lodged.id
    assert await caller.ask(Operation.READ_ACCOUNT_CONSENT_STATUS) == (200, "valid")
    world.clock.advance(timedelta(minutes=20))
    assert await caller.ask(Operation.READ_ACCOUNT_CONSENT_STATUS) == (200, "expired")


def test_a_berlin_group_validity_ends_with_its_day_at_the_bank() -> None:
    """XS2A 1.3: validUntil is inclusive."""
    request = WireRequest({}, (), berlin_group.EXAMPLE, zone=ZoneInfo("Europe/Berlin"))
    valid_until = berlin_group.decode_lodge(request).lodgement.valid_until
    assert valid_until is not None
    assert valid_until.astimezone(UTC).isoformat() == "2026-12-31T23:00:00+00:00"

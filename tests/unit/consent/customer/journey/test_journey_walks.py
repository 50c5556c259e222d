"""The PSU's way from the authorization request to its answer, as a browser without scripts walks it."""

import asyncio
from datetime import timedelta

import pytest

from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentState, Permission
from tests.world.brands import BRAND, START
from tests.world.clients import BOROUGH, CLIENT, REDIRECT_URI


async def begun(world, **facts):
    consent = await world.lodge(**facts)
    return consent, await world.browser().begin(await world.push(consent))


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.2")
async def test_alice_chooses_two_accounts_and_the_client_gets_a_code(both_world):
    world = both_world
    consent, browser = await begun(world)
    assert browser.path == "/login"
    await browser.log_in("alice")
    assert browser.path == "/consent"
    await browser.approve(0, 1)
    assert browser.status == 303
    assert browser.response.headers["Location"].startswith(f"{REDIRECT_URI}?")
    assert set(browser.answer) == {"code", "state", "iss"}
    authorised = await world.store.load(BRAND, consent.id)
    assert authorised.state is ConsentState.AUTHORISED
    assert [reference.upstream_id for reference in authorised.accounts] == ["up-1", "up-2"]
    assert authorised.psu_id == "psu-alice"
    assert world.versions.published[f"main/consent/{consent.id}"] == authorised.version == 2


@pytest.mark.spec("RTS-29")
async def test_what_the_psu_saw_and_what_proves_it_are_kept(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await browser.approve(1)
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.status is AuthorisationStatus.SUCCEEDED
    assert kept.shown.accounts == ("Rainy day savings, ending 4321",)
    assert kept.shown.client_name == CLIENT.name
    assert (kept.evidence.method, kept.evidence.simulated) == ("device", True)
    assert kept.ended_at is not None
    (row,) = await world.books.consents.authorisations()
    assert b"4321" not in row.shown


async def test_every_change_has_its_journal_entry_and_its_event(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await browser.approve(0)
    kinds = await world.books.records.kinds(consent.id)
    assert kinds == ["consent.lodged", "consent.authorised"]
    assert [(row.aggregate_version, row.kind) for row in await world.books.records.events()] == [
        (1, "consent.lodged"),
        (2, "consent.authorised"),
    ]


async def test_bob_confirms_with_a_code_before_anything_of_his_is_shown(world):
    _, browser = await begun(world)
    await browser.log_in("bob")
    assert browser.path == "/sca"
    assert browser.shows("otp")
    assert browser.shows("otp-submit")
    assert browser.shows("consent-deny")
    assert "6666" not in browser.html
    await browser.post({"otp": "123 456"})
    assert browser.path == "/consent"
    await browser.approve(0)
    assert "code" in browser.answer


async def test_carol_falls_back_from_a_passkey_to_a_code(world):
    _, browser = await begun(world)
    await browser.log_in("carol")
    assert browser.shows("otp")


async def test_a_customer_without_any_usable_method_reads_so(world):
    _, browser = await begun(world)
    await browser.log_in("nell")
    assert browser.status == 403
    assert "access_denied" in browser.text


async def test_a_device_that_waits_is_asked_again(world):
    _, browser = await begun(world)
    await browser.log_in("gale")
    assert browser.shows("sca-continue")
    await browser.post({})
    assert browser.path == "/sca"
    assert "has not confirmed yet" in browser.text
    world.identity.confirmed = True
    await browser.post({})
    assert browser.path == "/consent"


async def test_nothing_is_preselected_and_choosing_nothing_is_an_error(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    assert "checked" not in browser.html
    await browser.post({})
    assert browser.path == "/consent"
    assert 'role="alert"' in browser.html
    assert "<title>Error: " in browser.html
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AWAITING
    await browser.approve(0)
    assert "code" in browser.answer


async def test_an_invented_handle_chooses_nothing(world):
    _, browser = await begun(world)
    await browser.log_in("alice")
    await browser.post({"account": ["up-1", "80200112345678", "x"]})
    assert 'role="alert"' in browser.html


async def test_handles_of_another_journey_choose_nothing(world):
    _, one = await begun(world)
    await one.log_in("alice")
    _, other = await begun(world)
    await other.log_in("alice")
    assert set(one.handles).isdisjoint(other.handles)
    await other.post({"account": one.handles})
    assert 'role="alert"' in other.html


async def test_the_page_shows_who_asks_for_what_and_masks_numbers(world):
    _, browser = await begun(world)
    await browser.log_in("alice")
    for words in (CLIENT.name, CLIENT.organisation_name, "Choose accounts to share", "5678", "4321", "No end date"):
        assert words in browser.text
    assert "12345678" not in browser.html
    assert "up-1" not in browser.html
    assert "Old account" not in browser.text  # not eligible
    assert browser.shows("consent-approve")
    assert browser.shows("consent-deny")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "All that we show you ourselves"),
        ({"transactions_from": START}, "From 1 July 2026 onwards"),
        ({"transactions_to": START}, "Up to 1 July 2026"),
        ({"transactions_from": START, "transactions_to": START + timedelta(days=31)}, "From 1 July 2026 to 1 August 2026"),
        ({"valid_until": START + timedelta(days=1)}, "Until 2 July 2026 at 10:00"),
        ({"look_back_days": 90}, "The last 90 days before you agree"),
        ({"look_back_days": 1}, "The last day before you agree"),
        ({"is_recurring": False}, "Once, in the minutes after you agree"),
    ],
)
async def test_periods_are_said_in_the_banks_own_time(world, facts, words):
    _, browser = await begun(world, **facts)
    await browser.log_in("alice")
    assert words in browser.text


@pytest.mark.parametrize(
    ("asked", "words"), [(1, "Once a day"), (3, "Up to 3 times a day"), (1_000_000, "Up to 4 times a day"), (None, "")]
)
async def test_the_page_says_how_often_a_third_party_may_look_by_itself(world, asked, words):
    """As it is granted, not as it was asked for; the same is kept of the page, and stands on the dashboard."""
    consent, browser = await begun(world, frequency_per_day=asked)
    await browser.log_in("alice")
    assert ("While you are away" in browser.text) is bool(words)
    assert words in browser.text
    await browser.approve(0)
    (authorisation,) = await world.store.authorisations(BRAND, consent.id)
    assert authorisation.shown.frequency == words


async def test_the_page_says_what_the_data_is_for_and_the_dashboard_repeats_it(world):
    consent, browser = await begun(world, purpose="To find you a cheaper loan")
    await browser.log_in("alice")
    assert "What they say it is for" in browser.text
    assert "To find you a cheaper loan" in browser.text
    await browser.approve(0)
    (authorisation,) = await world.store.authorisations(BRAND, consent.id)
    assert authorisation.shown.purpose == "To find you a cheaper loan"


async def test_a_page_without_a_purpose_says_nothing_of_one(world):
    _, browser = await begun(world)
    await browser.log_in("alice")
    assert "is for" not in browser.text


async def test_a_consent_for_one_use_ends_soon_after_its_psu_has_agreed(both_world):
    world = both_world
    consent, browser = await begun(world, is_recurring=False, valid_until=START + timedelta(days=30))
    world.clock.advance(timedelta(minutes=1))
    await (await browser.log_in("alice")).approve(0)
    agreed = await world.store.load(BRAND, consent.id)
    assert (agreed.state, agreed.is_recurring) == (ConsentState.AUTHORISED, False)
    assert agreed.valid_until == agreed.authorised_at + timedelta(minutes=20)
    lasting, browser = await begun(world, valid_until=START + timedelta(days=30))
    await (await browser.log_in("alice")).approve(0)
    assert (await world.store.load(BRAND, lasting.id)).valid_until == START + timedelta(days=30)


async def test_no_period_of_transactions_where_none_are_asked_for(world):
    _, browser = await begun(world, permissions=frozenset({Permission.ACCOUNTS_BASIC}))
    await browser.log_in("alice")
    assert "Transactions" not in browser.text


async def test_dave_has_nothing_to_share_and_may_only_return(world):
    consent, browser = await begun(world)
    await browser.log_in("dave")
    assert "no account to share" in browser.text
    assert browser.shows("consent-deny")
    assert not browser.shows("consent-approve")
    await browser.post({"account": ["anything"]})
    assert browser.path == "/consent"
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.REJECTED


@pytest.mark.parametrize(("name", "path"), [("alice", "/consent"), ("bob", "/sca")])
async def test_denying_rejects_the_consent_and_informs_the_client(world, name, path):
    consent, browser = await begun(world)
    await browser.log_in(name)
    assert browser.path == path
    await browser.deny()
    assert browser.answer == {
        "error": "access_denied",
        "error_description": "The customer did not grant access.",
        "state": "the-state",
        "iss": BRAND.issuer,
    }
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.REJECTED
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.status is AuthorisationStatus.FAILED
    assert browser.cookies == {}


async def test_leaving_before_login_decides_nothing_about_the_consent(world):
    """No customer was authenticated: anyone who holds the link could have done it."""
    consent, browser = await begun(world)
    await browser.post({"action": "cancel"})
    assert browser.answer["error"] == "access_denied"
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AWAITING


async def test_approving_twice_at_once_makes_one_code(both_world):
    world = both_world
    _, browser = await begun(world)
    await browser.log_in("alice")
    fields = {"form_token": browser.token, "account": browser.handles}
    answers = await asyncio.gather(*(browser.send("/consent", fields) for _ in range(6)))
    assert sorted(response.status for response in answers) == [303, 409, 409, 409, 409, 409]
    assert len(await world.books.oauth.codes()) == 1


async def test_approving_and_denying_at_once_gives_one_answer(both_world):
    world = both_world
    consent, browser = await begun(world)
    await browser.log_in("alice")
    token = browser.token
    answers = await asyncio.gather(
        browser.send("/consent", {"form_token": token, "account": browser.handles}),
        browser.send("/consent", {"form_token": token, "action": "deny"}),
    )
    assert sorted(response.status for response in answers) == [303, 409]
    (given,) = (response.headers["Location"] for response in answers if response.status == 303)
    state = (await world.store.load(BRAND, consent.id)).state
    assert state is (ConsentState.AUTHORISED if "code=" in given else ConsentState.REJECTED)


async def test_two_journeys_of_one_request_have_one_answer(world):
    consent = await world.lodge()
    pushed = await world.push(consent)
    one, other = await world.browser().begin(pushed), await world.browser().begin(pushed)
    await one.log_in("alice")
    await other.log_in("bob")
    await one.approve(0)
    assert "code" in one.answer
    await other.post({"otp": "123456"})
    assert other.status == 400
    assert "invalid_request_uri" in other.text


async def test_a_consent_withdrawn_meanwhile_is_not_authorised(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await world.store.withdraw(BRAND, CLIENT.caller, consent.id)
    await browser.approve(0)
    assert browser.status == 400
    assert "access_denied" in browser.text
    assert await world.books.oauth.codes() == []


async def test_a_consent_that_runs_out_on_the_way_is_not_authorised(world):
    _, browser = await begun(world, valid_until=START + timedelta(minutes=2))
    await browser.log_in("alice")
    world.clock.advance(timedelta(minutes=3))
    await browser.approve(0)
    assert browser.status == 400
    assert await world.books.oauth.codes() == []


async def test_the_same_psu_may_authorise_again_and_the_earlier_family_ends(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await browser.approve(1)
    again = await world.browser().begin(await world.push(consent))
    await again.log_in("alice")
    assert again.handles == []  # the consent fixes its accounts: they are text
    assert again.shows("account-0")
    assert "4321" in again.text
    assert "5678" not in again.text
    await again.post({"account": ["up-1"]})
    assert "code" in again.answer
    current = await world.store.load(BRAND, consent.id)
    assert [reference.upstream_id for reference in current.accounts] == ["up-2"]
    assert [subject for subject in world.versions.published if "/family/" in subject] != []


async def test_declining_to_renew_leaves_what_was_given(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await browser.approve(0)
    again = await world.browser().begin(await world.push(consent))
    await again.log_in("alice")
    await again.deny()
    assert again.answer["error"] == "access_denied"
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AUTHORISED


async def test_another_customer_cannot_take_over_an_authorised_consent(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await browser.approve(0)
    other = await world.browser().begin(await world.push(consent))
    await other.log_in("carol")
    await other.post({"otp": "123456"})
    assert "not yours" in other.text
    assert not other.shows("consent-approve")
    await other.deny()
    assert (await world.store.load(BRAND, consent.id)).psu_id == "psu-alice"


async def test_an_unfit_consent_is_refused_before_any_page(world):
    consent = await world.lodge(BOROUGH)
    browser = await world.browser().begin(await world.push(consent))
    assert browser.answer["error"] == "access_denied"
    rejected = await world.lodge()
    await world.store.reject(BRAND, rejected.id)
    browser = await world.browser().begin(await world.push(rejected))
    assert browser.answer["error"] == "access_denied"


async def test_one_account_keeps_its_id_in_every_consent_of_one_organisation(world):
    seen = []
    for client in (CLIENT, CLIENT, BOROUGH):
        consent = await world.lodge(client)
        browser = await world.browser().begin(await world.push(consent, client))
        await browser.log_in("alice")
        await browser.approve(0)
        seen.append((await world.store.load(BRAND, consent.id)).accounts[0].id)
    assert seen[0] == seen[1] != seen[2]
    reference = await world.store.account_reference(BRAND, "acme", seen[0])
    assert reference.upstream_id == "up-1"
    assert await world.store.account_reference(BRAND, "borough", seen[0]) is None

"""The Customer Experience Guidelines for account information, line by line: the screens of authentication, then the dashboard.

UK Open Banking CEG checklist; each test is one line of it.
"""

import re

import pytest

from kernel.banking.consents import ConsentState, Permission
from openapi.uk_obie.shared.clusters import CLUSTERS
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.customers import CODE

# Words that argue with a customer who shares, or stops sharing.
DISSUADING = re.compile(
    r"are you sure|warning|risk|danger|careful|beware|think twice|recommend|advise against|we do not trust|unsafe|regret|lose|sorry",
    re.I,
)


async def begun(visits, **facts):
    consent = await visits.world.lodge(**facts)
    return consent, await visits.world.browser().begin(await visits.world.push(consent))


class TestAuthenticationScreens:
    async def test_the_redirect_adds_no_page_to_those_of_the_bank_itself(self, visits):
        """1: log in and choose; for a customer who types a code, one page more."""
        _, alice = await begun(visits)
        seen = [alice.path]
        await alice.log_in("alice")
        seen.append(alice.path)
        await alice.approve(0)
        assert (seen, alice.status, "code" in alice.answer) == (["/login", "/consent"], 303, True)
        _, bob = await begun(visits)
        seen = [bob.path]
        await bob.log_in("bob")
        seen.append(bob.path)
        await bob.post({"otp": CODE})
        seen.append(bob.path)
        await bob.approve(0)
        assert (seen, bob.status, "code" in bob.answer) == (["/login", "/sca", "/consent"], 303, True)

    async def test_there_is_one_strong_authentication(self, visits):
        """1: a journey asks for a second factor once."""
        _, browser = await begun(visits)
        await browser.log_in("alice")
        await browser.approve(0)
        assert len(visits.world.identity.started) == 1

    async def test_the_customer_is_not_asked_to_confirm_the_consent_again(self, visits):
        """2: the page's verb is to choose accounts; what was agreed with the third party is said, not asked."""
        _, browser = await begun(visits)
        await browser.log_in("alice")
        assert "<h1>Choose accounts to share</h1>" in browser.html
        assert not re.search(r"\bconsent\b|\bagree\b|\bconfirm that\b|\bauthori[sz]e\b", browser.text, re.I)
        assert re.findall(r'type="(checkbox|radio)" name="(\w+)"', browser.html) == [("checkbox", "account")] * 2

    async def test_permissions_cannot_be_taken_out_one_by_one(self, visits):
        """2: the consent is accepted or refused as a whole."""
        consent, browser = await begun(visits)
        await browser.log_in("alice")
        await browser.post({"account": [browser.handles[0]], "permission": "balances"})
        assert (await visits.world.store.load(BRAND, consent.id)).permissions == consent.permissions

    async def test_no_words_dissuade(self, visits):
        """2"""
        _, browser = await begun(visits)
        pages = [browser.text]
        await browser.log_in("alice")
        pages.append(browser.text)
        assert [found for page in pages for found in DISSUADING.findall(page)] == []

    async def test_the_third_partys_own_name_stands_on_every_page(self, visits):
        """3"""
        _, browser = await begun(visits)
        names = [CLIENT.name in browser.text]
        await browser.log_in("bob")
        names.append(CLIENT.name in browser.text)
        await browser.post({"otp": CODE})
        names.append(CLIENT.name in browser.text)
        assert names == [True] * 3

    async def test_data_is_described_in_clusters_that_name_the_permissions(self, visits):
        """4, 13a and 13b"""
        _, browser = await begun(visits)
        await browser.log_in("alice")
        clusters = re.findall(r"<details class=\"cluster\" open>\s*<summary>(.+?)</summary>\s*<ul>(.+?)</ul>", browser.html, re.S)
        assert [heading for heading, _ in clusters] == ["Your account details", "Your account transactions"]
        assert [sentences.count("<li>") for _, sentences in clusters] == [2, 3]

    async def test_where_basic_and_detail_are_asked_for_detail_is_shown(self, visits):
        """4"""
        both = frozenset({Permission.ACCOUNTS_BASIC, Permission.ACCOUNTS_DETAIL})
        _, browser = await begun(visits, permissions=both)
        await browser.log_in("alice")
        assert "Your name on the account, your account number and sort code" in browser.text
        assert "the name you gave it" not in browser.text

    @pytest.mark.spec("OBIE-CEG-permissions-and-data-clusters")
    def test_the_clusters_are_those_of_the_guidelines(self):
        """4, table of data clusters: each permission stands in one of them."""
        assert [heading for heading, _ in CLUSTERS] == [
            "Your account details",
            "Your regular payments",
            "Your account transactions",
            "Your statements",
            "Your account features and benefits",
            "Contact and party details",
        ]
        assert sorted(permission for _, rows in CLUSTERS for permission, _, _ in rows) == sorted(Permission)

    async def test_the_way_back_is_immediate(self, visits):
        """7: the answer to the form is the redirect itself."""
        _, browser = await begun(visits)
        await browser.log_in("alice")
        response = await browser.send("/consent", {"form_token": browser.token, "account": browser.handles[:1]})
        assert response.status == 303
        assert response.headers["Location"].startswith(CLIENT.redirect_uris[0])

    async def test_refusing_leads_back_too(self, visits):
        """7"""
        _, browser = await begun(visits)
        await browser.log_in("alice")
        await browser.deny()
        assert browser.answer["error"] == "access_denied"


class TestDashboard:
    @pytest.mark.spec("OBIE-CEG-access-dashboards")
    async def test_it_is_there_within_two_clicks(self, visits):
        """10: one address, and behind its login the list itself."""
        browser = await visits.world.browser().get("/consents")
        await browser.log_in("alice")
        assert browser.path == "/consents"
        assert "Who can see your accounts" in browser.text

    async def test_it_names_brand_and_company(self, visits):
        """10"""
        await visits.give()
        text = (await visits.visit()).text
        assert CLIENT.name in text
        assert CLIENT.organisation_name in text

    async def test_it_shows_clusters_and_opens_to_the_permissions(self, visits):
        """10"""
        consent = await visits.give()
        browser = await visits.visit()
        assert "Your account details" in browser.text
        assert "How much money is in your account" not in browser.text
        await browser.get(f"/consents/{consent.id}")
        assert "How much money is in your account" in browser.text

    async def test_it_says_active_or_inactive(self, visits):
        """10"""
        consent = await visits.give()
        assert re.search(r"Status:\s*Active", re.sub(r"\s+", " ", (await visits.visit()).text))
        await visits.world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
        assert re.search(r"Status:\s*Inactive", re.sub(r"\s+", " ", (await visits.visit()).text))

    async def test_it_says_since_when_and_until_when(self, visits):
        """10: granted on, and an end where there is one."""
        await visits.give()
        text = (await visits.visit()).text
        assert re.search(r"Granted\s+1 July 2026", text)
        assert re.search(r"How long\s+Until you stop it", text)

    async def test_it_says_how_often_a_third_party_may_look_while_the_customer_is_away(self, visits):
        """RTS (EU) 2018/389 article 36(5)(b): where the consent has a number of its own, as it is granted."""
        await visits.give(frequency_per_day=1_000_000)
        assert re.search(r"While you are away\s+Up to 4 times a day", (await visits.visit()).text)

    async def test_it_lists_the_accounts(self, visits):
        """10"""
        await visits.give("alice", 0, 1)
        text = (await visits.visit()).text
        assert "Everyday current account" in text
        assert "Rainy day savings" in text

    async def test_looking_and_cancelling_are_offered_alike(self, visits):
        """10: the same kind of button, side by side, on every entry."""
        await visits.give()
        pair = re.search(r'<div class="pair">(.+?)</div>', (await visits.visit()).html, re.S)[1]
        assert re.findall(r'<a class="([^"]+)"', pair) == ["button button-quiet"] * 2
        assert "See details" in pair
        assert "Stop sharing" in pair

    async def test_it_advises_to_ask_the_third_party_about_what_follows(self, visits):
        """10: where it is decided, and on the details."""
        consent = await visits.give()
        browser = await visits.visit()
        for path in (f"/consents/{consent.id}", f"/consents/{consent.id}/revoke"):
            await browser.get(path)
            assert re.search(rf"contact {CLIENT.name}", browser.text, re.I)

    async def test_nothing_dissuades_from_looking_or_cancelling(self, visits):
        """10"""
        consent = await visits.give()
        browser = await visits.visit()
        pages = [browser.text]
        for path in (f"/consents/{consent.id}", f"/consents/{consent.id}/revoke"):
            pages.append((await browser.get(path)).text)
        pages.append((await browser.post({})).text)
        assert [found for page in pages for found in DISSUADING.findall(page)] == []

    async def test_it_can_be_searched_and_sorted(self, visits):
        """10"""
        await visits.give()
        html = (await visits.visit()).html
        assert '<form method="get" action="/consents"' in html
        assert 'name="q"' in html
        assert 'name="sort"' in html

    async def test_cancelling_ends_consent_and_tokens_and_says_so(self, visits):
        """Effect of cancel: the consent is cancelled, its tokens end, an event says so."""
        consent = await visits.give()
        browser = await visits.visit()
        await browser.get(f"/consents/{consent.id}/revoke")
        await browser.post({})
        assert (await visits.world.store.load(BRAND, consent.id)).state is ConsentState.REVOKED_BY_PSU
        assert any(subject.startswith("main/family/") for subject in visits.world.versions.published)
        kinds = await visits.world.books.records.events_of(consent.id)
        assert kinds == ["consent.lodged", "consent.authorised", "consent.revoked"]

    async def test_what_the_third_party_gave_up_is_past(self, visits):
        """TPP-side revocation."""
        consent = await visits.give()
        await visits.world.store.withdraw(BRAND, CLIENT.caller, consent.id)
        assert "They withdrew it" in (await visits.visit()).text

    @pytest.mark.parametrize("reason", ["closed", "switched"])
    async def test_an_account_that_goes_takes_only_itself_along(self, visits, reason):
        """Account closure and switch."""
        from consent.ports import AccountRemoval

        consent = await visits.give("alice", 0, 1)
        await visits.world.store.remove_account(BRAND, "up-1", AccountRemoval(reason))
        browser = await visits.visit()
        assert "Everyday current account" not in browser.text
        assert "Rainy day savings" in browser.text
        assert re.search(r"Status:\s*Active", re.sub(r"\s+", " ", browser.text))
        await browser.get(f"/consents/{consent.id}")
        assert "was taken out" in browser.text

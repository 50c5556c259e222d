"""The use cases, through the whole chain: what a consent covers is answered, and nothing more."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from gateway.accounts import consented_accounts
from gateway.accounts.pages.listing import ATTENDED_LISTING, LINK_LIFETIME
from gateway.accounts.pages.page_turn import PAGE_SIZE_MAX
from kernel.banking import commands
from kernel.banking.accounts import TransactionPage, TransactionStatus
from kernel.banking.consents import AccountsTerms, ConsentKind, Permission
from kernel.errors import AccountNotConsented
from openapi.berlin_group.v1_3.dialect import DIALECT as BERLIN_GROUP
from openapi.codec import WireRequest
from tests.world.brands import START
from tests.world.gateway.dialect import SEE, decode_lodge
from tests.world.gateway.snapshots import CLIENT, CONSENT, FAMILY, TOKEN, opening, within
from tests.world.gateway.upstream import transaction
from tests.world.gateway.world import GatewayWorld, body_of

TRANSACTIONS = "/book/v1/transactions"


@pytest.fixture
def made() -> GatewayWorld:
    return GatewayWorld()


JSON = {"Content-Type": "application/json"}


class TestConsents:
    async def lodge(self, made, body=b"{}", token="client-token"):
        return await made.ask("POST", "/book/v1/consents", body=body, headers=JSON, token=token)

    async def test_lodges_what_was_asked_for(self, made):
        response = await self.lodge(made, b'{"until":"2027-01-01T00:00:00Z"}')
        assert (response.status, body_of(response)["id"]) == (201, "consent-9")
        assert made.consents.lodged[0].valid_until.year == 2027

    @pytest.mark.parametrize("until", ["2026-07-01T09:00:00Z", "1999-01-01T00:00:00Z"])
    async def test_refuses_a_consent_that_has_ended_already_naming_the_dialects_path(self, made, until):
        response = await self.lodge(made, b'{"until":"%s"}' % until.encode())
        assert body_of(response) | {"id": ""} == {"code": "field_date_invalid", "id": "", "path": "until"}
        assert made.consents.lodged == []

    async def test_refuses_a_window_that_ends_before_it_begins(self, made, monkeypatch):
        lodgement = decode_lodge(WireRequest({}, (), b"{}")).lodgement
        terms = AccountsTerms(
            permissions=frozenset(Permission), transactions_from=START, transactions_to=START - timedelta(days=1)
        )
        backwards = msgspec.structs.replace(lodgement, terms=terms)
        monkeypatch.setattr(commands.LodgeConsent, "__init__", lambda self, _: object.__setattr__(self, "lodgement", backwards))
        assert body_of(await self.lodge(made))["path"] == "to"

    async def test_a_psus_token_is_not_for_managing_consents(self, made):
        assert body_of(await self.lodge(made, token="psu-token"))["code"] == "grant_insufficient"

    async def test_reads_and_withdraws_its_own(self, made):
        assert body_of(await made.ask(path="/book/v1/consents/consent-1", token="client-token"))["id"] == "consent-1"
        response = await made.ask("DELETE", "/book/v1/consents/consent-1", token="client-token")
        assert (response.status, response.body, response.headers.get("Content-Type")) == (204, None, None)

    @pytest.mark.parametrize("consent_id", ["consent-7", "a\x00b", "é", "x" * 200, "payment-1"])
    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_any_other_consent_is_unknown(self, made, method, consent_id):
        made.consents.stored["payment-1"] = msgspec.structs.replace(CONSENT, kind=ConsentKind.PAYMENT)
        assert await made.code(method, f"/book/v1/consents/{consent_id}", token="client-token") == "consent_unknown"
        assert made.consents.withdrawn == []


class TestAccounts:
    async def test_lists_the_consents_accounts_in_its_order(self, made):
        assert [view["reference"]["id"] for view in body_of(await made.ask())] == ["a1", "a2"]
        assert made.upstream.asked == [("accounts", ("up1", "up2"))]

    async def test_an_account_that_the_bank_no_longer_has_is_simply_absent(self, made):
        made.upstream.account_ids = ("up2",)
        assert [view["reference"]["id"] for view in body_of(await made.ask())] == ["a2"]
        assert await made.code(path="/book/v1/accounts/a1") == "account_unknown"

    async def test_a_consent_without_accounts_asks_the_bank_nothing(self, made):
        made.store(msgspec.structs.replace(CONSENT, access=()))
        for path in ("accounts", "balances", "transactions"):
            assert (await made.ask(path=f"/book/v1/{path}")).status == 200
        assert made.upstream.asked == []

    async def test_balances_come_with_an_account_only_if_asked_for_and_permitted(self, made):
        path, query = "/book/v1/accounts/a1", [("balances", "yes")]
        assert body_of(await made.ask(path=path))["balances"] is None
        assert len(body_of(await made.ask(path=path, query=query))["balances"]) == 1
        made.change(CONSENT, **opening(frozenset({Permission.ACCOUNTS_BASIC})))
        assert body_of(await made.ask(path=path, query=query))["balances"] is None

    async def test_balances_are_of_one_account_or_of_all(self, made):
        assert [view["account_id"] for view in body_of(await made.ask(path="/book/v1/accounts/a2/balances"))] == ["a2"]
        assert [view["account_id"] for view in body_of(await made.ask(path="/book/v1/balances"))] == ["a1", "a2"]

    def test_a_command_outside_the_consent_is_refused_once_more(self):
        with pytest.raises(AccountNotConsented):
            consented_accounts.covered(CONSENT, SEE, "a3")


async def walk(made: GatewayWorld, path: str = TRANSACTIONS, query: tuple[tuple[str, str], ...] = ()) -> list[list[str]]:
    """All pages' transaction ids, following `next`."""
    pages, seen = [], set()
    while True:
        response = await made.ask(path=path, query=query)
        assert response.status == 200, response.body
        shown = body_of(response)
        pages.append(shown["ids"])
        if shown["next"] is None:
            return pages
        assert shown["next"] not in seen
        seen.add(shown["next"])
        query = tuple(parse_qsl(urlsplit(shown["next"]).query))


class TestTransactions:
    async def test_pages_through_every_row_once_newest_first(self, made):
        pages = await walk(made, query=(("size", "7"),))
        rows = [number for page in pages for number in page]
        assert [len(page) for page in pages] == [7, 7, 6]
        assert rows == [f"t{number}" for number in range(30, 0, -1) if number % 3 != 2]

    async def test_rows_that_arrive_later_do_not_appear(self, made):
        first = body_of(await made.ask(path=TRANSACTIONS, query=(("size", "5"),)))
        made.upstream.rows.append(transaction(31, "up1", booked_at=START - timedelta(days=2)))
        rest = await walk(made, query=tuple(parse_qsl(urlsplit(first["next"]).query)))
        assert "t31" not in [each for page in rest for each in page]

    async def test_one_account_answers_for_itself(self, made):
        shown = body_of(await made.ask(path="/book/v1/accounts/a2/transactions"))
        assert shown["accounts"] == ["a2"]

    async def test_the_window_is_what_was_asked_for_within_what_was_consented(self, made):
        base = START - timedelta(days=1)
        made.store(
            msgspec.structs.replace(
                CONSENT,
                **within(transactions_from=base + timedelta(seconds=10), transactions_to=base + timedelta(seconds=20)),
            )
        )
        asked = (("from", (base + timedelta(seconds=5)).isoformat()), ("to", (base + timedelta(seconds=15)).isoformat()))
        shown = body_of(await made.ask(path=TRANSACTIONS, query=asked))
        assert shown["ids"] == ["t15", "t13", "t12", "t10"]
        assert shown["first"] == "2026-06-30T09:00:10Z"
        assert shown["last"] == "2026-06-30T09:00:20Z"

    async def test_a_look_back_counts_from_the_moment_of_agreement(self, made):
        """And opens no more than the bounds that come with it."""
        agreed = START - timedelta(days=1) + timedelta(days=2, seconds=10)
        looking = within(look_back_days=2)
        made.store(msgspec.structs.replace(CONSENT, authorised_at=agreed, **looking))
        assert body_of(await made.ask(path=TRANSACTIONS))["first"] == "2026-06-30T09:00:10Z"
        later = within(look_back_days=2, transactions_from=START - timedelta(days=1) + timedelta(seconds=15))
        made.store(msgspec.structs.replace(CONSENT, version=CONSENT.version + 1, authorised_at=agreed, **later))
        assert body_of(await made.ask(path=TRANSACTIONS))["first"] == "2026-06-30T09:00:15Z"

    async def test_a_window_outside_the_consent_is_empty_without_asking(self, made):
        made.store(msgspec.structs.replace(CONSENT, **within(transactions_to=START - timedelta(days=9))))
        shown = body_of(await made.ask(path=TRANSACTIONS, query=(("from", START.isoformat()),)))
        assert (shown["ids"], shown["next"], made.upstream.asked) == ([], None, [])

    @pytest.mark.parametrize(
        ("held", "seen"),
        [
            ({Permission.TRANSACTIONS_CREDITS}, ["t2"]),
            ({Permission.TRANSACTIONS_DEBITS}, ["t1"]),
            ({Permission.TRANSACTIONS_CREDITS, Permission.TRANSACTIONS_DEBITS}, ["t2", "t1"]),
            (set(), []),
        ],
    )
    async def test_credits_and_debits_as_permitted(self, made, held, seen):
        made.upstream.rows = [transaction(1, minor=-5), transaction(2, minor=5)]
        made.store(msgspec.structs.replace(CONSENT, **opening(frozenset({Permission.TRANSACTIONS_BASIC, *held}))))
        assert body_of(await made.ask(path=TRANSACTIONS))["ids"] == seen

    async def test_one_status_if_asked_for(self, made):
        made.upstream.rows = [transaction(1), transaction(2, status=TransactionStatus.PENDING)]
        assert body_of(await made.ask(path=TRANSACTIONS, query=[("status", "pending")]))["ids"] == ["t2"]

    async def test_a_page_is_never_larger_than_ours(self, made):
        await made.ask(path=TRANSACTIONS, query=[("size", "100000")])
        assert made.upstream.asked[0][2].limit == PAGE_SIZE_MAX

    async def test_nothing_available_is_said_as_such(self, made):
        made.upstream.answers = TransactionPage((), False, 0)
        shown = body_of(await made.ask(path=TRANSACTIONS))
        assert (shown["first"], shown["last"]) == (None, None)


ATTENDED = {"X-PSU": "192.0.2.7"}


class TestCursors:
    async def next_of(self, made: GatewayWorld, path: str = TRANSACTIONS, psu: bool = False, **query: str) -> dict[str, str]:
        shown = body_of(await made.ask(path=path, query=tuple({"size": "5", **query}.items()), headers=ATTENDED if psu else ()))
        return dict(parse_qsl(urlsplit(shown["next"]).query))

    async def test_the_link_keeps_the_filters(self, made):
        query = await self.next_of(made, **{"from": "2026-06-01T00:00:00+00:00"})
        assert (query["size"], query["from"]) == ("5", "2026-06-01T00:00:00+00:00")

    async def test_a_later_page_is_free_of_the_unattended_count(self, made):
        query = await self.next_of(made)
        made.decisions.exceeded = {"unattended"}
        assert await made.code(path=TRANSACTIONS, query=tuple(query.items())) == "allowed"
        assert await made.code(path=TRANSACTIONS) == "rate_exceeded"

    @pytest.mark.spec("RTS-36.5")
    async def test_a_listing_that_the_psu_asked_for_goes_on_without_them_for_a_short_while(self, made):
        """Then its next page is an access of its own, and the rest of the listing is part of that one."""
        query = await self.next_of(made, psu=True)
        made.decisions.exceeded = {"unattended"}
        made.clock.advance(ATTENDED_LISTING - timedelta(seconds=1))
        made.tokens.known["fresh"] = msgspec.structs.replace(TOKEN, expires_at=START + timedelta(days=9), jti="jti-4")
        shown = body_of(await made.ask(path=TRANSACTIONS, query=tuple(query.items()), token="fresh"))
        soon = tuple(parse_qsl(urlsplit(shown["next"]).query))
        made.clock.advance(timedelta(seconds=1))
        for late in (soon, tuple(query.items())):
            assert await made.code(path=TRANSACTIONS, query=late, token="fresh") == "rate_exceeded"
            assert await made.code(path=TRANSACTIONS, query=late, token="fresh", headers=ATTENDED) == "allowed"

        made.decisions.exceeded = set()
        counted = body_of(await made.ask(path=TRANSACTIONS, query=soon, token="fresh"))
        made.decisions.exceeded = {"unattended"}
        rest = tuple(parse_qsl(urlsplit(counted["next"]).query))
        assert await made.code(path=TRANSACTIONS, query=rest, token="fresh") == "allowed"

    @pytest.mark.parametrize(
        "another",
        [
            {"path": "/book/v1/accounts/a1/transactions"},
            {"from": "2026-06-01T00:00:00+00:00"},
            {"size": "6"},
            {"page": "nonsense"},
            {"page": ""},
        ],
    )
    async def test_a_cursor_opens_only_for_the_request_it_was_made_for(self, made, another):
        query = await self.next_of(made)
        path = another.pop("path", TRANSACTIONS)
        assert await made.code(path=path, query=tuple({**query, **another}.items())) == "cursor_invalid"

    async def test_a_cursor_does_not_open_under_another_consent(self, made):
        query = await self.next_of(made)
        made.store(msgspec.structs.replace(CONSENT, id="consent-2"))
        made.tokens.known["other"] = msgspec.structs.replace(TOKEN, consent_id="consent-2", jti="jti-3")
        assert await made.code(path=TRANSACTIONS, query=tuple(query.items()), token="other") == "cursor_invalid"

    async def test_a_cursor_does_not_open_for_another_client_of_the_organisation(self, made):
        """Under rules by which a consent is its organisation's, two clients share it, and no page of each other's listings."""
        made.store(msgspec.structs.replace(CONSENT, lodged_as=BERLIN_GROUP.name))
        query = await self.next_of(made)
        made.store(msgspec.structs.replace(CLIENT, id="client-2"))
        made.store(msgspec.structs.replace(FAMILY, id="family-2", client_id="client-2"))
        other = msgspec.structs.replace(TOKEN, client_id="client-2", family_id="family-2", jti="jti-5")
        made.tokens.known["other"] = other
        assert await made.code(path=TRANSACTIONS, token="other") == "allowed"
        assert await made.code(path=TRANSACTIONS, query=tuple(query.items()), token="other") == "cursor_invalid"

    async def test_a_cursor_ends_a_day_after_the_first_page_however_many_pages_follow(self, made):
        query = await self.next_of(made)
        made.clock.advance(LINK_LIFETIME - timedelta(seconds=1))
        made.tokens.known["fresh"] = msgspec.structs.replace(TOKEN, expires_at=START + timedelta(days=9), jti="jti-4")
        shown = body_of(await made.ask(path=TRANSACTIONS, query=tuple(query.items()), token="fresh"))
        made.clock.advance(timedelta(seconds=1))
        later = tuple(parse_qsl(urlsplit(shown["next"]).query))
        assert await made.code(path=TRANSACTIONS, query=later, token="fresh") == "cursor_invalid"

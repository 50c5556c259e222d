"""Each policy alone, without sockets: what it refuses, what it lets pass, what it asks the hot state."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.operation_costs import OPERATION_COSTS
from gateway.whoami import plain_dialect
from kernel import errors
from kernel.access import FamilyState, Role
from kernel.banking.consents import ConsentState
from kernel.certificates.qualified import Provider, ProviderRole, Purpose, Qualified
from kernel.hot_state.checks import Allowed, Unavailable, VersionIs, WithinCount, WithinRate
from kernel.http.message import Response
from kernel.http.spool import Spool
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer
from kernel.storage.sealed import Sealer
from openapi.codec import WireRequest
from openapi.dialect import Service
from policies.accept import Accept, accepts
from policies.access_record import AccessRecord
from policies.account import Account
from policies.audience import TokenAudience
from policies.body import Body
from policies.certificate_standing import CertificateStanding
from policies.client_state import ClientState
from policies.consent_state import ConsentState as ConsentStatePolicy
from policies.content_type import ContentType
from policies.rate_limit import Rate, RateLimit
from policies.role import ROLES, RoleHeld
from policies.token import TokenVerified, VerifiedTokens
from policies.token_family import TokenFamilyActive
from policies.unattended_limit import Unattended, UnattendedLimit
from tests.harness.statuses import Statuses
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND, DIALECT, ROW_OF, ROWS, decode_transactions
from tests.world.gateway.neighbours import Consents, Records, Snapshots
from tests.world.gateway.snapshots import CALLER, CC_TOKEN, CERTIFICATE, CONSENT, FAMILY, TOKEN
from tests.world.gateway.world import INTERACTION, GatewayWorld, request

CURSORS = CursorSealer(Sealer({1: b"k" * 32}))


def exchange_of(operation: Operation = Operation.LIST_ACCOUNTS, path: dict[str, str] | None = None, **facts: Any) -> Exchange:
    exchange = Exchange(
        brand=BRAND,
        dialect=DIALECT,
        service=DIALECT.services[0],
        row=ROW_OF[operation],
        request=request(**facts),
        path=path or {},
        received_at=START,
        interaction_id=INTERACTION,
    )
    exchange.token, exchange.caller = TOKEN, CALLER
    exchange.consent = CONSENT
    return exchange


class TestTokenVerified:
    async def test_verifies_a_token_once_and_asks_for_the_keys_and_the_token(self):
        made = GatewayWorld()
        policy = TokenVerified(made.tokens, made.clock)
        for _ in range(3):
            exchange = exchange_of()
            await policy.on_request(exchange)
        assert made.tokens.verified == 1
        assert exchange.token == TOKEN
        assert exchange.checks == [VersionIs("main/keys", 1), VersionIs("main/token/jti-1", 0)]

    async def test_a_remembered_token_still_expires(self):
        made = GatewayWorld()
        policy = TokenVerified(made.tokens, made.clock)
        await policy.on_request(exchange_of())
        made.clock.advance(timedelta(minutes=5))
        with pytest.raises(errors.TokenExpired):
            await policy.on_request(exchange_of())

    async def test_verifies_again_under_another_key_set(self):
        made = GatewayWorld()
        policy = TokenVerified(made.tokens, made.clock)
        await policy.on_request(exchange_of())
        made.tokens.stored_version = 2
        exchange = exchange_of()
        exchange.moved = {"main/keys": 2}
        await policy.on_request(exchange)
        assert made.tokens.verified == 2
        assert exchange.checks[0] == VersionIs("main/keys", 2)

    async def test_refuses_a_token_that_was_itself_revoked(self):
        made = GatewayWorld()
        exchange = exchange_of()
        exchange.moved = {"main/token/jti-1": 1}
        with pytest.raises(errors.TokenRevoked):
            await TokenVerified(made.tokens, made.clock).on_request(exchange)
        assert VersionIs("main/token/jti-1", 1) in exchange.checks

    def test_remembers_a_bounded_number_the_least_used_leaving_first(self):
        verified = VerifiedTokens(capacity=2)
        keys = [("main", 1, bytes([number])) for number in range(3)]
        verified.remember(keys[0], TOKEN)
        verified.remember(keys[1], TOKEN)
        assert verified.find(keys[0]) is TOKEN
        verified.remember(keys[2], TOKEN)
        assert [verified.find(key) is not None for key in keys] == [True, False, True]
        assert len(verified) == 2


@pytest.mark.spec("RFC8707-2")
class TestAudience:
    BASE = BRAND.mtls_url

    def exchange(self, *audience: str, dialect=DIALECT):
        exchange = exchange_of()
        exchange.dialect, exchange.service = dialect, dialect.services[0]
        exchange.token = msgspec.structs.replace(TOKEN, audience=audience)
        return exchange

    async def test_a_token_for_the_whole_or_for_this_part_passes(self):
        part = self.BASE + DIALECT.services[0].base_path
        for audience in ((BRAND.resource_audience,), (part,), (f"{self.BASE}/other", part)):
            await TokenAudience().on_request(self.exchange(*audience))

    async def test_a_token_for_the_dialect_passes_at_each_of_its_services(self):
        """RFC 8707: one audience for all services of a version; a token for one of them opens no other."""
        library = Service("loans", "Loans", "/library/v1/loans", ROWS)
        dialect = replace(DIALECT, audience_path="/library/v1", services=(*DIALECT.services, library))
        for service in dialect.services:
            exchange = self.exchange(f"{self.BASE}/library/v1", dialect=dialect)
            exchange.service = service
            await TokenAudience().on_request(exchange)
        exchange = self.exchange(f"{self.BASE}/book/v1", dialect=dialect)
        exchange.service = library
        with pytest.raises(errors.TokenInvalid):
            await TokenAudience().on_request(exchange)

    @pytest.mark.parametrize("audience", [(), ("/other",), ("/book",), ("/book/v1/accounts",), ("/book/v1/",), ("/book/v10",)])
    async def test_refuses_a_token_for_another_part(self, audience):
        with pytest.raises(errors.TokenInvalid):
            await TokenAudience().on_request(self.exchange(*(self.BASE + part for part in audience)))

    async def test_refuses_a_token_of_the_banks_own_services_everywhere(self):
        """Token exchange: the verifier refuses it first; this is the second wall."""
        for dialect in (DIALECT, plain_dialect(DIALECT)):
            with pytest.raises(errors.TokenInvalid):
                await TokenAudience().on_request(self.exchange("urn:bank:ledger", dialect=dialect))

    async def test_what_stands_in_no_standard_takes_a_token_for_any_part(self):
        await TokenAudience().on_request(self.exchange(f"{self.BASE}/other", dialect=plain_dialect(DIALECT)))

    @pytest.mark.parametrize("name", [f"{BASE}0/book", f"{BASE}.evil.example/book"])
    async def test_what_begins_like_the_brands_address_is_no_part_of_it(self, name):
        """The part ends at a slash: another port, or another host, only begins with the same characters."""
        for dialect in (DIALECT, plain_dialect(DIALECT)):
            with pytest.raises(errors.TokenInvalid):
                await TokenAudience().on_request(self.exchange(name, dialect=dialect))


class TestSnapshots:
    async def test_refuses_a_family_of_another_client(self):
        made = GatewayWorld()
        made.store(msgspec.structs.replace(FAMILY, client_id="client-2"))
        with pytest.raises(errors.TokenRevoked):
            await TokenFamilyActive(made.snapshots).on_request(exchange_of())

    async def test_refuses_an_unknown_family(self):
        with pytest.raises(errors.TokenRevoked):
            await TokenFamilyActive(Snapshots()).on_request(exchange_of())

    async def test_asks_nothing_about_a_family_under_client_credentials(self):
        exchange = exchange_of()
        exchange.token = CC_TOKEN
        await TokenFamilyActive(Snapshots()).on_request(exchange)
        assert exchange.checks == []

    async def test_refuses_an_unknown_client(self):
        with pytest.raises(errors.ClientInactive):
            await ClientState(Snapshots()).on_request(exchange_of())

    async def test_refuses_an_unknown_consent_and_a_token_without_one(self):
        policy = ConsentStatePolicy(Snapshots(), GatewayWorld().clock)
        with pytest.raises(errors.ConsentUnknown):
            await policy.on_request(exchange_of())
        exchange = exchange_of()
        exchange.token = CC_TOKEN
        with pytest.raises(errors.ConsentUnknown, match="names a consent"):
            await policy.on_request(exchange)

    @pytest.mark.parametrize("state", [state for state in ConsentState if state is not ConsentState.AUTHORISED])
    async def test_no_state_but_authorised_opens_a_consent(self, state):
        made = GatewayWorld()
        made.store(msgspec.structs.replace(CONSENT, state=state))
        refusals = (errors.ConsentNotAuthorised, errors.ConsentSuspended, errors.ConsentExpired, errors.ConsentRevoked)
        with pytest.raises(refusals):
            await ConsentStatePolicy(made.snapshots, made.clock).on_request(exchange_of())

    async def test_a_consent_ends_at_its_instant_without_a_sweeper(self):
        made = GatewayWorld()
        made.store(msgspec.structs.replace(CONSENT, valid_until=START + timedelta(seconds=1)))
        policy = ConsentStatePolicy(made.snapshots, made.clock)
        await policy.on_request(exchange_of())
        made.clock.offset = timedelta(seconds=1)  # business time moves; protocol time does not
        with pytest.raises(errors.ConsentExpired):
            await policy.on_request(exchange_of())

    async def test_takes_afresh_what_moved(self):
        made = GatewayWorld()
        policy = TokenFamilyActive(made.snapshots)
        await policy.on_request(exchange_of())
        made.change(FAMILY, state=FamilyState.ENDED)
        await policy.on_request(exchange_of())  # the worker knows the old version: the hot state will say so
        exchange = exchange_of()
        exchange.moved = {"main/family/family-1": 6}
        with pytest.raises(errors.TokenRevoked):
            await policy.on_request(exchange)
        assert exchange.checks == [VersionIs("main/family/family-1", 6)]


class TestAccount:
    async def test_refuses_a_text_that_cannot_be_an_id_without_a_question(self):
        class NeverAsked(Consents):
            async def account_reference(self, *_: Any) -> Any:
                raise AssertionError("asked")

        for account_id in ("a\x00b", "ä", "a" * 129, "a b"):
            with pytest.raises(errors.AccountUnknown):
                await Account(NeverAsked()).on_request(exchange_of(Operation.READ_ACCOUNT, {"AccountId": account_id}))

    async def test_another_organisations_account_is_unknown(self):
        consents = Consents(references={("org-2", "a3"): CONSENT.accounts[0]})
        with pytest.raises(errors.AccountUnknown):
            await Account(consents).on_request(exchange_of(Operation.READ_ACCOUNT, {"AccountId": "a3"}))


class TestForms:
    @pytest.mark.spec("RFC9110-12.5.1")
    @pytest.mark.parametrize(
        ("header", "expected"),
        [
            ("application/json", True),
            ("application/json; charset=utf-8", True),
            ("Application/JSON;q=0.1", True),
            ("*/*", True),
            ("application/*;q=0.5, text/html", True),
            ("", True),
            (" , ", True),
            ("text/html", False),
            ("application/json;q=0", False),
            ("application/json;q=0, */*", False),
            ("application/json;q=nonsense", False),
            ("application/jsonp", False),
            ("*/*;q=0, */*;q=0.2", True),
            (", ".join(["text/html"] * 40 + ["application/json"]), False),
        ],
    )
    def test_accepts_what_the_most_specific_range_allows(self, header, expected):
        assert accepts(header, "application/json") is expected

    async def test_nothing_is_judged_without_an_accept_header(self):
        await Accept().on_request(exchange_of())

    @pytest.mark.spec("RFC9110-15.5.16")
    @pytest.mark.parametrize(
        ("headers", "allowed"),
        [
            ({"Content-Type": "application/json"}, True),
            ({"Content-Type": 'Application/Json ; charset="UTF-8"'}, True),
            ({"Content-Type": "application/json", "Content-Encoding": "identity"}, True),
            ({"Content-Type": "application/json;charset=utf-16"}, False),
            ({"Content-Type": "text/json"}, False),
            ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, False),
            ({}, False),
            ([("Content-Type", "application/json"), ("Content-Type", "application/json")], False),
        ],
    )
    @pytest.mark.spec("RFC9110-8.3", "RFC9110-8.4")
    async def test_reads_one_media_type_in_one_charset_uncoded(self, headers, allowed):
        exchange = exchange_of(Operation.LODGE_ACCOUNT_CONSENT, headers=headers)
        outcome = nullcontext() if allowed else pytest.raises(errors.MediaTypeUnsupported)
        with outcome:
            await ContentType().on_request(exchange)

    async def test_refuses_a_body_over_the_dialects_limit(self):
        with pytest.raises(errors.BodyTooLarge):
            await Body().on_request(exchange_of(Operation.LODGE_ACCOUNT_CONSENT, body=b" " * (DIALECT.body_bytes_max + 1)))

    @pytest.mark.parametrize(("length", "allowed"), [(10, True), (11, False)])
    async def test_a_row_may_take_less_or_more_than_its_dialect(self, length, allowed):
        exchange = exchange_of(Operation.LODGE_ACCOUNT_CONSENT, body=b"{}".ljust(length))
        exchange.row = replace(exchange.row, body_bytes_max=10)
        with nullcontext() if allowed else pytest.raises(errors.BodyTooLarge):
            await Body().on_request(exchange)

    async def test_a_codec_sees_the_spool_of_a_body_that_is_too_large_for_memory(self):
        spool, seen = Spool(), []

        class Large:
            async def spool(self, limit):
                assert limit == 1_000_000
                return spool

        exchange = exchange_of(Operation.LODGE_ACCOUNT_CONSENT, incoming=Large())
        exchange.row = replace(exchange.row, body_bytes_max=1_000_000, decode=seen.append)
        for _ in range(2):  # policies judge again where a version moved
            await Body().on_request(exchange)
        assert [(wire.spool, wire.body) for wire in seen] == [(spool, b"")] * 2
        spool.close()


class TestLimits:
    async def test_says_what_is_left_and_when_it_is_whole_again(self):
        exchange, policy = exchange_of(), RateLimit(Rate(limit=10, window_seconds=5))
        await policy.on_request(exchange)
        assert exchange.checks == [WithinRate("main/rate/client-1", 10, 5)]
        exchange.verdicts = {exchange.checks[0]: Allowed(10, 7, 2)}
        policy.on_decision(exchange)
        assert exchange.headers["RateLimit-Policy"] == '"default";q=10;w=5'
        assert exchange.headers["RateLimit"] == '"default";r=7;t=2'

    async def test_spends_what_the_operation_costs(self):
        policy = RateLimit(Rate(limit=100, window_seconds=5))
        for operation, cost in OPERATION_COSTS.items():
            exchange = exchange_of()
            exchange.row = replace(ROW_OF[Operation.LIST_ACCOUNTS], operation=operation)
            await policy.on_request(exchange)
            assert exchange.checks == [WithinRate("main/rate/client-1", 100, 5, cost=cost)]

    @pytest.mark.parametrize("verdict", [Unavailable(), None])
    async def test_fails_closed_when_calls_cannot_be_counted(self, verdict):
        exchange, policy = exchange_of(), RateLimit(Rate())
        await policy.on_request(exchange)
        exchange.verdicts = {exchange.checks[0]: verdict} if verdict else {}
        with pytest.raises(errors.Overloaded):
            policy.on_decision(exchange)

    async def test_counts_an_unattended_access_per_consent_account_and_operation(self):
        policy = UnattendedLimit(Unattended(), CURSORS)
        exchange = exchange_of(Operation.READ_BALANCES, {"AccountId": "a1"})
        await policy.on_request(exchange)
        assert exchange.checks == [WithinCount("main/unattended/consent-1/a1/read_balances", 4, 86_400)]

    async def test_counts_as_often_as_the_consent_agreed(self):
        exchange = exchange_of()
        exchange.consent = msgspec.structs.replace(CONSENT, frequency_per_day=2)
        await UnattendedLimit(Unattended(limit=9), CURSORS).on_request(exchange)
        assert exchange.checks == [WithinCount("main/unattended/consent-1//list_accounts", 2, 86_400)]

    async def test_counts_no_more_than_the_brand_grants(self):
        """Of a consent that was granted more before."""
        exchange = exchange_of()
        exchange.consent = msgspec.structs.replace(CONSENT, frequency_per_day=1_000_000)
        await UnattendedLimit(Unattended(limit=9), CURSORS).on_request(exchange)
        assert exchange.checks == [WithinCount("main/unattended/consent-1//list_accounts", 4, 86_400)]

    async def test_is_free_with_the_psu_and_for_links_that_their_use_case_refuses(self):
        policy, exchange = UnattendedLimit(Unattended(), CURSORS), exchange_of(Operation.LIST_TRANSACTIONS)
        exchange.psu_present = True
        await policy.on_request(exchange)
        exchange.psu_present = False
        exchange.command = decode_transactions(WireRequest({}, (("page", "x"),), b""))
        await policy.on_request(exchange)
        policy.on_decision(exchange)
        assert exchange.checks == []


class TestAccessRecord:
    def test_records_who_read_what_and_the_answer(self):
        records, exchange = Records(), exchange_of(Operation.READ_BALANCES, {"AccountId": "a1"})
        exchange.milliseconds = 1.5
        AccessRecord(records, Records()).on_response(exchange, Response(200))
        (access,) = records.taken
        assert (access.caller_id, access.consent_id, access.account_ids) == ("client-1", "consent-1", ("a1",))
        assert (access.status, access.outcome, access.operation, access.milliseconds) == (200, "allowed", "read_balances", 1.5)

    def test_names_no_account_when_it_was_refused(self):
        records, exchange = Records(), exchange_of(Operation.READ_BALANCES, {"AccountId": "a1"})
        exchange.problem = errors.PermissionMissing()
        AccessRecord(Records(), records).on_response(exchange, Response(403))
        assert (records.taken[0].outcome, records.taken[0].account_ids) == ("permission_missing", ())

    def test_a_stranger_leaves_no_record(self):
        records, exchange = Records(), exchange_of()
        exchange.token = exchange.caller = None
        AccessRecord(records, records).on_response(exchange, Response(401))
        assert records.taken == []

    def test_answers_nothing_that_cannot_be_recorded(self):
        with pytest.raises(errors.Overloaded):
            AccessRecord(Records(full=True), Records()).on_response(exchange_of(), Response(200))

    def test_a_refusal_and_a_change_stand_without_their_record(self):
        full = AccessRecord(Records(full=True), Records(full=True))
        refused = exchange_of()
        refused.problem = errors.ConsentExpired()
        full.on_response(refused, Response(401))
        full.on_response(exchange_of(Operation.LODGE_ACCOUNT_CONSENT), Response(201))


def test_every_kind_of_consent_needs_a_role():
    assert set(ROLES) == set(type(CONSENT.kind))


def test_a_fact_that_no_policy_established_is_a_broken_chain():
    with pytest.raises(RuntimeError):
        present(None)


class TestStatedRoles:
    """The roles in a qualified certificate limit its holder, below what the client is registered for."""

    @staticmethod
    def exchange(*stated: ProviderRole | None, registered: frozenset[Role] = frozenset(Role)) -> Exchange:
        provider = Provider(frozenset(role for role in stated if role), "Authority", "GB-FCA") if stated else None
        certificate = replace(CERTIFICATE, qualified=Qualified(True, frozenset({Purpose.WEBSITE}), provider))
        exchange = exchange_of(certificate=certificate)
        exchange.caller = msgspec.structs.replace(CALLER, roles=registered)
        return exchange

    @pytest.mark.spec("RTS-34")
    @pytest.mark.parametrize("stated", [(None,), (ProviderRole.ACCOUNT_SERVICING, ProviderRole.PAYMENT_INITIATION)])
    async def test_a_certificate_without_the_role_is_not_enough(self, stated):
        with pytest.raises(errors.RoleMissing):
            await RoleHeld().on_request(self.exchange(*stated))

    async def test_a_certificate_with_the_role_or_without_any_statement_is(self):
        await RoleHeld().on_request(self.exchange(ProviderRole.ACCOUNT_INFORMATION))
        await RoleHeld().on_request(self.exchange())

    async def test_a_certificate_gives_no_role_that_the_client_lacks(self):
        with pytest.raises(errors.RoleMissing):
            await RoleHeld().on_request(self.exchange(ProviderRole.ACCOUNT_INFORMATION, registered=frozenset({Role.PISP})))

    async def test_without_a_certificate_the_clients_roles_decide(self):
        await RoleHeld().on_request(exchange_of(certificate=None))


async def test_whether_a_certificate_stands_is_asked_where_there_is_one():
    statuses = Statuses({CERTIFICATE.thumbprint: errors.CertificateBlocked})
    with pytest.raises(errors.CertificateBlocked):
        await CertificateStanding(statuses).on_request(exchange_of())
    await CertificateStanding(statuses).on_request(exchange_of(certificate=None))

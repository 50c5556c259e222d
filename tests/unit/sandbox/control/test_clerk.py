"""The bank's clerk: who may send for it, what it refuses, and that consents lose an account before the books close it."""

import json
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from consent.ports import AccountRemoval, Psu
from kernel.banking.accounts import Account, AccountCategory, AccountIdentifier, AccountStatus, AccountType, Scheme
from kernel.clock import ManualClock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentNotAuthorised, ConsentUnknown
from kernel.http.message import Request
from sandbox.control.clerk import Clerk
from sandbox.control.surface import BODY_BYTES_MAX
from tests.unit.sandbox.control.test_surface import BRAND

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def account(account_id, name, number, nickname=None):
    return Account(
        id=account_id,
        currency="GBP",
        category=AccountCategory.PERSONAL,
        type=AccountType.CURRENT,
        status=AccountStatus.ENABLED,
        status_changed_at=NOW,
        name=name,
        nickname=nickname,
        identifiers=(AccountIdentifier(Scheme.SORT_CODE, number),),
        opened_at=NOW,
    )


class Bank:
    """Remembers, in order, what the clerk did to it."""

    def __init__(self) -> None:
        self.done = []
        self.accounts = (account("up-1", "Everyday", "80200110203345", "Bills"), account("up-2", "Everyday", "80200110203346"))

    async def check_password(self, brand, username, password):
        return Psu("psu-1", "c-1", "Alice", ("device",)) if (username, password) == ("alice", "alice-pw") else None

    async def accounts_of(self, brand, customer_id):
        return self.accounts

    async def remove_account(self, brand, upstream_id, reason):
        self.done.append(("consents", upstream_id, reason))
        return 3

    async def suspend(self, brand, consent_id):
        if consent_id == "unknown":
            raise ConsentUnknown
        raise ConsentNotAuthorised

    resume = suspend

    async def unlock(self, brand, psu, name, peer):
        self.done.append(("unlock", psu.id, name, peer))

    async def run(self, command):
        return await command.handle(UnitOfWork(None, None, NOW))

    async def change_status(self, connection, brand, account_id, change):
        self.done.append(("books", account_id, change.status, change.switched, change.eligible, change.at))


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def call(bank):
    async def call(path, document=None, *, method="POST", body=None, peer="127.0.0.1"):
        clerk = Clerk(
            token="",
            clock=ManualClock(NOW),
            commands=bank,
            ledger=bank,
            consents=bank,
            identity=bank,
            customer_accounts=bank,
            unlock=bank.unlock,
        )
        assert clerk.owns(path)
        body = json.dumps(document).encode() if body is None else body
        request = Request(method, path, (), CIMultiDictProxy(CIMultiDict()), body, "localhost:8443", peer, "public")
        response = await clerk.handle(BRAND, request)
        return response.status, json.loads(response.body)

    return call


@pytest.mark.parametrize("name", ["Bills", "up-1", "80200110203345"])
async def test_closes_an_account_by_any_name_it_goes_by_consents_first(call, bank, name):
    assert await call(f"/sandbox/accounts/{name}/close", {"persona": "alice"}) == (200, {"closed": True, "consents_changed": 3})
    assert bank.done == [
        ("consents", "up-1", AccountRemoval.CLOSED),
        ("books", "up-1", AccountStatus.DELETED, None, False, NOW),
    ]


async def test_an_account_may_move_to_another_bank(call, bank):
    await call("/sandbox/accounts/Bills/close", {"persona": "alice", "switched": True})
    assert bank.done == [
        ("consents", "up-1", AccountRemoval.SWITCHED),
        ("books", "up-1", AccountStatus.DELETED, True, False, NOW),
    ]


async def test_lifts_the_lock_out_of_a_persona_and_of_the_address_that_asks(call, bank):
    assert await call("/sandbox/personas/alice/unlock") == (200, {"persona": "alice", "unlocked": True})
    assert bank.done == [("unlock", "psu-1", "alice", "127.0.0.1")]
    assert (await call("/sandbox/personas/stranger/unlock"))[0] == 400


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("/sandbox/accounts/Everyday/close", {"persona": "alice"}, 400),  # two are called so
        ("/sandbox/accounts/None/close", {"persona": "alice"}, 400),
        ("/sandbox/accounts/Bills/close", {"persona": "stranger"}, 400),
        ("/sandbox/accounts/Bills/close", {"persona": "alice", "more": 1}, 400),
        ("/sandbox/accounts/Bills/close", {}, 400),
        ("/sandbox/consents/unknown/suspend", {}, 404),
        ("/sandbox/consents/awaited/resume", {}, 400),
    ],
)
async def test_what_cannot_be_done_is_refused_and_changes_nothing(call, bank, path, document, status):
    assert (await call(path, document))[0] == status
    assert bank.done == []


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"peer": "192.0.2.1"}, 403),
        ({"method": "GET"}, 405),
        ({"body": b"{" * 10}, 400),
        ({"body": b" " * (BODY_BYTES_MAX + 1)}, 413),
    ],
)
async def test_it_answers_the_same_callers_as_the_rest_of_the_control_api(call, bank, facts, status):
    assert (await call("/sandbox/accounts/Bills/close", {"persona": "alice"}, **facts))[0] == status
    assert bank.done == []


@pytest.mark.parametrize("path", ["/sandbox/accounts//close", "/sandbox/consents/c1/approve", "/sandbox/clock", "/consents"])
def test_other_paths_are_not_its_own(bank, path):
    clerk = Clerk(
        token="",
        clock=ManualClock(NOW),
        commands=bank,
        ledger=bank,
        consents=bank,
        identity=bank,
        customer_accounts=bank,
        unlock=bank.unlock,
    )
    assert not clerk.owns(path)


async def test_an_account_that_is_none_is_answered_with_those_there_are(call):
    _, answer = await call("/sandbox/accounts/Bils/close", {"persona": "alice"})
    assert "there are 'Bills', 'Everyday'" in answer["message"]

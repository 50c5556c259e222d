"""Notices of a core bank on the operations listener: kept once, matched by what was sent, never above an end."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from kernel import json
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, RailStatus
from kernel.errors import UpstreamTimedOut
from kernel.http.message import Request, Response
from kernel.observability.telemetry import Telemetry
from openapi.core_bank.v1.payment_notices import PaymentNotice
from orders.rows.inbox import Effect
from portcullis.serving.ops.bank_notices import BankNotices
from portcullis.serving.ops.callers import OpsCallers
from portcullis.serving.ops.surface import Ops
from tests.world.brands import BRAND, START
from tests.world.orders import OrdersWorld, orders_world

TOKEN = "a token that the core bank alone knows"
PATH = f"/core-bank/v1/brands/{BRAND.name}/payment-notices"


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[OrdersWorld]:
    async with orders_world(migrated_url) as made:
        yield made


@pytest.fixture
async def lost(world):
    """An order that was submitted and not answered."""
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    await world.work()
    return order


async def call(
    world,
    body: bytes,
    *,
    token: str = TOKEN,
    path: str = PATH,
    method: str = "POST",
    media_type: str = "application/json",
    known: str = TOKEN,
) -> Response:
    notices = BankNotices(world.orders, {BRAND.name: BRAND}, known)
    ops = Ops(OpsCallers.of(8445), Telemetry(), {}, None, notices)
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": f"Bearer {token}", "Content-Type": media_type}))
    return await ops.handle(Request(method, path, (), headers, body, "127.0.0.1:8445", "127.0.0.1", "public"))


def notice(order, **facts) -> bytes:
    whole = {
        "message_id": "ntf-1",
        "order_id": order.id,
        "uetr": order.uetr,
        "amount": order.terms.amount,
        "status": RailStatus.SETTLED,
        "at": START,
    }
    return json.encode(PaymentNotice(**(whole | facts)))


async def effect_of(answer: Response) -> str:
    assert answer.status == 200, answer.body
    return json.decode(answer.body, dict)["effect"]


async def test_a_late_answer_ends_an_unknown_order_once(world, lost):
    said = [await effect_of(await call(world, notice(lost))) for _ in range(2)]
    assert said == ["settle", "repeated"]
    assert (await world.tracked(lost.id)).order.state is OrderState.SETTLED
    *_, last = await world.orders.history(BRAND, lost.id)
    assert (last.cause, last.evidence) == ("upstream:core_bank", notice(lost))


async def test_what_contradicts_an_end_is_evidence_and_changes_nothing(world, lost):
    await call(world, notice(lost))
    again = notice(lost, message_id="ntf-2", status=RailStatus.REJECTED, reason="AC04")
    assert await effect_of(await call(world, again)) == "note"
    order = (await world.tracked(lost.id)).order
    assert (order.state, order.rail_status, order.reason) == (OrderState.SETTLED, RailStatus.SETTLED, None)
    *_, last = await world.orders.history(BRAND, lost.id)
    assert last.evidence == again
    world.pass_time(timedelta(days=1))
    assert await world.claim() == ()


@pytest.mark.parametrize(
    ("facts", "effect"),
    [
        ({"order_id": "another"}, Effect.MISMATCHED),
        ({"amount": Money("GBP", 1)}, Effect.MISMATCHED),
        ({"amount": Money("EUR", 16_588)}, Effect.MISMATCHED),
        ({"uetr": "00000000-0000-4000-8000-000000000000"}, Effect.UNMATCHED),
    ],
)
async def test_what_names_another_payment_is_kept_and_changes_nothing(world, lost, facts, effect):
    assert await effect_of(await call(world, notice(lost, **facts))) == effect
    assert (await world.tracked(lost.id)).order.state is OrderState.UNKNOWN
    (kept,) = await world.messages()
    assert kept.effect == effect


@pytest.mark.parametrize("token", ["", "another", TOKEN[:-1]])
async def test_no_one_else_is_believed(world, lost, token):
    assert (await call(world, notice(lost), token=token)).status == 401
    assert await world.messages() == []


async def test_without_a_token_of_the_bank_nothing_is_taken(world, lost):
    assert (await call(world, notice(lost), token="", known="")).status == 404


UNREADABLE = (b"", b"{}", b"[]", b"\xff", b'{"message_id": "a", "message_id": "b"}', b" " * 20_000)
MALFORMED = (
    {"message_id": "a b"},
    {"message_id": ""},
    {"uetr": "1"},
    {"status": "DONE"},
    {"reason": "no code"},
    {"at": "2026-07-01T09:00:00"},
    {"amount": {"currency": "GBP", "minor": 0}},
    {"amount": {"currency": "GBP", "minor": -1}},
    {"another": "member"},
)


@pytest.mark.parametrize("body", UNREADABLE)
async def test_what_cannot_be_read_is_refused_and_not_kept(world, lost, body):
    assert (await call(world, body)).status == 400
    assert (await call(world, notice(lost), media_type="text/plain")).status == 400
    assert await world.messages() == []


@pytest.mark.parametrize("change", MALFORMED, ids=str)
async def test_what_has_another_form_is_refused_and_not_kept(world, lost, change):
    assert (await call(world, json.encode(json.decode(notice(lost), dict) | change))).status == 400
    assert await world.messages() == []


async def test_another_brand_or_method_is_refused(world, lost):
    assert (await call(world, notice(lost), path=PATH.replace(BRAND.name, "other"))).status == 404
    assert (await call(world, b"", method="GET")).status == 405


async def test_what_could_not_be_kept_is_to_be_sent_again(world, lost, monkeypatch):
    async def fails(*_args, **_facts):
        raise RuntimeError("the database is away")

    monkeypatch.setattr("orders.commands.receive.take_message", fails)
    assert (await call(world, notice(lost))).status == 503
    monkeypatch.undo()
    assert await effect_of(await call(world, notice(lost))) == "settle"

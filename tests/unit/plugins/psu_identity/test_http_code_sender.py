"""The message gateway of a bank receives a one-time code with its customer; an answer that is no success means that nothing was sent."""

from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from consent.ports import LinkedTerms, Psu
from kernel.banking.money import Money
from kernel.brand import Brand
from plugins.psu_identity.http_code_sender import HttpCodeSender
from plugins.psu_identity.ports import CodeNotSent

BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
ANN = Psu("psu-ann", "customer-ann", "Ann Other", ("one_time_code",))
PAYMENT = LinkedTerms(Money("GBP", 12_350), "Merchant A", "80200110203345", "d" * 64)


class Gateway:
    """Takes what it is sent, and answers as the test says."""

    def __init__(self) -> None:
        self.status = 204
        self.taken: list[tuple[str | None, Any]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=self.status, headers={"Location": "/another"})


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway, app = Gateway(), web.Application()
    app.router.add_post("/codes", gateway.take)
    async with TestServer(app) as server:
        gateway.url = str(server.make_url("/codes"))
        yield gateway


async def test_a_code_goes_with_the_customer_it_is_for(gateway: Gateway):
    async with HttpCodeSender.open(gateway.url, "secret") as sender:
        await sender.send(BRAND, ANN, "123456")
    assert gateway.taken == [("Bearer secret", {"brand": "main", "customer": "customer-ann", "code": "123456"})]


@pytest.mark.spec("RTS-5.1.a")
async def test_a_code_for_a_payment_goes_with_amount_and_payee(gateway: Gateway):
    """RTS (EU) 2018/389 article 5(1)(a): the payer is made aware of both."""
    async with HttpCodeSender.open(gateway.url, "secret") as sender:
        await sender.send(BRAND, ANN, "123456", PAYMENT)
    ((_, message),) = gateway.taken
    assert message["payment"] == {
        "amount": "123.50",
        "currency": "GBP",
        "payee": "Merchant A",
        "payee_account": "80200110203345",
    }


@pytest.mark.parametrize("status", [302, 400, 503])
async def test_anything_but_a_success_means_that_nothing_was_sent(gateway: Gateway, status: int):
    gateway.status = status
    async with HttpCodeSender.open(gateway.url, "secret") as sender:
        with pytest.raises(CodeNotSent):
            await sender.send(BRAND, ANN, "123456")
    assert len(gateway.taken) == 1, "and no redirect is followed with the code"

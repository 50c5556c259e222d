"""A file of payments over mutual TLS on both installations: announced, uploaded, agreed to, its payments made, and its report read.

OBIE R/W 4.0 File Payment Consents, File Payments, Payment Details; ISO 20022 pain.001.001.08 and pain.002.001.10.
"""

import asyncio
import contextlib
import json
import os
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from kernel.http.spool import SPOOL_ABOVE_BYTES
from orders.instructions.turn import FILE_WAITING_MAX
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE
from sandbox.tpp_kit.payments import HEADER, KEY_HEADER, Payments, sign_body
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED, PRODUCTION_LIKE
from tests.harness.patience import PATIENCE_SECONDS
from tests.journeys.paying import agree_to, numbers_of
from tests.journeys.test_bodies import Caller, rendered
from tests.journeys.test_cut_off import move_to, now_of
from tests.journeys.test_domestic_payments import LOOKS_MAX
from tests.journeys.test_scheduled_payments import bank, code_of
from tests.journeys.test_second_signer import visit
from tests.official import specs_folder
from tests.world.payment_files import (
    XML_TYPE,
    announced,
    hash_of,
    json_file,
    payment,
    sums,
    xml_batch,
    xml_file,
    xml_payment,
)

MANY = int(os.environ.get("PORTCULLIS_SIMULATE_PAYMENTS", "80"))
CONSENTS, ORDERS = "/file-payment-consents", "/file-payments"
XML = {"Content-Type": "text/xml"}


async def lodge(payments: Payments, initiation: dict[str, Any]) -> dict[str, Any]:
    own = await payments.tpp.client_credentials_token("payments")
    answer = await payments.post(CONSENTS, own, {"Data": {"Initiation": initiation}})
    assert answer.status == 201, answer.body
    return answer.json()["Data"]


async def upload(payments: Payments, consent_id: str, data: bytes, *, key: str | None = None, **headers: str) -> Any:
    own = await payments.tpp.client_credentials_token("payments")
    knobs = replace(AS_IT_SHOULD_BE, headers=headers)
    return await payments.post(f"{CONSENTS}/{consent_id}/file", own, data, key=key, knobs=knobs)


async def order(payments: Payments, token: str, consent_id: str, initiation: dict[str, Any]) -> Any:
    return await payments.post(ORDERS, token, {"Data": {"ConsentId": consent_id, "Initiation": initiation}})


async def made(payments: Payments, order_id: str, number: int) -> list[str]:
    """The statuses of its payments, once so many are over."""
    found: list[str] = []
    for _ in range(LOOKS_MAX):
        details = (await payments.read(f"{ORDERS}/{order_id}/payment-details")).json()["Data"]
        found = [each["Status"] for each in details["PaymentStatus"]]
        if len(found) == number and set(found) <= {"ACCC", "ACWP", "RJCT"}:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{order_id} stays {found}")


async def state_of(payments: Payments, path: str) -> str:
    return (await payments.read(path)).json()["Data"]["Status"]


@pytest.mark.spec("OBIE-RW-4.0-file-payment-consents", "OBIE-RW-4.0-file-payments")
@pytest.mark.parametrize("kind", [EMBEDDED, PRODUCTION_LIKE])
async def test_a_file_of_json_is_uploaded_agreed_to_and_paid(installations, kind):
    async with bank(installations, kind) as (acme, books):
        payments = Payments(acme)
        data = json_file([payment(1, "1.01"), payment(2, "2.02"), payment(3, "900000.00")])
        initiation = announced(data, **sums("1.01", "2.02", "900000.00"))
        lodged = await lodge(payments, initiation)
        consent = f"{CONSENTS}/{lodged['ConsentId']}"
        assert lodged["Status"] == "AWUP"
        assert code_of(await payments.read(f"{consent}/file"))[:2] == (400, "U009")
        assert code_of(await upload(payments, lodged["ConsentId"], data[:-1] + b"\n"))[:2] == (400, "U008")
        assert await state_of(payments, consent) == "AWUP"
        for _ in range(2):
            answer = await upload(payments, lodged["ConsentId"], data, key="file-1")
            assert (answer.status, answer.body) == (200, b"")
        assert code_of(await upload(payments, lodged["ConsentId"], data))[:2] == (400, "U009")
        assert await state_of(payments, consent) == "AWAU"
        assert (await payments.read(f"{consent}/file")).body == data
        agreed = await agree_to(acme, lodged["ConsentId"])
        other = await order(payments, agreed.token, lodged["ConsentId"], initiation | {"FileReference": "Other"})
        assert code_of(other) == (400, "U008", "Data.Initiation.FileReference")
        answer = await order(payments, agreed.token, lodged["ConsentId"], initiation)
        assert answer.status == 201, answer.body
        order_id = answer.json()["Data"]["FilePaymentId"]
        assert sorted(await made(payments, order_id, 3)) == ["ACCC", "ACCC", "RJCT"]
        assert await state_of(payments, f"{ORDERS}/{order_id}") == "INCO"
        assert await state_of(payments, consent) == "COND"
        report = json.loads((await payments.read(f"{ORDERS}/{order_id}/report-file")).body)["Data"]
        assert (report["Status"], report["FileReference"]) == ("INCO", "Wages")
        reported = [(each["EndToEndIdentification"], each["Status"]) for each in report["DomesticPayments"]]
        assert reported == [("FRESCO.1", "ACCC"), ("FRESCO.2", "ACCC"), ("FRESCO.3", "RJCT")]
        assert report["DomesticPayments"][2]["StatusReason"] == "AM04"
        for path in (f"{ORDERS}/unknown/report-file", f"/domestic-standing-orders/{order_id}", f"{CONSENTS}/unknown/file"):
            assert code_of(await payments.read(path))[:2] == (400, "U011")
        await books.check_whole()


@pytest.mark.spec("OBIE-RW-4.0-file-payments", "PSD2-80.3")
async def test_a_file_of_xml_is_paid_day_by_day_until_it_is_cancelled(installations):
    async with bank(installations, EMBEDDED) as (acme, books):
        payments, monday = Payments(acme), await now_of(acme)
        debtor = next(iter(numbers_of(acme, "alice").values()))
        later = (monday + timedelta(days=2)).date()
        batches = [
            xml_batch(later, debtor, [xml_payment(1)], "LATER"),
            xml_batch(monday.date(), debtor, [xml_payment(2), xml_payment(3)], "NOW"),
        ]
        data = xml_file(batches, 3)
        _valid(data, "pain.001.001.08")
        initiation = announced(data, XML_TYPE, NumberOfTransactions="3", ControlSum=3.03)
        lodged = await lodge(payments, initiation)
        assert (await upload(payments, lodged["ConsentId"], data)).status == 415
        assert (await upload(payments, lodged["ConsentId"], data, **XML)).status == 200
        agreed = await agree_to(acme, lodged["ConsentId"])
        order_id = (await order(payments, agreed.token, lodged["ConsentId"], initiation)).json()["Data"]["FilePaymentId"]
        assert await made(payments, order_id, 2) == ["ACCC", "ACCC"]
        assert await state_of(payments, f"{ORDERS}/{order_id}") == "PDNG"
        assert await statuses_of(payments, order_id) == {"NOW": ["ACCC", "ACCC"], "LATER": ["PDNG"]}
        async with Browser(acme.folder.ca) as browser:
            await visit(acme, browser, "alice")
            assert "3 payments, £3.03 in all" in browser.page.text
            await browser.open(f"/consents/cancellations/{order_id}")
            await browser.press("cancel-confirm")
            assert "The file of payments is cancelled. It makes no more payments." in browser.page.text
        await move_to(acme, monday + timedelta(days=3), time())
        assert await made(payments, order_id, 2) == ["ACCC", "ACCC"]
        assert await state_of(payments, f"{ORDERS}/{order_id}") == "INCO"
        assert await statuses_of(payments, order_id) == {"NOW": ["ACCC", "ACCC"], "LATER": ["RJCT"]}
        await books.check_whole()


async def statuses_of(payments: Payments, order_id: str) -> dict[str, list[str]]:
    """The statuses of the payments in a report, by the id of their batch."""
    knobs = replace(AS_IT_SHOULD_BE, headers={"Accept": "text/xml"})
    data = (await payments.read(f"{ORDERS}/{order_id}/report-file", knobs=knobs)).body
    _valid(data, "pain.002.001.10")
    namespace = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"}
    root = etree.fromstring(data)
    return {
        batch.findtext("p:OrgnlPmtInfId", namespaces=namespace): batch.xpath("p:TxInfAndSts/p:TxSts/text()", namespaces=namespace)
        for batch in root.iterfind(".//p:OrgnlPmtInfAndSts", namespace)
    }


def _valid(data: bytes, message: str) -> None:
    """By the official schema."""
    schema = etree.XMLSchema(etree.parse(specs_folder() / "iso20022" / f"{message}.xsd"))
    schema.assertValid(etree.fromstring(data))


async def test_a_file_of_many_payments_is_spooled_and_paid_some_at_a_time(acme):
    """More than a body in memory may have: its signature is verified over what was spooled. More than wait at once for their turn."""
    payments = Payments(acme)
    data = json_file([payment(number, "0.01", SupplementaryData={"Note": "x" * 4_000}) for number in range(MANY)])
    assert len(data) > SPOOL_ABOVE_BYTES
    assert MANY > FILE_WAITING_MAX
    initiation = announced(data, **sums(*["0.01"] * MANY))
    lodged = await lodge(payments, initiation)
    own = await acme.client_credentials_token("payments")
    wrong = replace(AS_IT_SHOULD_BE, headers={HEADER: sign_body(data[:-1], acme.folder)})
    refused = await payments.post(f"{CONSENTS}/{lodged['ConsentId']}/file", own, data, knobs=wrong)
    assert code_of(refused)[:2] == (400, "U015")
    assert (await upload(payments, lodged["ConsentId"], data)).status == 200
    assert (await payments.read(f"{CONSENTS}/{lodged['ConsentId']}/file")).body == data
    agreed = await agree_to(acme, lodged["ConsentId"])
    order_id = (await order(payments, agreed.token, lodged["ConsentId"], initiation)).json()["Data"]["FilePaymentId"]
    assert set(await made(payments, order_id, MANY)) == {"ACCC"}


REFUSED = [
    pytest.param({"NumberOfTransactions": "2"}, [payment(1)], "U008", "Data.Initiation.NumberOfTransactions", id="count"),
    pytest.param({"ControlSum": 1.02}, [payment(1)], "U008", "Data.Initiation.ControlSum", id="sum"),
    pytest.param({"FileHash": hash_of(b"other")}, [payment(1)], "U008", "Data.Initiation.FileHash", id="hash"),
    pytest.param({}, [payment(1), payment(1)], "U005", None, id="twice"),
    pytest.param({}, [], "U002", None, id="none"),
    pytest.param({}, [payment(1, "0.001")], "U002", "Data.DomesticPayments[0].InstructedAmount.Amount", id="decimals"),
    pytest.param(
        {},
        [payment(1, InstructedAmount={"Amount": "1.00", "Currency": "EUR"})],
        "U023",
        "Data.DomesticPayments[0].InstructedAmount.Currency",
        id="currency",
    ),
    pytest.param(
        {}, [payment(1, LocalInstrument="UK.OBIE.CHAPS")], "U026", "Data.DomesticPayments[0].LocalInstrument", id="instrument"
    ),
    pytest.param(
        {},
        [payment(1, CreditorAccount={"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "1", "Name": "A"})],
        "U021",
        "Data.DomesticPayments[0].CreditorAccount.Identification",
        id="account",
    ),
    pytest.param(
        {},
        [payment(1, CreditorAccount={"SchemeName": "UK.OBIE.Paym", "Identification": "1", "Name": "A"})],
        "U027",
        "Data.DomesticPayments[0].CreditorAccount.SchemeName",
        id="scheme",
    ),
]


@pytest.mark.parametrize(("said", "listed", "code", "path"), REFUSED)
async def test_a_file_that_is_not_as_it_was_announced_keeps_nothing(acme, said, listed, code, path):
    payments, data = Payments(acme), json_file(listed)
    lodged = await lodge(payments, announced(data, **said))
    assert code_of(await upload(payments, lodged["ConsentId"], data)) == (400, code, path)
    assert await state_of(payments, f"{CONSENTS}/{lodged['ConsentId']}") == "AWUP"
    assert code_of(await payments.read(f"{CONSENTS}/{lodged['ConsentId']}/file"))[:2] == (400, "U009")


async def test_a_key_is_good_for_one_file_and_another_tpp_uploads_none(acme, borough):
    payments, data = Payments(acme), json_file([payment(1)])
    first, second = await lodge(payments, announced(data)), await lodge(payments, announced(data))
    assert (await upload(payments, first["ConsentId"], data, key="one")).status == 200
    assert code_of(await upload(payments, second["ConsentId"], data, key="one"))[:2] == (400, "U029")
    assert code_of(await upload(Payments(borough), second["ConsentId"], data))[:2] == (400, "U011")
    assert await state_of(payments, f"{CONSENTS}/{second['ConsentId']}") == "AWUP"


async def test_of_twenty_uploads_at_once_one_is_kept(acme):
    payments, data, other = Payments(acme), json_file([payment(1)]), json_file([payment(2)])
    own = await acme.client_credentials_token("payments")
    for key, refusals in ((None, {"U009"}), ("race-1", {"U008", "U029"})):
        lodged = await lodge(payments, announced(data))
        path = f"{CONSENTS}/{lodged['ConsentId']}/file"
        sent = [data, data if key is None else other] * 10
        answers = await asyncio.gather(*(payments.post(path, own, each, key=key) for each in sent))
        assert {200} < {answer.status for answer in answers} <= {200, 400, 429}  # 429: too many at once
        taken = [each for each, answer in zip(sent, answers, strict=True) if answer.status == 200]
        assert taken == [data] * (1 if key is None else len(taken))
        assert {code_of(answer)[1] for answer in answers if answer.status == 400} <= refusals
        assert (await payments.read(path)).body == data
        assert await state_of(payments, path.removesuffix("/file")) == "AWAU"


async def test_a_file_that_is_too_large_is_refused_by_its_length_and_as_it_grows(acme):
    """200 MB that are announced and never sent, and a body without a length: both end as soon as it is known."""
    payments, caller = Payments(acme), Caller(acme)
    lodged = await lodge(payments, announced(b"{}"))
    path, base = f"{CONSENTS}/{lodged['ConsentId']}/file", acme.folder.mtls
    head = [
        f"POST {urlsplit(payments.base).path}{path}",
        f"Authorization: Bearer {await acme.client_credentials_token('payments')}",
        "Content-Type: application/json",
        f"{HEADER}: {sign_body(b'{}', acme.folder)}",
    ]
    announced_only = [*head, f"{KEY_HEADER}: announced", "Content-Length: 200000000"]
    assert (await caller.answer_to(base, announced_only, acme.folder.transport)).startswith(b"HTTP/1.1 400 ")
    reader, writer = await caller.open(base, acme.folder.transport)
    writer.write(rendered(base, [*head, f"{KEY_HEADER}: grows", "Transfer-Encoding: chunked"]))
    answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    sent = await grow(writer, answer)
    assert (await asyncio.wait_for(answer, PATIENCE_SECONDS)).startswith(b"HTTP/1.1 400 ")
    writer.transport.abort()  # what is left to be sent is not
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    assert sent < 100_000_000
    assert await state_of(payments, f"{CONSENTS}/{lodged['ConsentId']}") == "AWUP"


async def grow(writer: asyncio.StreamWriter, answer: asyncio.Task[bytes]) -> int:
    """Send chunks until the answer comes, or 200 MB are sent: how many bytes."""
    chunk, sent = b"10000\r\n" + b" " * 65_536 + b"\r\n", 0
    with contextlib.suppress(ConnectionError):
        while not answer.done() and sent < 200_000_000:
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)
            await asyncio.sleep(0)
    return sent

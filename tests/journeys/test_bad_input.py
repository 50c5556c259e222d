"""Hostile input at the resource APIs: the standard's own error with its code and path, nothing written, the connection goes on."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from yarl import URL

from kernel.json import DEPTH_MAX
from sandbox.tpp_kit.knobs import Knobs
from tests.journeys.scene import CONSENTS, PRESENT, Refusal, check_answer, check_refusal, good_call

BASIC = ["ReadAccountsBasic"]
BIG = 70_000  # bytes, above what the operation takes


def consent(permissions=BASIC, risk=True, **data):
    return {"Data": {"Permissions": permissions, **data}} | ({"Risk": {}} if risk else {})


def lodged(document, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return lambda scene: scene.lodge(body, **headers)


def filtered(query):
    async def call(scene):
        return await scene.get(f"/accounts/{await scene.account()}/transactions?{query}")

    return call


def headed(**headers):
    return lambda scene: scene.get("/accounts", headers={name.replace("_", "-"): value for name, value in headers.items()})


def exactly(target, method="GET"):
    """A request target that no client library would send."""

    async def call(scene):
        folder = scene.acme.folder
        headers = {"Authorization": f"Bearer {(await scene.alices()).token}", **PRESENT}
        url = URL(f"{folder.resource_base}{target}", encoded=True)
        session = scene.acme.wire._open_session()
        async with session.request(method, url, headers=headers, ssl=context(scene), allow_redirects=False) as response:
            from sandbox.tpp_kit.wire import Answer

            return Answer(response.status, dict(response.headers), await response.read())

    return call


def context(scene):
    from sandbox.tpp_kit.wire import _context

    return _context(scene.acme.folder.ca, scene.acme.folder.transport, None)


def twice(name, *values):
    """A header that comes twice."""

    async def call(scene):
        token = (await scene.alices()).token
        pairs = [("Authorization", f"Bearer {token}"), ("Accept", "application/json"), *((name, value) for value in values)]
        url = f"{scene.acme.folder.resource_base}/accounts"
        headers = aiohttp.typedefs.CIMultiDict(pairs)
        return await scene.acme.wire.call("GET", url, certificate="own", headers=headers)

    return call


def day(offset):
    return (datetime.now(UTC) + timedelta(days=offset)).isoformat(timespec="seconds")


async def tampered_cursor(scene, change):
    following = (await first_page(scene))["Links"]["Next"]
    base, _, cursor = following.partition("page=")
    return await scene.get(f"{base}page={change(cursor)}")


async def first_page(scene):
    answer = await scene.get(f"/accounts/{await scene.account()}/transactions")
    return answer.json()


async def carried(scene, path, token=None, tpp=None):
    """The cursor of acme's first page of one account, presented at another operation."""
    cursor = (await first_page(scene))["Links"]["Next"].partition("page=")[2]
    return await scene.get(f"{path}page={cursor}", token, tpp)


async def to_another_account(scene):
    return await carried(scene, f"/accounts/{await scene.account('Rainy day')}/transactions?")


async def to_all_accounts(scene):
    return await carried(scene, "/transactions?")


async def to_another_consent(scene):
    other = await scene.still("other", scene.acme.granted)
    return await carried(scene, f"/accounts/{await scene.account()}/transactions?", other.token)


async def to_another_client(scene):
    account = await scene.boroughs_account()
    return await carried(scene, f"/accounts/{account}/transactions?", (await scene.boroughs()).token, scene.borough)


async def to_other_filters(scene):
    return await carried(scene, f"/accounts/{await scene.account()}/transactions?fromBookingDateTime=2025-01-01&")


def flipped(cursor):
    return cursor[:-9] + ("A" if cursor[-9] != "A" else "B") + cursor[-8:]


def mispelt(cursor):
    """The same bytes in another spelling: unused bits of the last character set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return cursor[:-1] + alphabet[alphabet.index(cursor[-1]) ^ 1]


NESTED = b'{"Data":' + b'{"a":' * (DEPTH_MAX + 8) + b"1" + b"}" * (DEPTH_MAX + 8) + b',"Risk":{}}'
DEEP = b'{"Data":' + b"[" * 20_000 + b"]" * 20_000 + b"}"

# fmt: off
REFUSALS = [
    # headers
    Refusal("interaction id no UUID", headed(x_fapi_interaction_id="not-a-uuid"), 400, "U006", "x-fapi-interaction-id"),
    Refusal("interaction id empty", headed(x_fapi_interaction_id=""), 400, "U006", "x-fapi-interaction-id"),
    Refusal("interaction id with more", headed(x_fapi_interaction_id="0f6c2a4e-5b7d-4c1e-9f3a-2d8b6e4c1a90 x"), 400, "U006", "x-fapi-interaction-id"),
    Refusal("interaction id twice", twice("x-fapi-interaction-id", "0f6c2a4e-5b7d-4c1e-9f3a-2d8b6e4c1a90", "0f6c2a4e-5b7d-4c1e-9f3a-2d8b6e4c1a91"), 400, "U006", "x-fapi-interaction-id"),
    Refusal("customer address no address", headed(x_fapi_customer_ip_address="localhost"), 400, "U006", "x-fapi-customer-ip-address"),
    Refusal("customer address twice", twice("x-fapi-customer-ip-address", "192.0.2.7", "192.0.2.8"), 400, "U006", "x-fapi-customer-ip-address"),
    Refusal("login date no date", headed(x_fapi_auth_date="yesterday"), 400, "U006", "x-fapi-auth-date"),
    Refusal("login date of another weekday", headed(x_fapi_auth_date="Mon, 10 Sep 2024 19:43:31 GMT"), 400, "U006", "x-fapi-auth-date"),
    Refusal("accepts XML only", headed(Accept="application/xml"), 406),
    Refusal("accepts JSON at quality nought", headed(Accept="application/json;q=0, text/html"), 406),
    # what and where
    Refusal("unknown path", lambda s: s.get("/account"), 404),
    Refusal("unknown below an account", lambda s: s.get("/accounts/x/secrets"), 404),
    Refusal("wrong method", lambda s: s.acme.call("PUT", "/accounts", None), 405, headers=(("Allow", "GET"),)),
    Refusal("wrong method at consents", lambda s: s.acme.call("GET", CONSENTS, None), 405, headers=(("Allow", "POST"),)),
    Refusal("an encoded slash", exactly("/accounts/..%2f..%2fwhoami"), 400, "U010"),
    Refusal("dot segments", exactly("/accounts/../accounts"), 400, "U010"),
    Refusal("a NUL", exactly("/accounts/%00"), 400, "U010"),
    Refusal("no UTF-8", exactly("/accounts/%ff%fe"), 400, "U010"),
    Refusal("a broken escape", exactly("/accounts/%zz"), 400, "U010"),
    # the body's form
    Refusal("text/plain", lodged(consent(), Content_Type="text/plain"), 415),
    Refusal("a form", lodged(b"a=b", Content_Type="application/x-www-form-urlencoded"), 415),
    Refusal("UTF-16", lodged(consent(), Content_Type="application/json; charset=utf-16"), 415),
    Refusal("compressed", lodged(gzip.compress(json.dumps(consent()).encode()), Content_Encoding="gzip"), 415, keeps_connection=False),
    Refusal("no body", lodged(b""), 415),
    Refusal("no JSON", lodged(b"Data"), 400, "U010"),
    Refusal("truncated", lodged(json.dumps(consent()).encode()[:-5]), 400, "U010"),
    Refusal("two documents", lodged(json.dumps(consent()).encode() * 2), 400, "U010"),
    Refusal("oversized", lodged(consent(padding="x" * BIG)), 400, "U010", keeps_connection=False),
    Refusal("nested too deep", lodged(NESTED), 400, "U010"),
    Refusal("nested beyond all measure", lodged(DEEP), 400, "U010"),
    Refusal("bytes that are no UTF-8", lodged(b'{"Data":{"Permissions":["ReadAccountsBasic\xff"]},"Risk":{}}'), 400, "U010"),
    Refusal("half a surrogate", lodged(b'{"Data":{"Permissions":["\\ud800"]},"Risk":{}}'), 400, "U010"),
    Refusal("NaN", lodged(b'{"Data":{"Permissions":NaN},"Risk":{}}'), 400, "U010"),
    # the body's members
    Refusal("a list", lodged([]), 400, "U002"),
    Refusal("null", lodged(None), 400, "U002"),
    Refusal("empty", lodged({}), 400, "U004", "Data"),
    Refusal("no Risk", lodged(consent(risk=False)), 400, "U004", "Risk"),
    Refusal("no permissions", lodged({"Data": {}, "Risk": {}}), 400, "U004", "Data.Permissions"),
    Refusal("an empty list of permissions", lodged(consent([])), 400, "U004", "Data.Permissions"),
    Refusal("permissions as text", lodged(consent("ReadAccountsBasic")), 400, "U002", "Data.Permissions"),
    Refusal("a permission as number", lodged(consent(["ReadAccountsBasic", 7])), 400, "U002", "Data.Permissions[1]"),
    Refusal("an unknown permission", lodged(consent(["ReadAccountsBasic", "ReadEverything"])), 400, "U002", "Data.Permissions[1]"),
    Refusal("no accounts among the permissions", lodged(consent(["ReadBalances"])), 400, "U001", "Data.Permissions"),
    Refusal("transactions without a direction", lodged(consent([*BASIC, "ReadTransactionsBasic"])), 400, "U001", "Data.Permissions"),
    Refusal("a direction without transactions", lodged(consent([*BASIC, "ReadTransactionsDebits"])), 400, "U001", "Data.Permissions"),
    Refusal("an unknown member", lodged(consent() | {"More": 1}), 400, "U005", "More"),
    Refusal("an unknown member below", lodged(consent(Amount="1")), 400, "U005", "Data.Amount"),
    Refusal("a member of Risk", lodged({"Data": {"Permissions": BASIC}, "Risk": {"Low": True}}), 400, "U005", "Risk.Low"),
    Refusal("a member twice", lodged(b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":{},"Risk":{}}'), 400, "U005", "Risk"),
    Refusal("a member below twice", lodged(b'{"Data":{"Permissions":["ReadAccountsBasic"],"Permissions":["ReadPAN"]},"Risk":{}}'), 400, "U005", "Permissions"),
    # dates
    Refusal("a date that is no date", lodged(consent(ExpirationDateTime="tomorrow")), 400, "U003", "Data.ExpirationDateTime"),
    Refusal("a date as number", lodged(consent(ExpirationDateTime=4102444800)), 400, "U002", "Data.ExpirationDateTime"),
    Refusal("30 February", lodged(consent(ExpirationDateTime="2099-02-30T00:00:00Z")), 400, "U003", "Data.ExpirationDateTime"),
    Refusal("a month 13", lodged(consent(TransactionFromDateTime="2024-13-01T00:00:00Z")), 400, "U003", "Data.TransactionFromDateTime"),
    Refusal("a zone of 25 hours", lodged(consent(ExpirationDateTime="2099-01-01T00:00:00+25:00")), 400, "U003", "Data.ExpirationDateTime"),
    Refusal("beyond the last day", lodged(consent(ExpirationDateTime="9999-12-31T23:59:59-12:00")), 400, "U003", "Data.ExpirationDateTime"),
    Refusal("an expiry in the past", lodged(consent(ExpirationDateTime=day(-1))), 400, "U003", "Data.ExpirationDateTime"),
    Refusal("a window backwards", lodged(consent(TransactionFromDateTime=day(-1), TransactionToDateTime=day(-9))), 400, "U003", "Data.TransactionToDateTime"),
    Refusal("a filter that is no date", filtered("fromBookingDateTime=yesterday"), 400, "U003", "fromBookingDateTime"),
    Refusal("a filter that is no day", filtered("toBookingDateTime=2025-02-29"), 400, "U003", "toBookingDateTime"),
    Refusal("filters backwards", filtered("fromBookingDateTime=2025-02-02&toBookingDateTime=2025-02-01"), 400, "U003", "toBookingDateTime"),
    Refusal("a filter twice", filtered("fromBookingDateTime=2025-02-02&fromBookingDateTime=2025-02-03"), 400, "U005", "fromBookingDateTime"),
    # cursors
    Refusal("a cursor made up", filtered("page=2"), 400, "U002", "page"),
    Refusal("an empty cursor", filtered("page="), 400, "U002", "page"),
    Refusal("a cursor of two kilobytes", filtered("page=" + "A" * 2048), 400, "U002", "page"),
    Refusal("a cursor twice", filtered("page=A&page=A"), 400, "U005", "page"),
    Refusal("a cursor tampered with", lambda s: tampered_cursor(s, flipped), 400, "U002", "page"),
    Refusal("a cursor cut", lambda s: tampered_cursor(s, lambda cursor: cursor[:-4]), 400, "U002", "page"),
    Refusal("a cursor of another account", to_another_account, 400, "U002", "page"),
    Refusal("a cursor of one account for all", to_all_accounts, 400, "U002", "page"),
    Refusal("a cursor of another consent", to_another_consent, 400, "U002", "page"),
    Refusal("a cursor of another client", to_another_client, 400, "U002", "page"),
    Refusal("a cursor after the filters changed", to_other_filters, 400, "U002", "page"),
]
# fmt: on


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
async def test_refuses(scene, refusal):
    if refusal.name == "a cursor of another consent":
        await to_another_consent(scene)  # its grant is made before anything is counted
    await check_refusal(scene, refusal)


async def test_a_body_that_never_ends_costs_only_its_sender_the_connection(scene):
    """Ten announced bytes of which half come: the server waits for the rest, and serves the others meanwhile."""
    import asyncio
    import ssl
    from urllib.parse import urlsplit

    folder = scene.acme.folder
    address = urlsplit(folder.mtls)
    trust = ssl.create_default_context(cafile=folder.ca)
    trust.load_cert_chain(folder.transport.certificate, folder.transport.key)
    reader, writer = await asyncio.open_connection("localhost", address.port, ssl=trust)
    head = f"POST /open-banking/v4.0/aisp{CONSENTS} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 10\r\n\r\n12345"
    writer.write(head.encode())
    await writer.drain()
    await good_call(scene)
    writer.close()
    await writer.wait_closed()
    assert reader.exception() is None
    await good_call(scene)


async def test_what_was_refused_with_several_defects_is_refused_for_the_first(scene):
    """The order of refusals is contract: who, then what they may do, then in which form they ask."""
    headers = {"Accept": "text/html", "x-fapi-auth-date": "never"}
    stranger = await scene.get("/balances", "opaque", headers=headers)
    check_answer(stranger, Refusal("", None, 401))
    narrow = (await scene.narrow()).token
    check_answer(await scene.get("/balances", narrow, headers=headers), Refusal("", None, 403, "NARR"))
    check_answer(await scene.get("/balances", headers=headers), Refusal("", None, 406))
    del headers["Accept"]
    check_answer(await scene.get("/balances", headers=headers), Refusal("", None, 400, "U006", "x-fapi-auth-date"))


async def test_answers_echo_nothing_that_was_sent(scene):
    """Neither a token nor a value comes back, for any fault."""
    secret = "canary-5c1e9f3a"
    for answer in (
        await scene.lodge(json.dumps(consent([secret])).encode()),
        await scene.lodge(json.dumps(consent(ExpirationDateTime=secret)).encode()),
        await scene.get(f"/accounts/{secret}"),
        await scene.get(f"/transactions?page={secret}"),
        await scene.get("/accounts", secret),
        await scene.acme.call("GET", f"{scene.acme.folder.mtls}/{secret}", None, knobs=Knobs(headers={"X-Header": secret})),
    ):
        assert answer.status >= 400
        assert secret not in answer.body.decode()
        assert not any(secret in value for value in answer.headers.values())
    assert secret not in scene.acme.server.log()

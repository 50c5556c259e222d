"""A standard is one folder and one line: a server that has the toy dialect too serves it whole, over mutual TLS, to a TPP with a token."""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.pipeline.exchange import present
from kernel.http.spool import SPOOL_ABOVE_BYTES
from openapi.dialect import BODY_BYTES_MAX
from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.wire import Answer
from tests.dialects.toy.agreements import LETTER_BYTES_MAX
from tests.dialects.toy.dialect import DIALECT
from tests.harness.installations import EMBEDDED, Installations
from tests.harness.judged import JudgedTpp
from tests.harness.server import Server
from tests.journeys.test_bodies import Caller as Heads
from tests.journeys.test_bodies import posted

CALL = "93bac548-d2de-4546-b106-880a5018460d"
GRANT_SECONDS_MAX = 200.0  # an access token lives for 300


@pytest.fixture(scope="module")
def toy_server(installations: Installations) -> Iterator[Server]:
    with installations.installation(EMBEDDED) as server:
        server.by_hand, server.module = True, "tests.dialects.registered"
        yield server.start()


@dataclass
class Caller:
    """A TPP that calls the toy dialect. `tokens`: of the agreement that a customer gave."""

    tpp: JudgedTpp
    tokens: Tokens | None = None

    async def ask(self, method: str, path: str, token: str | None = None, body: bytes = b"", **headers: str | None) -> Answer:
        """With the customer's token unless another is given. A path, or the whole address that an answer named."""
        url = path if path.startswith("https://") else f"{self.tpp.folder.mtls}/toy/v1{path}"
        named = {name.replace("_", "-"): value for name, value in ({"Toy_Customer_Present": "yes"} | headers).items()}
        named["x-fapi-interaction-id"] = None
        token = token or (self.tokens.access_token if self.tokens else None)
        return await self.tpp.call(method, url, token, body, knobs=Knobs(headers=named))

    async def own_token(self) -> str:
        return await self.tpp.client_credentials_token()

    async def agree(self, persona: str) -> None:
        """From an agreement to its tokens."""
        lodged = await self.ask("POST", "/agreements", await self.own_token(), b"{}")
        agreement = str(lodged.json()["agreement"])
        claims = json.dumps({"id_token": {"toy_agreement": {"value": agreement, "essential": True}}})
        pushed = await self.tpp.push_authorization_request(None, knobs=Knobs(form={"claims": claims}))
        await self.tpp.decide(agreement, "approve", persona)
        self.tokens = await self.tpp.redeem(await self.tpp.authorize_without_page(pushed), pushed)
        assert self.tokens.claims["toy_agreement"] == agreement


@pytest.fixture
async def caller(toy_server: Server) -> AsyncIterator[Caller]:
    async with JudgedTpp.of(toy_server, "acme") as tpp:
        yield Caller(tpp)


@pytest.fixture(scope="module")
def standing() -> dict[str, tuple[float, Tokens]]:
    """Tokens that live, by whose agreement they are of."""
    return {}


@pytest.fixture
async def agreed(caller: Caller, standing: dict[str, tuple[float, Tokens]]) -> Caller:
    return await still(caller, standing, "alice")


async def still(caller: Caller, standing: dict[str, tuple[float, Tokens]], persona: str) -> Caller:
    """For reading only: an agreement serves until its token grows old."""
    made_at, caller.tokens = standing.get(persona, (0.0, None))
    if caller.tokens is None or time.monotonic() - made_at > GRANT_SECONDS_MAX:
        await caller.agree(persona)
        standing[persona] = (time.monotonic(), present(caller.tokens))
    return caller


def problem(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json()


def test_the_dialect_is_served_with_the_others(toy_server: Server) -> None:
    assert toy_server.ready["dialects"]["toy/v1"] == f"{toy_server.mtls}/toy/v1"
    assert "uk_obie/v4.0" in toy_server.ready["dialects"]


async def test_an_encoder_answers_202_with_a_place_and_a_header_of_its_own(caller: Caller) -> None:
    token = await caller.own_token()
    lodged = await caller.ask("POST", "/agreements", token, b'{"until": "2099-12-31T00:00:00Z"}', Toy_Call=CALL)
    assert (lodged.status, lodged.header("Toy-Approach"), lodged.header("Toy-Call")) == (202, "redirect", CALL)
    place = lodged.header("Location") or ""
    assert place == f"{caller.tpp.folder.mtls}/toy/v1/agreements/{lodged.json()['agreement']}"
    read = await caller.ask("GET", place, token)
    assert (read.status, read.json()) == (200, lodged.json())
    assert (await caller.ask("DELETE", place, token)).status == 204
    assert (await caller.ask("GET", place, token)).json()["state"] == "withdrawn_by_tpp"


async def test_a_customer_gives_an_agreement_and_a_tpp_reads(agreed: Caller) -> None:
    accounts = (await agreed.ask("GET", "/accounts", x_v="1")).json()["accounts"]
    assert len(accounts) > 1
    entries = (await agreed.ask("GET", f"/accounts/{accounts[0]['id']}/entries")).json()["entries"]
    assert entries
    other_place = await agreed.tpp.get("/accounts", agreed.tokens.access_token if agreed.tokens else None)
    assert other_place.status == 200  # one consent, read in another dialect's words


async def test_its_error_face_sees_the_operation_that_was_refused(agreed: Caller) -> None:
    token = await agreed.own_token()
    assert problem(await agreed.ask("GET", "/agreements/unknown", token)) == (
        404,
        {"code": "consent_unknown", "operation": "read_account_consent"},
    )
    assert problem(await agreed.ask("GET", "/accounts/unknown/entries")) == (
        404,
        {"code": "account_unknown", "operation": "read_transactions"},
    )
    refused = await agreed.ask("POST", "/agreements", token, b'{"until": "soon"}')
    assert problem(refused) == (400, {"code": "field_date_invalid", "at": "until", "operation": "lodge_account_consent"})
    assert problem(await agreed.ask("GET", "/nothing")) == (404, {"code": "operation_unknown"})
    refused = await agreed.ask("GET", "/accounts", "forged", Toy_Call=CALL)
    assert problem(refused) == (401, {"code": "token_invalid", "operation": "list_accounts"})
    assert (refused.header("Toy-Call"), refused.header("x-v")) == (CALL, "2")


@pytest.mark.parametrize(
    ("wanted", "least", "version"), [("1", None, "1"), ("2", None, "2"), ("9", "1", "2"), ("9", "2", "2"), ("1", "2", "1")]
)
async def test_a_header_chooses_the_version_and_the_answer_names_it(
    agreed: Caller, wanted: str, least: str | None, version: str
) -> None:
    """`x-min-v` that is not below `x-v` counts as absent."""
    answer = await agreed.ask("GET", "/accounts", x_v=wanted, x_min_v=least)
    assert (answer.status, answer.header("x-v")) == (200, version)
    assert any("nickname" in account for account in answer.json()["accounts"]) == (version == "2")


@pytest.mark.parametrize(
    ("wanted", "least", "status", "code"),
    [
        (None, None, 400, "header_missing"),
        ("two", None, 400, "version_invalid"),
        ("0", None, 400, "version_invalid"),
        ("2", "x", 400, "version_invalid"),
        ("3", None, 406, "version_unsupported"),
        ("9", "3", 406, "version_unsupported"),
    ],
)
async def test_a_version_that_no_one_serves_is_refused_as_the_standard_says(
    agreed: Caller, wanted: str | None, least: str | None, status: int, code: str
) -> None:
    answer = await agreed.ask("GET", "/accounts", x_v=wanted, x_min_v=least)
    assert (answer.status, answer.json()["code"], answer.header("x-v")) == (status, code, "2")


class Listing:
    """The entries of one account, by the numbers of their pages."""

    def __init__(self, caller: Caller, path: str) -> None:
        self.caller, self.path = caller, path

    async def page(self, query: str = "") -> Answer:
        return await self.caller.ask("GET", self.path + query)


@pytest.fixture
async def listing(caller: Caller, standing: dict[str, tuple[float, Tokens]]) -> Listing:
    """Of the persona who has a hundred thousand of them."""
    await still(caller, standing, "heavy")
    [account, *_] = (await caller.ask("GET", "/accounts", x_v="1")).json()["accounts"]
    return Listing(caller, f"/accounts/{account['id']}/entries")


async def test_pages_have_numbers_and_totals_and_lead_to_each_other(listing: Listing) -> None:
    first = (await listing.page()).json()
    assert len(first["entries"]) == 25
    total, pages = first["meta"]["totalRecords"], first["meta"]["totalPages"]
    assert pages == -(-total // 25)
    assert set(first["links"]) == {"self", "next", "last"}
    second = (await listing.page("?page=2")).json()
    assert set(second["links"]) == {"self", "first", "prev", "next", "last"}
    assert (await listing.caller.ask("GET", first["links"]["next"])).json() == second
    assert (await listing.caller.ask("GET", second["links"]["prev"])).json()["entries"] == first["entries"]
    whole = (await listing.page("?page-size=50")).json()
    assert [*first["entries"], *second["entries"]] == whole["entries"]
    assert whole["meta"] == {"totalRecords": total, "totalPages": -(-total // 50)}
    assert "page-size=50" in whole["links"]["next"]


async def test_the_last_page_has_what_is_left(listing: Listing) -> None:
    first = (await listing.page("?page-size=1000")).json()
    total, pages = first["meta"]["totalRecords"], first["meta"]["totalPages"]
    last = (await listing.caller.ask("GET", first["links"]["last"])).json()
    assert set(last["links"]) == {"self", "first", "prev"}
    assert len(last["entries"]) == total - 1000 * (pages - 1)
    beyond = await listing.page(f"?page-size=1000&page={pages + 1}")
    assert problem(beyond) == (422, {"code": "page_unknown", "at": "page", "operation": "read_transactions"})


@pytest.mark.parametrize(
    ("query", "status", "code", "at"),
    [
        ("?page=0", 400, "field_invalid", "page"),
        ("?page=-1", 400, "field_invalid", "page"),
        ("?page=1e3", 400, "field_invalid", "page"),
        ("?page=first", 400, "field_invalid", "page"),
        ("?page=1&page=2", 400, "field_duplicated", "page"),
        ("?page=999999999999", 422, "page_unknown", "page"),
        ("?page-size=1001", 400, "page_size_invalid", "page-size"),
        ("?page-size=0", 400, "page_size_invalid", "page-size"),
        ("?page-size=many", 400, "page_size_invalid", "page-size"),
    ],
)
async def test_a_page_that_no_one_can_have_is_refused_as_the_standard_says(
    listing: Listing, query: str, status: int, code: str, at: str
) -> None:
    assert problem(await listing.page(query)) == (status, {"code": code, "at": at, "operation": "read_transactions"})


def letter(length: int, digest: str | None = None) -> tuple[bytes, dict[str, str]]:
    body = b"Dear bank, " * (length // 11 + 1)
    return body[:length], {"Toy_Digest": digest or hashlib.sha256(body[:length]).hexdigest(), "Content_Type": "text/plain"}


@pytest.mark.parametrize("length", [20, SPOOL_ABOVE_BYTES, SPOOL_ABOVE_BYTES + 1, LETTER_BYTES_MAX])
async def test_an_operation_takes_a_body_as_large_as_its_row_says_and_keeps_none_of_it(
    caller: Caller, toy_server: Server, length: int
) -> None:
    token = await caller.own_token()
    body, headers = letter(length)
    assert (await caller.ask("POST", "/agreements/by-letter", token, body, **headers)).status == 202
    body, headers = letter(length, "another")
    refused = await caller.ask("POST", "/agreements/by-letter", token, body, **headers)
    assert problem(refused) == (400, {"code": "header_invalid", "at": "Toy-Digest", "operation": "lodge_account_consent"})
    assert spooled(toy_server) == []


@pytest.mark.parametrize(
    ("path", "media_type", "length"),
    [("/agreements/by-letter", "text/plain", LETTER_BYTES_MAX + 1), ("/agreements", "application/json", BODY_BYTES_MAX + 1)],
)
async def test_a_larger_body_is_refused_by_its_head(caller: Caller, path: str, media_type: str, length: int) -> None:
    """Not a byte of it is sent."""
    folder, token = caller.tpp.folder, f"Authorization: Bearer {await caller.own_token()}"
    head = posted(f"/toy/v1{path}", token, length=length, media_type=media_type)
    answer = await Heads(caller.tpp).answer_to(folder.mtls, head, folder.transport)
    assert answer.startswith(b"HTTP/1.1 413 ")


def spooled(server: Server) -> list[str]:
    """The files without a name that the server's process holds open."""
    assert server.process is not None
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not list the files of a process")
    names = [str(each.readlink()) for each in descriptors.iterdir() if each.is_symlink()]
    return [name for name in names if name.endswith("(deleted)") and tempfile.gettempdir() in name]


def test_its_document_is_printed(toy_server: Server) -> None:
    """By the command line that a user types."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dialects.registered", "openapi", "toy/v1"], capture_output=True, text=True, check=True
    )
    document = json.loads(done.stdout)
    assert {(method.upper(), path) for path, operations in document["paths"].items() for method in operations} == {
        (row.method, row.path) for row in DIALECT.rows
    }
    newest = document["paths"]["/accounts"]["get"]
    assert newest["x-version"] == 2
    assert newest["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/NamedAccounts")
    assert newest["x-earlier-versions"]["1"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Accounts"
    )
    assert {"x-v", "x-min-v"} <= {each["name"] for each in newest["parameters"]}
    assert "version_unsupported" in newest["responses"]["406"]["description"]
    assert "page_unknown" in document["paths"]["/accounts/{accountId}/entries"]["get"]["responses"]["422"]["description"]
    assert "422" not in newest["responses"]
    letters = document["paths"]["/agreements/by-letter"]["post"]["requestBody"]
    assert letters == {"description": "At most 524,288 bytes.", "required": True, "content": {"text/plain": {}}}
    unversioned = document["paths"]["/agreements"]["post"]
    assert "x-version" not in unversioned
    assert "version_unsupported" not in unversioned["responses"]["406"]["description"]

"""Warm reads and tokens of a TPP against bare servers, in the same rounds: how much more than passing a question on all duties cost."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import repeat
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench.processes import tree_seconds
from bench.request_path.load import opened, request_bytes
from bench.request_path.replayed_bank import LAST_BALANCES
from bench.request_path.rounds import Measured, Subject, measure_in_turns
from bench.request_path.signatures import raw_token_micros
from bench.request_path.site import ES256_TPP, Granted, Ground, Site, bare_server, grant
from sandbox.tpp_kit.answers import expect
from sandbox.tpp_kit.signatures import sign_assertion
from sandbox.tpp_kit.tpp import ASSERTION_TYPE
from tests.harness.installations import BANK_WITHIN, EMBEDDED

JSON, PDF = "application/json", "application/pdf"
PROXY, HANDLER = "bare proxy", "bare handler"
CONNECTIONS = 32
TOKEN = "token"
TOKEN_DEARNESS = 8  # for a client may authenticate so often in a minute, by no setting
SIGNERS = {"PS256": "acme", "ES256": ES256_TPP}  # the TPP that signs its assertions so

Requests = Callable[[int], Iterable[bytes]]


class Setup(NamedTuple):
    name: str
    kind: str
    over_http: bool


SETUPS = (
    Setup("memory, core bank", EMBEDDED, over_http=True),
    Setup("valkey, core bank", BANK_WITHIN, over_http=True),
    Setup("memory, built-in bank", EMBEDDED, over_http=False),
    Setup("valkey, built-in bank", BANK_WITHIN, over_http=False),
)


async def measure_reads(ground: Ground, *, rounds: int, requests: int) -> tuple[dict[str, Any], dict[str, float]]:
    """The document, and ratios by name: the bare server's CPU for each request to ours."""
    with ExitStack() as stack:
        sites = {setup.name: stack.enter_context(ground.site(setup.kind, over_http=setup.over_http)) for setup in SETUPS}
        subjects: list[Subject] = []
        for name, site in sites.items():
            subjects += await _subjects(site, name)
        first = sites[SETUPS[0].name]
        bank = first.server.environment
        question = f"{bank['PORTCULLIS_CORE_BANK_URL']}/{LAST_BALANCES}"
        async with opened(first.mtls_port, first.context(), 1) as line:
            await line.send_all([balances_request(first, await grant(first, "alice"))])
        for name, words in ((PROXY, (question, bank["PORTCULLIS_CORE_BANK_TOKEN"])), (HANDLER, ())):
            pid, port = stack.enter_context(bare_server(first, *words))
            subjects.append(_bare(name, pid, port, first))
        measured = await measure_in_turns(subjects, rounds=rounds, requests=requests, connections=CONNECTIONS)
    return {name: found.document() for name, found in measured.items()}, _ratios(measured, raw_token_micros())


async def _subjects(site: Site, setup: str) -> list[Subject]:
    """The subjects of one setup. The market trader's account has a hundred thousand transactions."""
    alice, heavy = await grant(site, "alice"), await grant(site, "heavy")
    async with site.tpp() as tpp:
        statements = expect(200, "statements", await tpp.get(f"/accounts/{alice.account_ids[0]}/statements", alice.token))
    statement = statements["Data"]["Statement"][0]["StatementId"]
    base_path, host = site.resource_base.removeprefix(site.server.mtls), site.host
    reads = {
        "whoami": ("/whoami", alice, JSON, 1),
        "balances": (f"{base_path}/accounts/{alice.account_ids[0]}/balances", alice, JSON, 1),
        "accounts": (f"{base_path}/accounts", alice, JSON, 1),
        "transactions": (f"{base_path}/accounts/{heavy.account_ids[0]}/transactions", heavy, JSON, 8),
        "statement file": (
            f"{base_path}/accounts/{alice.account_ids[0]}/statements/{statement}/file",
            alice,
            PDF,
            16,
        ),
    }
    context = site.context()
    subjects = [
        Subject(
            f"{name}, {setup}",
            site.mtls_port,
            context,
            _same(request_bytes("GET", path, _headers(host, granted, accept))),
            site.seconds,
            dearness=dearness,
        )
        for name, (path, granted, accept, dearness) in reads.items()
    ]
    tokens = [await _token_subject(site, f"{TOKEN} {algorithm}, {setup}", name) for algorithm, name in SIGNERS.items()]
    return [*subjects, *tokens]


def balances_request(site: Site, granted: Granted) -> bytes:
    """A read of the first account's balances, its customer present."""
    base_path = site.resource_base.removeprefix(site.server.mtls)
    path = f"{base_path}/accounts/{granted.account_ids[0]}/balances"
    return request_bytes("GET", path, _headers(site.host, granted, JSON))


def _headers(host: str, granted: Granted, accept: str) -> list[tuple[str, str]]:
    return [
        ("Host", host),
        ("Authorization", f"Bearer {granted.token}"),
        ("Accept", accept),
        ("x-fapi-interaction-id", "93bac548-d2de-4546-b106-880a5018460d"),
        ("x-fapi-customer-ip-address", "192.0.2.7"),
    ]


def _same(request: bytes) -> Requests:
    return lambda count: repeat(request, count)


async def _token_subject(site: Site, name: str, tpp_name: str) -> Subject:
    """Client credentials: each request has an assertion of its own, signed before the round."""
    async with site.tpp(tpp_name) as tpp:
        metadata, folder = await tpp.discover(), tpp.folder
    path = metadata["mtls_endpoint_aliases"]["token_endpoint"].removeprefix(site.server.mtls)

    def requests(count: int) -> Iterable[bytes]:
        return list(_signed(count))

    def _signed(count: int) -> Iterator[bytes]:
        for _ in range(count):
            form = {
                "grant_type": "client_credentials",
                "scope": "accounts",
                "client_id": folder.client_id,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": sign_assertion(folder.client_id, metadata["issuer"], folder.signing_jwk),
            }
            headers = [("Host", site.host), ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", JSON)]
            yield request_bytes("POST", path, headers, urlencode(form).encode())

    return Subject(name, site.mtls_port, site.context(tpp_name), requests, site.seconds, dearness=TOKEN_DEARNESS)


def _bare(name: str, pid: int, port: int, site: Site) -> Subject:
    headers = [("Host", "localhost"), ("Accept", JSON)]
    return Subject(name, port, site.context(), _same(request_bytes("GET", "/", headers)), lambda: {"server": tree_seconds(pid)})


def _ratios(measured: dict[str, Measured], raw: dict[str, float]) -> dict[str, float]:
    """Reads over HTTP against the bare proxy; what asks no other process as a number of times the bare handler's
    cost; tokens against the raw cost of their signatures."""
    proxy, handler = measured[PROXY].micros, measured[HANDLER].micros
    ratios: dict[str, float] = {}
    for setup in SETUPS:
        key = setup.name.replace(", ", "_").replace("-", "_").replace(" ", "_")
        for read in ("balances", "accounts", "transactions"):
            if setup.over_http:
                ratios[f"{read}_{key}_to_proxy"] = round(proxy / measured[f"{read}, {setup.name}"].micros, 3)
            else:
                ratios[f"{read}_{key}_times_handler"] = round(measured[f"{read}, {setup.name}"].micros / handler, 2)
        for algorithm in SIGNERS:
            ratios[f"token_{algorithm}_{key}_to_raw"] = round(
                raw[algorithm] / measured[f"{TOKEN} {algorithm}, {setup.name}"].micros, 3
            )
        ratios[f"whoami_{key}_times_handler"] = round(measured[f"whoami, {setup.name}"].micros / handler, 2)
    return ratios

"""`portcullis demo`: a TPP's whole journey against a sandbox of its own, each request and answer shown, exit 0 if all is as it must be."""

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from portcullis.cli.control_client import ServerRefused, post
from portcullis.cli.sandbox.demo_events import DemoEvents
from portcullis.cli.sandbox.demo_payment import AMOUNT, DemoPayment
from portcullis.cli.sandbox.demo_reconciliation import DemoReconciliation, next_cycle
from portcullis.cli.sandbox.demo_vrp import EACH, LIMIT, DemoRecurring
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.wire import Answer

START_SECONDS_MAX = 120  # for the sandbox of the demo to start, its bank included
STOP_SECONDS_MAX = 15  # for the sandbox of the demo to stop
STEPS = 23


class DemoFailed(ServerRefused):
    """A step did not end as it must."""


async def run_demo(console: Console) -> None:
    """Raises DemoFailed; leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="portcullis-demo-") as directory:
        state_dir = Path(directory) / "sandbox"
        console.print("Starting a sandbox of its own on free ports ...")
        async with _started(state_dir), Tpp.from_folder(state_dir / "tpps" / "acme") as tpp:
            await Demo(console, state_dir, tpp).walk()
    console.print("\n[bold green]The journey is complete.[/]")


class Demo:
    """The journey, step by step."""

    def __init__(self, console: Console, state_dir: Path, tpp: Tpp) -> None:
        self._console = console
        self._state_dir = state_dir
        self._tpp = tpp
        self._number = 0
        self._shown = 0

    async def walk(self) -> None:
        tpp = self._tpp
        await tpp.discover()
        self._show("acme discovers the authorization server")
        token = await tpp.client_credentials_token()
        self._show("acme gets a token with its own authority, over mTLS, signed with its key")
        consent = await tpp.lodge_account_consent(token=token)
        self._show(f"acme lodges an account-access consent: {consent.id}")
        pushed = await tpp.push_authorization_request(consent.id)
        self._show("acme pushes the authorization request")
        await asyncio.to_thread(post, self._state_dir, f"/sandbox/consents/{consent.id}/approve", {"persona": "alice"})
        code = await tpp.authorize_without_page(pushed)
        self._show("alice logs in and approves (decided by the control API, as a test would)")
        tokens = await tpp.redeem(code, pushed)
        self._show("acme redeems the code")
        accounts = await self._read("/accounts", tokens.access_token)
        self._show(f"acme reads {len(accounts['Account'])} accounts")
        account_id = accounts["Account"][0]["AccountId"]
        await self._read(f"/accounts/{account_id}/balances", tokens.access_token)
        transactions = await self._read(f"/accounts/{account_id}/transactions", tokens.access_token)
        self._show(f"acme reads balances, and {len(transactions['Transaction'])} transactions on the first page")
        assert tokens.refresh_token is not None
        refreshed = await tpp.refresh(tokens.refresh_token)
        self._show("acme refreshes its access token")
        _expect(204, await tpp.delete(f"/account-access-consents/{consent.id}", token))
        self._show("acme withdraws the consent")
        refused = await tpp.get("/accounts", refreshed.access_token)
        if refused.status not in {401, 403}:
            raise DemoFailed(f"after the withdrawal the answer was {refused.status}")
        self._show(f"the very next call is refused: {refused.status}")
        await self._pay(DemoPayment(tpp, self._state_dir))
        await self._pay_within_limits(DemoRecurring(tpp, self._state_dir))
        await self._hear_of_events(DemoEvents(tpp, self._state_dir))
        await self._reconcile(DemoReconciliation(self._state_dir))

    async def _pay(self, payment: DemoPayment) -> None:
        consent = await payment.lodge()
        self._show(f"acme lodges a consent for bob to pay alice £{AMOUNT}, signed: {consent.id}")
        checked, tokens = await payment.agree(consent)
        self._show(
            f"bob reads on the bank's pages what he pays to whom ({checked}), and types the code that is good for that alone"
        )
        order_id = await payment.order(tokens, consent)
        self._show(f"acme orders the payment, under an idempotency key: {order_id}")
        status = await payment.await_end(order_id)
        self._show(f"acme reads its status: {status}")
        sides = [f"{persona} {await payment.find_booked(persona)}" for persona in ("bob", "alice")]
        self._show(f"acme reads it among the transactions of both: {', '.join(sides)}")

    async def _pay_within_limits(self, recurring: DemoRecurring) -> None:
        consent_id, tokens = await recurring.allow()
        self._show(f"alice allows acme to move her money to her savings, £{EACH} at a time and £{LIMIT} a month: {consent_id}")
        paid = [await recurring.pay(tokens, consent_id) for _ in range(2)]
        self._show(f"acme pays twice without asking her: {', '.join(paid)}")
        self._show(f"a penny more than the month has left is refused: {await recurring.exceed(tokens, consent_id)}")

    async def _hear_of_events(self, events: DemoEvents) -> None:
        await events.subscribe()
        heard = await events.hear(await events.stop())
        self._show(
            f"alice stops a consent; acme, subscribed, polls and verifies the event's signature by the bank's keys: {heard}"
        )

    async def _reconcile(self, books: DemoReconciliation) -> None:
        self._show(f"the scheme's bank states its last day, and ann imports it at the bank: {await books.state()}")
        broken = await books.compare()
        self._show(f"ann compares it with the books; {broken['detail']}, which the books lack: break {broken['id']}")
        entry = await books.resolve(broken)
        self._show(
            f"ann proposes to book it and may not approve it herself; bea does: {entry}. The report, with today's payments in flight "
            f"until their cycle closes at {next_cycle():%H:%M} UTC on {next_cycle():%-d %B}:"
        )
        for line in await books.say():
            self._console.print(f"  {line}", style="dim", markup=False, soft_wrap=True)

    async def _read(self, path: str, token: str) -> dict[str, Any]:
        document = _expect(200, await self._tpp.get(path, token))
        data: dict[str, Any] = document["Data"]
        return data

    def _show(self, what: str) -> None:
        self._number += 1
        self._console.print(f"\n[bold]{self._number:2}/{STEPS}  {what}[/]", soft_wrap=True)
        for entry in self._tpp.transcript[self._shown :]:
            self._console.print(entry.render(), style="dim", markup=False, soft_wrap=True)
        self._shown = len(self._tpp.transcript)


def _expect(status: int, answer: Answer) -> dict[str, Any]:
    if answer.status != status:
        raise DemoFailed(f"expected {status}, got {answer.status}: {answer.body[:500].decode(errors='replace')}")
    document: dict[str, Any] = answer.json() if answer.body else {}
    return document


@asynccontextmanager
async def _started(state_dir: Path) -> AsyncIterator[None]:
    """A sandbox in a process of its own, stopped at the end however that comes."""
    public, mtls, ops = _free_ports(3)
    log = state_dir.with_suffix(".log")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    environment = kept | {
        "PORTCULLIS_STATE_DIR": str(state_dir),
        "PORTCULLIS_PUBLIC_PORT": str(public),
        "PORTCULLIS_MTLS_PORT": str(mtls),
        "PORTCULLIS_OPS_PORT": str(ops),
    }
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "portcullis", "sandbox", env=environment, stdout=descriptor, stderr=descriptor
    )
    os.close(descriptor)
    try:
        await _until_ready(process, state_dir, log)
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()


async def _until_ready(process: asyncio.subprocess.Process, state_dir: Path, log: Path) -> None:
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            while not _is_ready(state_dir):
                if process.returncode is not None:
                    raise DemoFailed(f"the sandbox did not start:\n{await _tail(log)}")
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise DemoFailed(f"the sandbox was not ready after {START_SECONDS_MAX} seconds:\n{await _tail(log)}") from None


async def _tail(log: Path) -> str:
    return (await asyncio.to_thread(log.read_text, errors="replace"))[-4000:]


def _is_ready(state_dir: Path) -> bool:
    try:
        return bool(json.loads((state_dir / "ready.json").read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def _free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()

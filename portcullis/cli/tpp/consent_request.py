"""A consent that a TPP of a running sandbox asks a customer for, and the address that opens the pages for it."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from portcullis.cli.tpp.opened_tpp import check_may_ask, open_tpp
from portcullis.serving.banner import PEOPLE_MAX, confirms_by_device

RESERVED_DOMAINS = (".test", ".example", ".invalid")  # RFC 6761: names that never resolve
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PROBE_SECONDS = 2.0  # to find out whether a TPP listens at its redirect address


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A consent that waits for a customer. `url` opens its pages; `answer` names the parameter that comes back to `redirect_uri`."""

    tpp: str
    consent_id: str
    url: str
    expires_in: int
    redirect_uri: str
    answer: str


async def ask_for_consent(state_dir: Path, name: str) -> Asked:
    """Lodge an account-access consent and push the authorization request for it, as the TPP. Raises ServerRefused."""
    async with open_tpp(state_dir, name) as tpp:
        check_may_ask(name, tpp, state_dir)
        consent = await tpp.lodge_account_consent()
        pushed = await tpp.push_authorization_request(consent.id)
        return Asked(
            tpp=name,
            consent_id=consent.id,
            url=await tpp.authorization_url(pushed.request_uri),
            expires_in=pushed.expires_in,
            redirect_uri=pushed.redirect_uri,
            answer="code" if pushed.response_mode is None else "response",
        )


def print_asked(console: Console, state_dir: Path, asked: Asked) -> None:
    """The address, who can log in there, and where the browser goes after that."""
    console.print(f"{asked.tpp} asks for a customer's accounts: consent [bold]{asked.consent_id}[/]", soft_wrap=True)
    console.print(f"\nOpen this in a browser within {asked.expires_in} seconds:\n")
    console.print(f"  [cyan]{escape(asked.url)}[/]", soft_wrap=True)
    console.print(
        f"\nIt warns of an authority that it does not know ({state_dir}/pki/ca.pem): go on. Log in as one of", soft_wrap=True
    )
    for persona in _who_can_share(state_dir):
        how = "a device confirms at once" if confirms_by_device(persona) else f"one-time code [bold]{persona['otp']}[/]"
        console.print(
            f"  [bold]{escape(persona['name']):8}[/]  password [bold]{escape(persona['password'])}[/], {how}", soft_wrap=True
        )
    console.print(
        f"\nAfter the yes or no the browser goes to [cyan]{escape(asked.redirect_uri)}[/]. {describe_redirect(asked.redirect_uri, asked.answer)} "
        "The customer sees the consent, and can stop it, in the dashboard at /consents.",
        soft_wrap=True,
    )


def describe_redirect(redirect_uri: str, answer: str) -> str:
    """The sentence about a TPP's redirect address, for the customer who will be sent there."""
    place = urlsplit(redirect_uri)
    host, port = place.hostname or "", place.port or (443 if place.scheme == "https" else 80)
    held = f"its address holds the answer, as [bold]{answer}[/]"
    if not _is_known(host):
        return f"The name {host} does not exist, so the browser shows an error page: {held}."
    if host in LOOPBACK and not _listens(host, port):
        return f"No program listens there now, so the browser shows an error page unless your TPP is started first: {held}."
    return f"There your TPP takes over: {held}."


def _is_known(host: str) -> bool:
    if host.endswith(RESERVED_DOMAINS):
        return False
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _who_can_share(state_dir: Path) -> list[dict[str, Any]]:
    try:
        personas: list[dict[str, Any]] = json.loads((state_dir / "personas.json").read_text())
    except (OSError, ValueError):
        return []
    return [persona for persona in personas if persona["accounts"]][:PEOPLE_MAX]

"""The developer's text at start: addresses, personas, and commands to try next, ready to paste."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kernel.brand import Brand
from portcullis.serving.command_name import command_name
from portcullis.settings.schema import Settings

PEOPLE_MAX = 12  # customers named at the start: an imported bank may have thousands
Report = Callable[[int, int, str], None]


@contextmanager
def seed_progress(console: Console) -> Iterator[Report]:
    """A bar while the bank is made; without a terminal, one line a persona."""
    printed: set[str] = set()
    with Progress(
        TextColumn("Making the bank: {task.fields[whose]}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("seed", total=0, whose="", visible=False)

        def report(done: int, total: int, whose: str) -> None:
            bar.update(task, completed=done, total=total, whose=whose, visible=True)
            if not console.is_terminal and whose not in printed:
                printed.add(whose)
                console.print(f"Making the bank: {whose} ({done:,} of {total:,} transactions)", soft_wrap=True)

        yield report


def print_banner(console: Console, settings: Settings, brand: Brand, personas: list[dict[str, Any]]) -> None:
    """Addresses, people, TPPs, and commands that work when pasted into another terminal. `personas`: the content of personas.json."""
    state = _shown(settings.state_dir)
    command = command_name(settings.state_dir, Settings().state_dir)
    console.print(
        f"""
[bold]{brand.display_name}[/] is open.

  authorization server  [cyan]{brand.issuer}[/]
  resource APIs (mTLS)  [cyan]{brand.mtls_url}[/]/open-banking/v4.0/aisp
  health and metrics    [cyan]http://127.0.0.1:{settings.ops_port}[/]/health/ready
  customers             {_people(personas, state)}
  their dashboard       [cyan]{brand.issuer}[/]/consents
  TPPs                  acme, borough   certificates and keys in [cyan]{state}/tpps/[/]

[bold]Try next[/], in another terminal:

{_first_call(command, state, brand, personas)}

  [green]# the customer's pages: an address for your browser, and who can log in there[/]
  {command} tpp authorize acme

  [green]# the whole journey, every request and answer shown[/]
  make demo

  [green]# a TPP of your own[/]
  {command} tpp new my-app --redirect-uri http://localhost:3000/callback

A call was refused? This terminal says why: the line's [bold]detail[/]. How to build a TPP: docs/build-a-tpp.md

Stop with Ctrl-C. Everything is kept in [cyan]{state}[/]; to start afresh, stop it, then delete that folder.
""",
        soft_wrap=True,
    )


def _first_call(command: str, state: str, brand: Brand, personas: list[dict[str, Any]]) -> str:
    """Read the accounts of the first customer who has some to share; in a bank without one, ask whose token it is."""
    acme = f"{state}/tpps/acme"
    shown = f"curl --cacert {state}/pki/ca.pem --cert {acme}/transport.pem --key {acme}/transport.key \\\n    -H"
    who = next((escape(str(persona["name"])) for persona in personas if persona.get("accounts")), None)
    if who is None:
        return f"""  [green]# whose token is this? A token of acme, shown with acme's certificate[/]
  {shown} "Authorization: Bearer $({command} tpp token acme)" {brand.mtls_url}/whoami"""
    return f"""  [green]# read {who}'s accounts as acme: one command has {who} agree and prints a token, which acme's certificate goes with[/]
  {shown} "Authorization: Bearer $({command} tpp token acme --persona {who})" \\
    -H 'x-fapi-customer-ip-address: 127.0.0.1' {brand.mtls_url}/open-banking/v4.0/aisp/accounts"""


def confirms_by_device(persona: dict[str, Any]) -> bool:
    """As the server chooses (consent/authentication/challenge.py): the first method that has no page of its own script."""
    return next((method for method in persona["sca_methods"] if method != "passkey"), None) == "device"


def _people(personas: list[dict[str, Any]], state: str) -> str:
    names = [escape(persona["name"]) for persona in personas[:PEOPLE_MAX]]
    if len(personas) > PEOPLE_MAX:
        names.append(f"and {len(personas) - PEOPLE_MAX:,} more in {state}/personas.json")
    if not names:
        return "none: this bank has no customers who can log in"
    lines = [", ".join(names) + "   password [bold]<name>-pw[/]"]
    codes = dict.fromkeys(persona["otp"] for persona in personas if persona["otp"])
    lines += [f"one-time code [bold]{code}[/]{_without_page(personas)}" for code in codes]
    return f"\n{' ' * 24}".join(lines)


def _without_page(personas: list[dict[str, Any]]) -> str:
    """The clause that names the personas with a device, which confirms at once: they are never asked for the code."""
    names = [escape(persona["name"]) for persona in personas[:PEOPLE_MAX] if confirms_by_device(persona)]
    return f"; not asked of {', '.join(names)}, whose device confirms at once" if names else ""


def _shown(path: Path) -> str:
    """The path as short as it can be pasted: relative where it lies below the working directory."""
    resolved = path.resolve()
    return str(resolved.relative_to(Path.cwd())) if resolved.is_relative_to(Path.cwd()) else str(resolved)

"""`portcullis core-bank check`: the findings as a table."""

import ssl
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from kernel.errors import UpstreamFailed, UpstreamTimedOut
from portcullis.cli.control_client import ServerRefused
from portcullis.core_bank.checks import CHECKS
from portcullis.core_bank.day_checks import DAY_CHECKS
from portcullis.core_bank.payment_checks import PAYMENT_CHECKS
from portcullis.core_bank.subject import Finding, PennyPayment, open_subject, run_checks, until_accepts

MARKS = {True: "[green]holds[/]", False: "[bold red]broken[/]", None: "[yellow]not checked[/]"}


async def report_core_bank(
    console: Console,
    url: str,
    token: str,
    brand: str,
    customers: tuple[str, ...],
    *,
    tls: ssl.SSLContext | None = None,
    wait_seconds: float = 0.0,
    penny: PennyPayment | None = None,
) -> bool:
    """Print the findings, and return True if every check that could run passed. Raises ServerRefused if no bank answers at `url`, or if
    it is not a URL."""
    _check_url(url)
    await until_accepts(url, wait_seconds)
    try:
        async with open_subject(url, token, brand, customers, tls=tls, penny=penny) as subject:
            findings = [finding async for finding in run_checks(subject, CHECKS + PAYMENT_CHECKS + DAY_CHECKS)]
    except (UpstreamFailed, UpstreamTimedOut) as problem:
        raise ServerRefused(f"{url}/health does not answer as the contract says: {problem.detail}") from None
    console.print(_table(url, findings))
    broken = sum(finding.verdict is False for finding in findings)
    idle = sum(finding.verdict is None for finding in findings)
    if broken:
        console.print(f"[bold red]{broken} of {len(findings)} checks failed.[/]")
    else:
        console.print(f"The bank keeps the contract{f'; {idle} checks had nothing to look at' if idle else ''}.")
    return not broken


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:  # such as a port that is none
        usable = False
    if not usable:
        raise ServerRefused(f"{url}: must be a base URL such as https://core.bank.example/core-bank/v1")


def _table(url: str, findings: list[Finding]) -> Table:
    table = Table(title=f"core_bank/v1 at {url}", title_justify="left", show_lines=False)
    table.add_column("The bank ...")
    table.add_column("", no_wrap=True)
    table.add_column("Seen", overflow="fold")
    for finding in findings:
        table.add_row(finding.title, MARKS[finding.verdict], finding.note)
    return table

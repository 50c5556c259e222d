"""The commands of a bank's own core over HTTP: serve the synthetic one, and check another."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from kernel.config import ConfigurationRefused
from portcullis.cli.event_loop import run
from portcullis.cli.uncollected import uncollected
from portcullis.settings import sources

core_bank = App(name="core-bank", help="A bank's own core over HTTP: serve one, or check one.")
console = Console(highlight=False)


@core_bank.command(name="serve")
def serve_core_bank(
    *, seed: int | None = None, config: Path | None = None, attached: Annotated[bool, Parameter(negative="")] = False
) -> None:
    """Serve the synthetic bank of the state directory over the core-bank contract, on 127.0.0.1.

    PORTCULLIS_CORE_BANK_PORT is its port, PORTCULLIS_CORE_BANK_TOKEN the token that it asks for.

    Parameters
    ----------
    seed
        the same seed makes the same bank (default: 1); of a bank that is there already, none but its own.
    config
        a file of settings, e.g. with the brands of the bank and the cut-off that it gives for each.
    attached
        stop when standard input closes.
    """
    with uncollected():
        from portcullis.core_bank.serve import serve_core_bank as serve_bank  # noqa: PLC0415  production never loads the sandbox

    settings = sources.load(config)
    if not settings.core_bank_token:
        raise ConfigurationRefused("PORTCULLIS_CORE_BANK_TOKEN: is required; a bank is not served to everyone")
    run(serve_bank(settings, seed, console, attached=attached))


@core_bank.command(name="check")
def check_core_bank(
    url: str,
    *,
    token: str = "",
    brand: str = "",
    customer: Annotated[list[str] | None, Parameter(negative="")] = None,
    authorities: Path | None = None,
    certificate: Path | None = None,
    private_key: Path | None = None,
    wait: float = 0.0,
    payer: str = "",
    payee: str = "",
    payee_name: str = "",
) -> None:
    """Hold a bank's own implementation against the core-bank contract. Exits with 1 if anything is wrong.

    Parameters
    ----------
    url
        its base URL, such as https://core.bank.example/core-bank/v1.
    token
        the bearer token to show (default: PORTCULLIS_CORE_BANK_TOKEN).
    brand
        the brand to ask about (default: the first one that the bank's health names, or main).
    customer
        whose accounts to walk; may be given several times (default: those that the bank's health names).
    authorities
        PEM file of whom to believe for https (default: whom this machine believes).
    certificate
        PEM file to show to a bank that knows its callers by certificate.
    private_key
        its key.
    wait
        for how many seconds it may still be starting.
    payer
        the bank's own id of a test account; with it, one payment of the smallest amount is made, and others are held and cancelled.
        Without it nothing is paid, held or cancelled.
    payee
        the account that is paid: sort code and account number (14 digits), or an IBAN.
    payee_name
        the name of its holder.
    """
    from kernel.clock import SystemClock  # noqa: PLC0415
    from kernel.observability import log  # noqa: PLC0415
    from plugins.upstreams.core_bank_http import client_tls  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.core_bank.report import report_core_bank  # noqa: PLC0415
    from portcullis.core_bank.subject import PennyPayment, account_number  # noqa: PLC0415

    if (certificate is None) != (private_key is None):
        raise ConfigurationRefused("--certificate and --private-key come together")
    if len({bool(each) for each in (payer, payee, payee_name)}) > 1:
        raise ConfigurationRefused("--payer, --payee and --payee-name come together")
    try:
        tls = client_tls(authorities, certificate, private_key)
    except OSError as error:
        raise ConfigurationRefused(f"--authorities, --certificate, --private-key: cannot be used ({error})") from None
    log.configure(SystemClock(), level=logging.ERROR)  # the table says what a log would
    token = token or sources.load(None).core_bank_token
    penny = PennyPayment(payer, account_number(payee), payee_name) if payer else None
    customers = tuple(customer or ())
    if not asyncio.run(report_core_bank(console, url, token, brand, customers, tls=tls, wait_seconds=wait, penny=penny)):
        sys.exit(1)

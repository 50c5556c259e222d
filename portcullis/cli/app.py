"""The command line. Each command says what to do when it cannot do it, and exits with 1; it loads what it needs when it is called."""

import asyncio
import gc
import json
import logging
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from kernel.config import ConfigurationRefused
from portcullis.cli.control_client import ServerRefused, load_ready
from portcullis.cli.tpp import consent, personas, tpp
from portcullis.cli.uncollected import uncollected
from portcullis.settings import sources
from portcullis.settings.log_level import LogLevel
from portcullis.version import VERSION

if TYPE_CHECKING:
    from openapi.addresses import Addresses
    from portcullis.settings.schema import Settings

app = App(name="portcullis", help="Open-banking gateway, FAPI 2.0 authorization server and consent store.", version=VERSION)
database = App(name="db", help="The database.")
config = App(name="config", help="The configuration.")
sandbox = App(name="sandbox", help="The sandbox: start it, or take its bank with you.")
keys = App(name="keys", help="The keys that sign tokens and answers, and those that seal data.")
core_bank = App(name="core-bank", help="A bank's own core over HTTP: serve one, or check one.")
for group in (sandbox, tpp, consent, personas, database, config, keys, core_bank):
    app.command(group)

console = Console(highlight=False)
OTHERS = 0o077  # what a server writes is for its own user, unless a file says otherwise
errors = Console(stderr=True, highlight=False)


def main() -> None:
    """Entry point. An expected refusal is one red line, never a stack trace."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        from portcullis.cli.explanations import explain  # noqa: PLC0415  knows every library that may fail

        reason = explain(error)
        if reason is None:
            raise
        errors.print("[bold red]portcullis:[/]", escape(reason), soft_wrap=True)
        sys.exit(1)


def run(work: Coroutine[Any, Any, None]) -> None:
    import uvloop  # noqa: PLC0415  a command loads what it needs

    os.umask(OTHERS)
    gc.freeze()  # with what the command loaded
    uvloop.run(work)


@sandbox.default
def start(
    *,
    seed: int | None = None,
    imported: Annotated[Path | None, Parameter(name="--import")] = None,
    core_bank: Annotated[bool, Parameter(negative="")] = False,
    log_level: LogLevel | None = None,
) -> None:
    """Start the sandbox: production code, with a synthetic bank behind it.

    Parameters
    ----------
    seed
        the same seed makes the same bank (default: 1); of a bank that is there already, none but its own.
    imported
        a file of a bank, in place of the seed; docs/sandbox-data.md describes it.
    core_bank
        run the bank as a process of its own and reach it over HTTP, as a real one is reached.
    log_level
        debug logs every answer; info, the usual one, every refusal (overrides PORTCULLIS_LOG_LEVEL).
    """
    with uncollected():
        from portcullis.serving.sandbox import serve_sandbox  # noqa: PLC0415  production never loads the sandbox

    run(serve_sandbox(sources.load(None, log_level=log_level), seed, console, core_bank=core_bank, imported=imported))


@sandbox.command
def export(file: Path) -> None:
    """Write the sandbox's bank to a file, for `portcullis sandbox --import FILE` elsewhere.

    Parameters
    ----------
    file
        docs/sandbox-data.md describes it.
    """
    from portcullis.cli.export_bank import export_sandbox_bank  # noqa: PLC0415  production never loads the sandbox

    lines = asyncio.run(export_sandbox_bank(sources.load(None), file))
    console.print(f"{lines:,} lines written to {file}", soft_wrap=True)


@app.command
def serve(*, config: Path, workers: int | None = None, log_level: LogLevel | None = None) -> None:
    """Start a production server.

    Parameters
    ----------
    config
        the TOML file; docs/configuration.md lists every setting.
    workers
        processes that share the ports (overrides the file).
    log_level
        debug, info, warning or error (overrides the file).
    """
    with uncollected():
        from portcullis.serving.production import serve_production  # noqa: PLC0415  a command loads what it needs

    run(serve_production(_production_settings(config, workers, log_level)))


@app.command
def demo() -> None:
    """Start a sandbox on free ports, walk the whole TPP journey printing each step, and stop."""
    from portcullis.cli.demo import run_demo  # noqa: PLC0415  production never loads the sandbox

    asyncio.run(run_demo(console))


@database.command
def upgrade(*, config: Path | None = None) -> None:
    """Bring the database to this version's tables (a server does it by itself at start).

    Parameters
    ----------
    config
        the TOML file of a production server; without it, the sandbox's database.
    """
    from portcullis.compose.contexts import upgrade_all  # noqa: PLC0415  a command loads what it needs

    settings = _production_settings(config) if config else sources.load(None)
    run(upgrade_all(settings.database(), sandbox=config is None))
    console.print("the database is up to date")


@config.command
def check(file: Path, *, connect: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Say whether a production server would start on a configuration, without starting it. Exits with 1 if it would not.

    Parameters
    ----------
    file
        the TOML file; docs/configuration.md lists every setting.
    connect
        also try what can be tried: database, hot state, key store, core bank, code sender, directories, ports, certificate.
    """
    from kernel.clock import SystemClock  # noqa: PLC0415
    from kernel.observability import log  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.check_report import report_check  # noqa: PLC0415

    log.configure(SystemClock(), level=logging.ERROR)  # the lines say what a log would
    if not asyncio.run(report_check(console, _production_settings(file), file, connect=connect)):
        sys.exit(1)


@config.command
def limits(file: Path | None = None) -> None:
    """List every limit of a server: its value and unit, what it bounds, and the setting that changes it, if one does.

    Parameters
    ----------
    file
        a TOML file whose values to show in place of the defaults.
    """
    from portcullis.cli.limits import print_limits  # noqa: PLC0415  it loads all there is

    print_limits(console, sources.load(file) if file else None)


@keys.command
def rotate(*, config: Path | None = None, brand: str = "", overlap: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Use other signing keys at once, and refuse everything that the present ones signed: in an emergency.

    Parameters
    ----------
    config
        the TOML file of a production server; without it, the running sandbox.
    brand
        whose keys (default: those of every brand).
    overlap
        publish the next keys now, and use them when everyone has seen them; nothing is refused.
    """
    from portcullis.cli.rotate import command_sandbox, command_server  # noqa: PLC0415  a command loads what it needs

    path = "/keys/publish" if overlap else "/keys/rotate"
    if config is None:
        done = asyncio.run(command_sandbox(sources.load(None), path, brand))
    else:
        done = asyncio.run(command_server(_production_settings(config), path, brand))
    what = "the next keys are published and will be used" if overlap else "other keys sign; what those before signed is refused"
    for name, version in done.items():
        console.print(f"[bold]{name}[/]  version {version} of its key set: {what}", soft_wrap=True)


@keys.command
def wrap(*, config: Path) -> None:
    """Print the file of sealing keys with each key wrapped by the configured key store. Write it to another file: this one is read.

    Parameters
    ----------
    config
        the TOML file of a production server; its sealing_keys may be plain, or wrapped before.
    """
    from portcullis.compose.key_store import wrap_sealing_keys  # noqa: PLC0415  a command loads what it needs

    print(asyncio.run(wrap_sealing_keys(_production_settings(config))), end="")


@core_bank.command(name="serve")
def serve_core_bank(*, seed: int | None = None, attached: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Serve the synthetic bank of the state directory over the core-bank contract, on 127.0.0.1.

    PORTCULLIS_CORE_BANK_PORT is its port, PORTCULLIS_CORE_BANK_TOKEN the token that it asks for.

    Parameters
    ----------
    seed
        the same seed makes the same bank (default: 1); of a bank that is there already, none but its own.
    attached
        stop when standard input closes.
    """
    with uncollected():
        from portcullis.core_bank.serve import serve_core_bank as serve_bank  # noqa: PLC0415  production never loads the sandbox

    settings = sources.load(None)
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
    """
    from kernel.clock import SystemClock  # noqa: PLC0415
    from kernel.observability import log  # noqa: PLC0415
    from plugins.upstreams.core_bank_http import client_tls  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.core_bank_report import report_core_bank  # noqa: PLC0415

    if (certificate is None) != (private_key is None):
        raise ConfigurationRefused("--certificate and --private-key come together")
    try:
        tls = client_tls(authorities, certificate, private_key)
    except OSError as error:
        raise ConfigurationRefused(f"--authorities, --certificate, --private-key: cannot be used ({error})") from None
    log.configure(SystemClock(), level=logging.ERROR)  # the table says what a log would
    token = token or sources.load(None).core_bank_token
    if not asyncio.run(report_core_bank(console, url, token, brand, tuple(customer or ()), tls=tls, wait_seconds=wait)):
        sys.exit(1)


@app.command(name="openapi")
def openapi_document(dialect: str, service: str = "") -> None:
    """Print the OpenAPI document of a service (the first one, unless it is named) of a dialect, such as uk_obie/v4.0, or of the contract
    core_bank/v1."""
    from openapi import DIALECTS  # noqa: PLC0415  a command loads what it needs
    from openapi.core_bank.v1.document import core_bank_document  # noqa: PLC0415
    from openapi.core_bank.v1.operations import NAME as CORE_BANK  # noqa: PLC0415
    from openapi.document import document_of  # noqa: PLC0415

    if dialect == CORE_BANK:
        print(json.dumps(core_bank_document(), indent=2))
        return
    known = {known.name: known for known in DIALECTS}
    if dialect not in known:
        raise ConfigurationRefused(f"{dialect}: no such dialect; there are {', '.join([*known, CORE_BANK])}")
    services = {each.name: each for each in known[dialect].services}
    chosen = services.get(service) if service else known[dialect].services[0]
    if chosen is None:
        raise ConfigurationRefused(
            f"{service}: no such service of {dialect}; there are {', '.join(filter(None, services)) or 'none'}"
        )
    print(json.dumps(document_of(known[dialect], chosen, _addresses(sources.load(None))), indent=2))


def _addresses(settings: "Settings") -> "Addresses":
    """Where the resource APIs are: as the settings say, or else as the sandbox says that runs."""
    from openapi.addresses import Addresses  # noqa: PLC0415  a command loads what it needs
    from portcullis.settings.schema import Settings  # noqa: PLC0415  a command loads what it needs

    brand = settings.resolved_brands()[0]
    said = Addresses(mtls=brand.mtls_url, public=brand.issuer)
    if brand.mtls_url != Settings().resolved_brands()[0].mtls_url:
        return said
    try:
        ready = load_ready(settings.state_dir)
    except ServerRefused:
        return said
    return Addresses(mtls=str(ready["mtls"]), public=str(ready["issuer"]))


@app.command
def version() -> None:
    """Print the version."""
    print(VERSION)


def _production_settings(file: Path, workers: int | None = None, log_level: LogLevel | None = None) -> "Settings":
    from portcullis.settings.checks import check_production  # noqa: PLC0415  a command loads what it needs

    settings = sources.load(file, workers=workers, log_level=log_level)
    check_production(settings)
    return settings

"""The commands of the sandbox: start it, take its bank along, and see a journey of one."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from portcullis.cli.event_loop import run
from portcullis.cli.uncollected import uncollected
from portcullis.settings import sources
from portcullis.settings.log_level import LogLevel

sandbox = App(name="sandbox", help="The sandbox: start it, or take its bank with you.")
console = Console(highlight=False)


@sandbox.default
def start(
    *,
    seed: int | None = None,
    imported: Annotated[Path | None, Parameter(name="--import")] = None,
    core_bank: Annotated[bool, Parameter(negative="")] = False,
    config: Path | None = None,
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
    config
        a TOML file of settings, such as sinks of events; a sandbox needs none.
    log_level
        debug logs every answer; info, the usual one, every refusal (overrides PORTCULLIS_LOG_LEVEL).
    """
    with uncollected():
        from portcullis.serving.sandbox import serve_sandbox  # noqa: PLC0415  production never loads the sandbox

    run(serve_sandbox(sources.load(config, log_level=log_level), seed, console, core_bank=core_bank, imported=imported))


@sandbox.command
def export(file: Path) -> None:
    """Write the sandbox's bank to a file, for `portcullis sandbox --import FILE` on another machine or state directory.

    Parameters
    ----------
    file
        docs/sandbox-data.md describes it.
    """
    from portcullis.cli.sandbox.export_bank import export_sandbox_bank  # noqa: PLC0415  production never loads the sandbox

    lines = asyncio.run(export_sandbox_bank(sources.load(None), file))
    console.print(f"{lines:,} lines written to {file}", soft_wrap=True)


@sandbox.command
def statements(folder: Path) -> None:
    """Write the statements of the simulated schemes and of the bureau of files, one for each day that they have settled, for `portcullis reconcile import`.

    Parameters
    ----------
    folder
        one file each is written into it.
    """
    from portcullis.cli.sandbox.scheme_statements import write_scheme_statements  # noqa: PLC0415  production never loads the sandbox

    for written in write_scheme_statements(sources.load(None), folder):
        console.print(str(written), soft_wrap=True)


def demo() -> None:
    """Start a sandbox on free ports, walk the whole TPP journey printing each step, and stop."""
    from portcullis.cli.sandbox.demo import run_demo  # noqa: PLC0415  production never loads the sandbox

    asyncio.run(run_demo(console))

"""The commands of the keys that sign tokens and answers, and of those that seal data."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from portcullis.cli.configuration.production_settings import production_settings
from portcullis.settings import sources

keys = App(name="keys", help="The keys that sign tokens and answers, and those that seal data.")
console = Console(highlight=False)


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
    from portcullis.cli.operator_commands import command_sandbox, command_server  # noqa: PLC0415  a command loads what it needs

    path = "/keys/publish" if overlap else "/keys/rotate"
    if config is None:
        done = asyncio.run(command_sandbox(sources.load(None), path, brand))
    else:
        done = asyncio.run(command_server(production_settings(config), path, brand))
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
    from portcullis.compose.keys.key_store import wrap_sealing_keys  # noqa: PLC0415  a command loads what it needs

    print(asyncio.run(wrap_sealing_keys(production_settings(config))), end="")

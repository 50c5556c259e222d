"""The commands of events that a receiver went on refusing: they are parked, and each holds up its own consent or payment in that sink."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from portcullis.cli.configuration.production_settings import production_settings
from portcullis.settings import sources

events = App(name="events", help="Events whose delivery to a sink waits for a person.")
console = Console(highlight=False)


@events.command(name="list")
def list_parked(sink: str = "", *, config: Path | None = None, brand: str = "") -> None:
    """List what is parked: since when, why, and how many events wait behind it.

    Parameters
    ----------
    sink
        of this sink alone.
    config
        the TOML file of a production server; without it, the running sandbox.
    brand
        of this brand alone.
    """
    for name, parked in _command("/events/parked", config, brand, {"sink": sink}).items():
        if not parked:
            console.print(f"[bold]{name}[/]  nothing is parked", soft_wrap=True)
        for each in parked:
            console.print(
                f"[bold]{name}[/]  {each['sink']}  {escape(each['aggregate_id'])}  {each['kind']} (event {escape(each['event_id'])}) since "
                f"{each['parked_at']} after {each['attempts']} attempts: {escape(each['reason'])}; waiting: {each['waiting']}",
                soft_wrap=True,
            )


@events.command
def release(sink: str, aggregate: str = "", *, config: Path | None = None, brand: str = "") -> None:
    """Let what is parked go on, in its order, once its receiver can take it.

    Parameters
    ----------
    sink
        whose events.
    aggregate
        of this consent or payment alone (default: all of the sink).
    config
        the TOML file of a production server; without it, the running sandbox.
    brand
        of this brand alone.
    """
    for name, released in _command("/events/release", config, brand, {"sink": sink, "aggregate": aggregate}).items():
        console.print(f"[bold]{name}[/]  {released} released to {escape(sink)}", soft_wrap=True)


def _command(path: str, config: Path | None, brand: str, asked: Mapping[str, str]) -> dict[str, Any]:
    from portcullis.cli.operator_commands import command_sandbox, command_server  # noqa: PLC0415  a command loads what it needs

    if config is None:
        return asyncio.run(command_sandbox(sources.load(None), path, brand, asked))
    return asyncio.run(command_server(production_settings(config), path, brand, asked))

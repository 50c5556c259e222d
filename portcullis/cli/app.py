"""The command line: its commands by what they are about, each in a folder of its own.

A command says what to do when it cannot do its work, and exits with 1. It loads what it needs when it is called.
"""

import os
import sys

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from portcullis.cli.configuration.commands import config
from portcullis.cli.core_bank.commands import core_bank
from portcullis.cli.customers.commands import consent, personas
from portcullis.cli.events.commands import events
from portcullis.cli.keys.commands import keys
from portcullis.cli.ledger.commands import ledger
from portcullis.cli.openapi_document import openapi_document
from portcullis.cli.operators.commands import operators
from portcullis.cli.orders.commands import orders
from portcullis.cli.recalls.commands import recalls
from portcullis.cli.reconcile.commands import reconcile
from portcullis.cli.sandbox.commands import demo, sandbox
from portcullis.cli.server.commands import database, serve
from portcullis.cli.tpp.commands import tpp
from portcullis.version import VERSION

app = App(name="portcullis", help="Open-banking gateway, FAPI 2.0 authorization server and consent store.", version=VERSION)
for group in (
    sandbox,
    tpp,
    consent,
    personas,
    database,
    config,
    keys,
    operators,
    events,
    orders,
    recalls,
    reconcile,
    core_bank,
    ledger,
):
    app.command(group)
for command in (serve, demo):
    app.command(command)
app.command(openapi_document, name="openapi")

errors = Console(stderr=True, highlight=False)


@app.command
def version() -> None:
    """Print the version."""
    print(VERSION)


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

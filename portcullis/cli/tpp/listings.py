"""Listings of the TPPs of a running sandbox on the command line: a table of all, the facts of one, or either as JSON."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH_MIN = 160  # where no cell is cut off, in a terminal or a pipe
HEADINGS = ("name", "client", "roles", "profile", "login", "tokens", "redirect URIs")
FACTS = (
    ("name", "name"),
    ("client", "client_id"),
    ("organisation", "organisation_id"),
    ("software", "software_id"),
    ("roles", "roles"),
    ("profile", "security_profile"),
    ("authenticates by", "token_endpoint_auth_method"),
    ("signs with", "signing_alg"),
    ("tokens bound by", "sender_constraint"),
    ("response mode", "response_mode"),
    ("CIBA", "ciba"),
    ("notification URI", "notification_uri"),
    ("redirect URIs", "redirect_uris"),
    ("scope", "scope"),
    ("all its clients", "clients"),
    ("live consents", "consents"),
    ("folder", "folder"),
)

Document = dict[str, Any]


def print_json(console: Console, document: object) -> None:
    console.print(json.dumps(document, indent=2), markup=False, soft_wrap=True)


def print_all(console: Console, tpps: list[Document]) -> None:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=True, overflow="fold")
    for tpp in tpps:
        facts = (
            *(tpp["name"], tpp["client_id"], ",".join(tpp["roles"]), tpp["security_profile"]),
            *(tpp["token_endpoint_auth_method"], tpp["sender_constraint"], " ".join(tpp["redirect_uris"])),
        )
        table.add_row(*(escape(str(fact)) for fact in facts))
    _wide(console).print(table)


def print_one(console: Console, tpp: Document) -> None:
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, name in FACTS:
        value = tpp.get(name)
        if value is not None:
            table.add_row(label, escape(", ".join(value) if isinstance(value, list) else str(value)))
    _wide(console).print(table)


def _wide(console: Console) -> Console:
    """A terminal has its own width; a pipe has none, and nothing is to be cut off in it."""
    return console if console.is_terminal else Console(file=console.file, width=max(console.width, WIDTH_MIN), highlight=False)

"""The commands of the customers of a running sandbox: decide a consent in their place, lift a lock-out."""

from typing import Annotated
from urllib.parse import quote

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from portcullis.cli.control_client import post
from portcullis.settings import sources

consent = App(name="consent", help="Decide a consent of a running sandbox, in place of a PSU.")
personas = App(name="personas", help="The customers of a running sandbox.")
console = Console(highlight=False)


@consent.command
def approve(consent_id: str, *, persona: str, account: Annotated[list[str] | None, Parameter(negative="")] = None) -> None:
    """Approve a consent as a persona: its pending authorization, or else the next one.

    Parameters
    ----------
    account
        an account number or nickname of personas.json; may be given several times (default: every eligible account).
    """
    _decide(consent_id, "approve", persona, account)


@consent.command
def deny(consent_id: str, *, persona: str) -> None:
    """Deny a consent as a persona: its pending authorization, or else the next one."""
    _decide(consent_id, "deny", persona, None)


@personas.command
def unlock(name: str) -> None:
    """Lift the lock-out of a persona, after too many wrong passwords or codes; a journey that is locked is begun again.

    Parameters
    ----------
    name
        what they log in with.
    """
    settings = sources.load(None)
    post(settings.state_dir, f"/sandbox/personas/{quote(name, safe='')}/unlock", {}, settings.sandbox_token)
    console.print(
        f"[bold]{escape(name)}[/] can log in again; begin where the app or website sent you, or at /consents", soft_wrap=True
    )


def _decide(consent_id: str, verb: str, persona: str, accounts: list[str] | None) -> None:
    settings = sources.load(None)
    document = {"persona": persona, "accounts": accounts}
    post(settings.state_dir, f"/sandbox/consents/{consent_id}/{verb}", document, settings.sandbox_token)
    console.print(
        f"{verb} as {persona}: recorded for consent {consent_id}. A request that waits (CIBA) is answered; a browser that opens the "
        "authorization request now goes straight back to the TPP",
        soft_wrap=True,
    )

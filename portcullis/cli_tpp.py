"""The commands about the TPPs of a running sandbox, and the decisions that a test takes in place of a PSU."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from kernel.config import ConfigurationRefused
from portcullis import loading
from portcullis.control_client import copy_folder, post

ROLES = ("AISP", "PISP", "CBPII")
tpp = App(name="tpp", help="Third-party providers of a running sandbox.")
consent = App(name="consent", help="Decide a consent of a running sandbox, in place of a PSU.")
console = Console(highlight=False)


@tpp.command
def new(
    name: str,
    *,
    roles: Annotated[str, Parameter(help="comma-separated: AISP, PISP, CBPII")] = "AISP,PISP,CBPII",
    redirect_uri: Annotated[list[str] | None, Parameter(negative="")] = None,
    profile: Literal["fapi2-security", "fapi2-message-signing", "fapi1-advanced"] = "fapi2-security",
    auth: Literal["private_key_jwt", "tls_client_auth"] = "private_key_jwt",
    sender_constraint: Literal["mtls", "dpop"] = "mtls",
    alg: Literal["PS256", "ES256", "EdDSA"] = "PS256",
    response_mode: Literal["jwt"] | None = None,
    ciba: Literal["poll", "ping"] | None = None,
    notification_uri: str | None = None,
    out: Path | None = None,
) -> None:
    """Enrol a TPP in the directory of a running sandbox and register its client.

    Parameters
    ----------
    name
        lower-case letters, digits and hyphens; names its folder.
    redirect_uri
        may be given several times.
    profile
        the security profile of its client.
    auth
        how its client authenticates at the token endpoint.
    sender_constraint
        what its tokens are bound to.
    alg
        the algorithm of its signing key.
    response_mode
        jwt: it may ask for signed authorization responses (JARM).
    ciba
        it may ask customers who are elsewhere (CIBA), and polls for the answer or is pinged.
    notification_uri
        where it is pinged; an https address.
    out
        where to write certificate, keys and client.json (default: tpps/NAME in the state directory).
    """
    settings = loading.load(None)
    document = {
        "name": name,
        "roles": parse_roles(roles),
        "redirect_uris": redirect_uri or [],
        "profile": profile,
        "auth": auth,
        "sender_constraint": sender_constraint,
        "alg": alg,
        "response_mode": response_mode,
        "ciba": ciba,
        "notification_uri": notification_uri,
    }
    made = post(settings.state_dir, "/sandbox/tpps", document, settings.sandbox_token)
    folder = copy_folder(Path(made["folder"]), out) if out else made["folder"]
    console.print(f"[bold green]{name}[/] is registered as client [bold]{made['client_id']}[/]")
    console.print(f"its certificate, keys and client.json are in {folder}", soft_wrap=True)


def parse_roles(text: str) -> list[str]:
    """Raises ConfigurationRefused for a role that nobody has."""
    named = [role.strip().upper() for role in text.split(",")]
    if not set(named) <= set(ROLES):
        raise ConfigurationRefused(f"--roles: choose from {', '.join(ROLES)}, separated by commas")
    return named


@tpp.command
def token(name: str, *, scope: str = "accounts") -> None:
    """Print a client-credentials access token of a TPP of the sandbox (bound to its certificate, valid for minutes).

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    scope
        what the token is for.
    """
    from portcullis.tpp_commands import client_credentials_token  # noqa: PLC0415  production never loads the sandbox

    settings = loading.load(None)
    print(asyncio.run(client_credentials_token(settings.state_dir, name, scope)))


@tpp.command
def authorize(name: str) -> None:
    """Ask for a customer's accounts as a TPP of the sandbox, and print the address that opens the customer's pages in a browser.

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    """
    from portcullis.tpp_commands import ask_for_consent, print_asked  # noqa: PLC0415  production never loads the sandbox

    settings = loading.load(None)
    print_asked(console, settings.state_dir, asyncio.run(ask_for_consent(settings.state_dir, name)))


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


def _decide(consent_id: str, verb: str, persona: str, accounts: list[str] | None) -> None:
    settings = loading.load(None)
    document = {"persona": persona, "accounts": accounts}
    post(settings.state_dir, f"/sandbox/consents/{consent_id}/{verb}", document, settings.sandbox_token)
    console.print(f"{verb} as {persona}: recorded for consent {consent_id}", soft_wrap=True)

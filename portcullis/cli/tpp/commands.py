"""The commands of the TPPs of a running sandbox: enrol one, fetch a token as one, ask a customer as one."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from kernel.config import ConfigurationRefused
from portcullis.cli.control_client import copy_folder, post
from portcullis.cli.tpp.records import delete_tpp, list_tpps, set_tpp, show_tpp
from portcullis.cli.tpp.roles import parse_roles
from portcullis.settings import sources

tpp = App(name="tpp", help="Third-party providers of a running sandbox.")
console = Console(highlight=False)
progress = Console(stderr=True, highlight=False)
for name, command in (("list", list_tpps), ("show", show_tpp), ("set", set_tpp), ("delete", delete_tpp)):
    tpp.command(command, name=name)


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
    transport_key: Literal["ec", "rsa"] = "ec",
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
    transport_key
        the kind of key of its transport certificate: P-256, or RSA for clients and proxies that know no other.
    response_mode
        jwt: it may ask for signed authorization responses (JARM).
    ciba
        it may ask customers without a browser redirect (CIBA), and polls for the answer or is pinged.
    notification_uri
        where it is pinged; an https address.
    out
        where to write certificate, keys and client.json (default: tpps/NAME in the state directory).
    """
    settings = sources.load(None)
    document = {
        "name": name,
        "roles": parse_roles(roles),
        "redirect_uris": redirect_uri or [],
        "profile": profile,
        "auth": auth,
        "sender_constraint": sender_constraint,
        "alg": alg,
        "transport_key": transport_key,
        "response_mode": response_mode,
        "ciba": ciba,
        "notification_uri": notification_uri,
    }
    made = post(settings.state_dir, "/sandbox/tpps", document, settings.sandbox_token)
    folder = copy_folder(Path(made["folder"]), out) if out else made["folder"]
    console.print(f"[bold green]{name}[/] is registered as client [bold]{made['client_id']}[/]")
    console.print(f"its certificate, keys and client.json are in {folder}", soft_wrap=True)


@tpp.command
def token(
    name: str,
    *,
    scope: str = "accounts",
    persona: str | None = None,
    account: Annotated[list[str] | None, Parameter(negative="")] = None,
    permission: Annotated[list[str] | None, Parameter(negative="")] = None,
) -> None:
    """Print an access token of a TPP of the sandbox, alone: bound to its certificate, valid for minutes.

    With --persona it is a customer's: a consent is lodged, agreed to in their place, and its code redeemed; what happens is said on
    standard error. Without, it is the TPP's own (client credentials), to lodge consents with.

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    scope
        what a token of the TPP's own is for.
    persona
        whose accounts the token opens.
    account
        with --persona: an account number or nickname of personas.json; may be given several times (default: every eligible account).
    permission
        with --persona: one of UK Open Banking, such as ReadBalances; may be given several times (default: accounts, balances and
        transactions).
    """
    settings = sources.load(None)
    if persona is None:
        if account or permission:
            raise ConfigurationRefused("--account, --permission: belong to --persona")
        from portcullis.cli.tpp.opened_tpp import client_credentials_token  # noqa: PLC0415  production never loads the sandbox

        print(asyncio.run(client_credentials_token(settings.state_dir, name, scope)))
        return
    from portcullis.cli.tpp.customer_token import Wish, customer_token  # noqa: PLC0415  production never loads the sandbox

    wish = Wish(persona=persona, accounts=account, permissions=permission)
    print(asyncio.run(customer_token(settings, name, wish, lambda line: progress.print(escape(line), soft_wrap=True))))


@tpp.command
def authorize(name: str) -> None:
    """Ask for a customer's accounts as a TPP of the sandbox, and print the address that opens the customer's pages in a browser.

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    """
    from portcullis.cli.tpp.consent_request import ask_for_consent, print_asked  # noqa: PLC0415  production never loads the sandbox

    settings = sources.load(None)
    print_asked(console, settings.state_dir, asyncio.run(ask_for_consent(settings.state_dir, name)))

"""The commands that show, change and end the TPPs of a running sandbox: `tpp list|show|set|delete`."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from cyclopts import Parameter
from rich.console import Console

from kernel.config import ConfigurationRefused
from portcullis.cli.control_client import call
from portcullis.cli.tpp.roles import parse_roles
from portcullis.settings import sources

console = Console(highlight=False)
NONE = "none"  # takes an option away
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


def list_tpps(*, as_json: AsJson = False) -> None:
    """List the TPPs of a running sandbox.

    Parameters
    ----------
    as_json
        print JSON: each one's client.json.
    """
    from portcullis.cli.tpp.listings import print_all, print_json  # noqa: PLC0415  a command loads what it needs

    tpps = _ask("GET", "/sandbox/tpps")["tpps"]
    print_json(console, tpps) if as_json else print_all(console, tpps)


def show_tpp(name: str, *, as_json: AsJson = False) -> None:
    """Show a TPP: how it is registered, its clients, how many live consents it holds, where its folder is.

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    as_json
        print JSON.
    """
    from portcullis.cli.tpp.listings import print_json, print_one  # noqa: PLC0415  a command loads what it needs

    tpp = _ask("GET", _path(name))
    print_json(console, tpp) if as_json else print_one(console, tpp)


def set_tpp(
    name: str,
    *,
    roles: str | None = None,
    redirect_uri: Annotated[list[str] | None, Parameter(negative="")] = None,
    profile: Literal["fapi2-security", "fapi2-message-signing", "fapi1-advanced"] | None = None,
    auth: Literal["private_key_jwt", "tls_client_auth"] | None = None,
    sender_constraint: Literal["mtls", "dpop"] | None = None,
    response_mode: Literal["jwt", "none"] | None = None,
    ciba: Literal["poll", "ping", "none"] | None = None,
    notification_uri: str | None = None,
) -> None:
    """Change a TPP of a running sandbox: its client is registered again under the same id, with the same keys.

    What is not named stays as it is. Other roles mean another certificate: tokens that are bound to the one before end.

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    roles
        comma-separated: AISP, PISP, CBPII; in place of those it has.
    redirect_uri
        may be given several times; in place of those it has.
    profile
        the security profile of its client.
    auth
        how its client authenticates at the token endpoint.
    sender_constraint
        what its tokens are bound to.
    response_mode
        jwt: it may ask for signed authorization responses (JARM); none: it no longer does.
    ciba
        it may ask customers without a browser redirect (CIBA), and polls or is pinged; none: it no longer does.
    notification_uri
        where it is pinged; none: no address.
    """
    asked = {
        "roles": parse_roles(roles) if roles is not None else None,
        "redirect_uris": redirect_uri,
        "profile": profile,
        "auth": auth,
        "sender_constraint": sender_constraint,
        "response_mode": response_mode,
        "ciba": ciba,
        "notification_uri": notification_uri,
    }
    changes = {member: None if value == NONE else value for member, value in asked.items() if value is not None}
    if not changes:
        raise ConfigurationRefused("name what is to change, such as --redirect-uri; `tpp set --help` lists the options")
    changed = _ask("PATCH", _path(name), changes)
    console.print(
        f"[bold green]{name}[/] is registered as client [bold]{changed['client_id']}[/], as {changed['folder']}/client.json says",
        soft_wrap=True,
    )


def delete_tpp(name: str) -> None:
    """End a TPP of a running sandbox: its clients, their tokens and consents, and its folder with certificates and keys.

    `acme` and `borough` are made again, as others, when the sandbox starts the next time.

    Parameters
    ----------
    name
        the TPP's folder in tpps/.
    """
    ended = _ask("DELETE", _path(name))
    clients, consents = _counted(ended["clients_ended"], "client"), _counted(ended["consents_ended"], "consent")
    console.print(f"[bold]{name}[/] is gone, with {clients}, {consents} and every token", soft_wrap=True)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _path(name: str) -> str:
    return f"/sandbox/tpps/{quote(name, safe='')}"


def _ask(method: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    settings = sources.load(None)
    return call(method, settings.state_dir, path, document, settings.sandbox_token)

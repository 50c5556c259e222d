"""The command line's client of a running server. Commands that change state go through the server, so that no cache is stale."""

import json
import os
import shutil
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 30  # for the answer of a running server to a command


class ServerRefused(Exception):
    """The server is not there, or said no. The message says what to do."""


class ServerAbsent(ServerRefused):
    """No server listens."""


def absent(what: str) -> ServerAbsent:
    """The refusal of a command that needs a running server. `what` names the obstacle ("no sandbox runs on ...")."""
    return ServerAbsent(
        f"{what}: start one with `make run` in another terminal and leave it running, or give this command the PORTCULLIS_STATE_DIR "
        "of the one that runs"
    )


def stranger(server: str, state_dir: Path) -> ServerRefused:
    """The refusal where a server answers whose certificate is not of the sandbox's authority."""
    return ServerRefused(
        f"at {server} answers another server than the sandbox of {state_dir}: start that one with `make run`, "
        "or give this command the PORTCULLIS_STATE_DIR of the one that runs"
    )


def load_ready(state_dir: Path) -> dict[str, Any]:
    """The document that a started server wrote about itself. Raises ServerRefused."""
    try:
        document: dict[str, Any] = json.loads((state_dir / "ready.json").read_text())
    except (OSError, json.JSONDecodeError):
        raise absent(f"no sandbox runs on {state_dir.resolve()}") from None
    return document


def post(state_dir: Path, path: str, document: dict[str, Any], token: str = "") -> dict[str, Any]:
    """POST `document` to the control API. Raises ServerRefused."""
    return call("POST", state_dir, path, document, token)


def call(method: str, state_dir: Path, path: str, document: dict[str, Any] | None = None, token: str = "") -> dict[str, Any]:
    """One call of the control API; a `document` of None is no body. Raises ServerRefused."""
    ready = load_ready(state_dir)
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(ready["issuer"] + path, body, method=method)  # noqa: S310  https, from ready.json
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    trust = ssl.create_default_context(cafile=str(state_dir / "pki" / "ca.pem"))
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=trust) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        raise ServerRefused(_reason(error)) from None
    except TimeoutError:
        raise absent(f"the sandbox at {ready['issuer']} did not answer within {TIMEOUT_SECONDS} s") from None
    except OSError as error:
        cause = getattr(error, "reason", error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise stranger(ready["issuer"], state_dir) from None
        raise absent(f"no sandbox answers at {ready['issuer']}") from None


def post_command(url: str, authorization: str, document: bytes = b"") -> dict[str, Any]:
    """POST an operator's command to the operations port, which is on loopback: past any proxy. Raises ServerRefused or ServerAbsent."""
    request = urllib.request.Request(url, document, method="POST", headers={"Authorization": authorization})  # noqa: S310  http, on loopback
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=TIMEOUT_SECONDS) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        raise ServerRefused(_reason(error)) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            raise ServerAbsent(f"no server answers at {url}") from None
        raise ServerRefused(f"no answer from {url} ({error.reason}): its log says whether the command was carried out") from None
    except (OSError, ValueError) as error:
        raise ServerRefused(f"no answer from {url} ({error}): its log says whether the command was carried out") from None


def copy_folder(made: Path, out: Path) -> Path:
    """Copy a TPP's folder to `out`, and correct the path of the authority's certificate in it. Raises ServerRefused."""
    try:
        shutil.copytree(made, out)
        document = json.loads((out / "client.json").read_text())
        document["ca"] = os.path.relpath((made / document["ca"]).resolve(), out.resolve())
        (out / "client.json").write_text(json.dumps(document, indent=2))
    except OSError as error:
        raise ServerRefused(f"the TPP is in {made}, but could not be copied to {out}: {error}") from None
    return out


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        document = json.load(error)
        return f"{document['path']}: {document['message']}" if document["path"] else str(document["message"])
    except (ValueError, KeyError):
        return f"the server answered {error.code}"

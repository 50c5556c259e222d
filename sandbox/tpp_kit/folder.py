"""A TPP's folder: what it registered as, and the keys that prove it. Read once, never written.

RFC 7591 names where they exist. Imports nothing of Portcullis, so that the server is never proven with itself.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UK_ACCOUNTS = "uk_obie/v4.0"
UK_ACCOUNTS_PATH = "/open-banking/v4.0/aisp"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TppFolder:
    """The content of `client.json` and of the files it names. URLs are absolute, without a trailing slash."""

    client_id: str
    name: str
    issuer: str
    mtls: str
    ca: Path
    redirect_uris: tuple[str, ...]
    scope: str
    security_profile: str
    response_mode: str | None
    token_endpoint_auth_method: str
    sender_constraint: str  # "mtls" or "dpop"
    ciba: str | None  # "poll" or "ping"; None: it sends no backchannel requests
    notification_uri: str | None
    transport: ClientCertificate
    signing_jwk: dict[str, Any]
    software_statement: str
    organisation_id: str
    software_id: str
    resource_base: str


def load_folder(folder: Path, *, resource_base: str | None = None) -> TppFolder:
    """Read `client.json` of `folder`. Raises FileNotFoundError, KeyError or ValueError if it is not a TPP's folder."""
    client = json.loads((folder / "client.json").read_text())
    keys = json.loads((folder / client["signing_jwks"]).read_text())["keys"]
    signing = next(key for key in keys if key["kid"] == client["signing_kid"])
    return TppFolder(
        client_id=client["client_id"],
        name=client["name"],
        issuer=client["issuer"],
        mtls=client["mtls"],
        ca=folder / client["ca"],
        redirect_uris=tuple(client["redirect_uris"]),
        scope=client["scope"],
        security_profile=client.get("security_profile", "fapi2-security"),
        response_mode=client.get("response_mode"),
        token_endpoint_auth_method=client["token_endpoint_auth_method"],
        sender_constraint=client["sender_constraint"],
        ciba=client.get("ciba"),
        notification_uri=client.get("notification_uri"),
        transport=ClientCertificate(folder / client["transport_certificate"], folder / client["transport_key"]),
        signing_jwk=signing,
        software_statement=(folder / client["software_statement"]).read_text() if "software_statement" in client else "",
        organisation_id=client.get("organisation_id", ""),
        software_id=client.get("software_id", ""),
        resource_base=resource_base or _resource_base(folder, client["mtls"]),
    )


def _resource_base(folder: Path, mtls: str) -> str:
    """The accounts API as `ready.json` two folders above says, else at its usual place."""
    try:
        dialects = json.loads((folder.resolve().parents[1] / "ready.json").read_text())["dialects"]
        return str(dialects[UK_ACCOUNTS]).rstrip("/")
    except (FileNotFoundError, KeyError, TypeError, ValueError, IndexError):
        return mtls.rstrip("/") + UK_ACCOUNTS_PATH

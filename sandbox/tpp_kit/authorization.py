"""An authorization request as a TPP makes it, and the reading of what comes back through the browser.

RFC 9126 section 2, RFC 7636 (S256), RFC 9207 (`iss`), OpenID Connect Core section 5.5 (`claims`); JARM, and OpenID Connect Core section 3.3
for what comes back in a fragment.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.tpp_kit.signatures import ResponseInvalid

SCA_ACR = "urn:openbanking:psd2:sca"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedRequest:
    """An authorization request, pushed or to be brought by value (then without request_uri), and what only its sender knows about it."""

    request_uri: str
    expires_in: int
    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    scope: str
    consent_id: str | None
    response_type: str = "code"
    response_mode: str | None = None


def authorization_form(client_id: str, pushed: PushedRequest) -> dict[str, str]:
    """The form of a pushed authorization request, without client authentication."""
    mode = {} if pushed.response_mode is None else {"response_mode": pushed.response_mode}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pushed.code_verifier.encode()).digest()).rstrip(b"=").decode()
    claims: dict[str, Any] = {"acr": {"essential": True, "values": [SCA_ACR]}}
    if pushed.consent_id is not None:
        claims["openbanking_intent_id"] = {"essential": True, "value": pushed.consent_id}
    return {
        "client_id": client_id,
        "response_type": pushed.response_type,
        **mode,
        "scope": pushed.scope,
        "redirect_uri": pushed.redirect_uri,
        "state": pushed.state,
        "nonce": pushed.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "claims": json.dumps({"id_token": claims}),
    }


def request_claims(form: dict[str, str]) -> dict[str, Any]:
    """The same as the claims of a request object, where `claims` is an object itself."""
    return {**form, "claims": json.loads(form["claims"])}


def read_parameters(location: str, pushed: PushedRequest) -> dict[str, str]:
    """The parameters of a redirect, from the query or the fragment as requested. Raises ResponseInvalid for another address, the other
    place, or a repeated parameter."""
    if location.partition("#")[0].partition("?")[0] != pushed.redirect_uri.partition("?")[0]:
        raise ResponseInvalid("redirected to another address than the request named")
    parts = urlsplit(location)
    in_fragment = pushed.response_type != "code"
    if parts.fragment and not in_fragment:
        raise ResponseInvalid("a fragment that was not asked for")
    pairs = parse_qsl(parts.fragment if in_fragment else parts.query, keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise ResponseInvalid("a repeated parameter")
    return dict(pairs)


def check_parameters(answer: Mapping[str, Any], pushed: PushedRequest, *, issuer: str) -> str:
    """The code. Raises ResponseInvalid: another issuer or state, or an error in place of a code."""
    if answer.get("iss") != issuer:
        raise ResponseInvalid("iss: not the server that was asked")
    if answer.get("state") != pushed.state:
        raise ResponseInvalid("state: not the request that was sent")
    if "code" not in answer:
        raise ResponseInvalid(f"error: {answer.get('error')}")
    return str(answer["code"])


def read_response(location: str, pushed: PushedRequest, *, issuer: str) -> str:
    """The code in an unsigned redirect. Raises ResponseInvalid as the two functions above do."""
    return check_parameters(read_parameters(location, pushed), pushed, issuer=issuer)

"""An authorization request as a TPP makes it, and the reading of what comes back through the browser.

RFC 9126 section 2, RFC 7636 (S256), RFC 9207 (`iss`), OpenID Connect Core section 5.5 (`claims`).
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.tpp_kit.signing import ResponseInvalid

SCA_ACR = "urn:openbanking:psd2:sca"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedRequest:
    """A pushed authorization request and what only its sender knows about it."""

    request_uri: str
    expires_in: int
    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    scope: str
    consent_id: str | None


def authorization_form(client_id: str, pushed: PushedRequest) -> dict[str, str]:
    """What is pushed, client authentication aside."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pushed.code_verifier.encode()).digest()).rstrip(b"=").decode()
    claims: dict[str, Any] = {"acr": {"essential": True, "values": [SCA_ACR]}}
    if pushed.consent_id is not None:
        claims["openbanking_intent_id"] = {"essential": True, "value": pushed.consent_id}
    return {
        "client_id": client_id,
        "response_type": "code",
        "scope": pushed.scope,
        "redirect_uri": pushed.redirect_uri,
        "state": pushed.state,
        "nonce": pushed.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "claims": json.dumps({"id_token": claims}),
    }


def read_response(location: str, pushed: PushedRequest, *, issuer: str) -> str:
    """The code in a redirect. Raises ResponseInvalid: another address, issuer or state, or an error in place of a code."""
    if location.partition("?")[0] != pushed.redirect_uri.partition("?")[0]:
        raise ResponseInvalid("redirected elsewhere than asked")
    pairs = parse_qsl(urlsplit(location).query, keep_blank_values=True)
    answer = dict(pairs)
    if len(answer) != len(pairs):
        raise ResponseInvalid("a repeated parameter")
    if answer.get("iss") != issuer:
        raise ResponseInvalid("iss: not the server that was asked")
    if answer.get("state") != pushed.state:
        raise ResponseInvalid("state: not the request that was sent")
    if "code" not in answer:
        raise ResponseInvalid(f"error: {answer.get('error')}")
    return answer["code"]

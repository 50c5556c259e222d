"""Show, with each request, that the TPP holds the key its tokens are bound to. RFC 9449 section 4.2.

Each TPP that is opened generates a key of its own; nonces are kept for each server that demands them (sections 8 and 9).
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import ECKey

from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs, turned
from sandbox.tpp_kit.signatures import sign_compact
from sandbox.tpp_kit.wire import Answer

PUBLIC_MEMBERS = ("kty", "crv", "x", "y", "n", "e")


class Prover:
    """One DPoP key, ES256."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.jwk = new_proof_jwk()
        self._now = now
        self._nonces: dict[str, str] = {}  # by host

    @property
    def thumbprint(self) -> str:
        """`dpop_jkt`: RFC 7638."""
        members = {name: self.jwk[name] for name in ("crv", "kty", "x", "y")}
        return _digest(json.dumps(members, sort_keys=True, separators=(",", ":")))

    def proof(self, method: str, url: str, token: str | None = None, knobs: Knobs = AS_IT_SHOULD_BE) -> str:
        """A proof for one call. With `token`, one for the use of that token."""
        jwk = knobs.proof_jwk or self.jwk
        shown = {name: value for name, value in jwk.items() if name in PUBLIC_MEMBERS}
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url.partition("?")[0].partition("#")[0],
            "iat": int(self._now()),
            "ath": _digest(token) if token is not None else None,
            "nonce": self._nonces.get(urlsplit(url).netloc),
        }
        header = turned({"typ": "dpop+jwt", "alg": jwk["alg"], "jwk": shown}, knobs.proof_header)
        return sign_compact(header, turned(turned({}, claims), knobs.proof_claims), jwk)

    def learn(self, url: str, answer: Answer) -> bool:
        """Remember the nonce that an answer gives. Whether the call was refused for want of it, and may be made again."""
        nonce = answer.header("DPoP-Nonce")
        if nonce is None:
            return False
        self._nonces[urlsplit(url).netloc] = nonce
        asked = (answer.header("WWW-Authenticate") or "", answer.body.decode(errors="replace"))
        return answer.status in {400, 401} and any("use_dpop_nonce" in text for text in asked)


def new_proof_jwk() -> dict[str, Any]:
    return {**ECKey.generate_key("P-256").as_dict(private=True), "alg": "ES256"}


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()

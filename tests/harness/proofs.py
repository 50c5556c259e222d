"""DPoP proofs as a correct sender makes them, each member a knob. Keys and signatures are the cryptography library's own."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.world.keys import SigningKey

_serial = count(1)
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def b64_sha256(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Prover:
    """One DPoP key. `now` gives protocol time in seconds since the epoch."""

    now: Callable[[], float]
    key: SigningKey = field(default_factory=lambda: SigningKey("ES256", "dpop"))

    @property
    def jwk(self) -> dict[str, str]:
        return {name: self.key.jwk[name] for name in _MEMBERS[self.key.jwk["kty"]]}

    @property
    def jkt(self) -> str:
        """RFC 7638, by hand."""
        return b64_sha256(json.dumps(self.jwk, separators=(",", ":"), sort_keys=True))

    def proof(
        self,
        method: str,
        url: str,
        token: str | None = None,
        *,
        header: dict[str, Any] | None = None,
        alg: str | None = None,
        **claims: Any,
    ) -> str:
        """A proof for one call. A claim or header changed to None is left out."""
        content = {"jti": f"proof-{next(_serial)}", "htm": method, "htu": url, "iat": int(self.now())}
        if token is not None:
            content["ath"] = b64_sha256(token)
        content = {name: value for name, value in {**content, **claims}.items() if value is not None}
        return self.key.jwt(content, header={"typ": "dpop+jwt", "kid": None, "jwk": self.jwk, **(header or {})}, alg=alg)

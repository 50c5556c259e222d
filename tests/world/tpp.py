"""A client of the authorization server whose requests are correct in every field unless a test changes one."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from consent.authorization.clients.client import Client
from kernel.certificates.certificate import Certificate
from kernel.clock import ManualClock
from tests.world.brands import BRAND, START
from tests.world.keys import SigningKey, b64

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERIFIER = "v" * 43
CHALLENGE = b64(hashlib.sha256(VERIFIER.encode()).digest())
SCA = "urn:openbanking:psd2:sca"


@dataclass
class Tpp:
    """`serial` numbers the assertions of this client, and of those made from it."""

    client: Client
    key: SigningKey
    certificate: Certificate
    redirect_uri: str
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def now(self) -> int:
        """Protocol time in seconds since the epoch."""
        return int(self.clock.wall().timestamp())

    def assertion_claims(self, **changes: Any) -> dict[str, Any]:
        """Claims of a correct assertion; a change to None leaves a claim out."""
        claims = {
            "iss": self.client.id,
            "sub": self.client.id,
            "aud": BRAND.issuer,
            "jti": f"jti-{next(self.serial)}",
            "iat": self.now,
            "exp": self.now + 60,
            **changes,
        }
        return without_none(claims)

    def assertion(self, **changes: Any) -> str:
        return self.key.jwt(self.assertion_claims(**changes))

    def credentials(self, assertion: str | None = None) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion()}

    def request_of(self, consent_id: str | None, **changes: Any) -> dict[str, str]:
        """A correct authorization request; a change to None leaves a parameter out."""
        claims = {"id_token": {"acr": {"essential": True, "values": [SCA]}}}
        if consent_id is not None:
            claims["id_token"]["openbanking_intent_id"] = {"value": consent_id, "essential": True}
        parameters = {
            "client_id": self.client.id,
            "response_type": max(self.client.response_types, key=len),
            "redirect_uri": self.redirect_uri,
            "scope": "openid accounts",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "claims": json.dumps(claims),
            **changes,
        }
        return without_none(parameters)

    def object_claims(self, consent_id: str | None, **changes: Any) -> dict[str, Any]:
        """A correct request object, its structured members as JSON; a change to None leaves a member out."""
        request = self.request_of(consent_id)
        claims = {
            **request,
            "claims": json.loads(request["claims"]),
            "iss": self.client.id,
            "aud": BRAND.issuer,
            "iat": self.now,
            "nbf": self.now,
            "exp": self.now + 300,
            **changes,
        }
        return without_none(claims)

    def signed(self, consent_id: str | None, **changes: Any) -> str:
        return self.key.jwt(self.object_claims(consent_id, **changes))


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}

"""The credentials of operators: each request is signed with one operator's Ed25519 key, for one target, body, server, minute and use.

It is a JWT that names its operator, and what it is signed for by digests. Only a key of the configuration counts: an
operator that was taken out of it acts no more once the servers have started again.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.clock import Clock
from kernel.errors import Problem
from kernel.jose.jwt import JwtInvalid, JwtKey, numeric_date, parse_jwt, sign_jwt, verify_parsed
from orders.operators.operator import Operator
from portcullis.settings.operators import OperatorSettings

SCHEME = "Portcullis-Operator"
TYPE = "portcullis-command+jwt"
METHOD = "POST"
AGE_SECONDS_MAX = 60  # either way: the signer is on the same machine
NONCE_CHARACTERS_MAX = 64  # of the nonce of an operator's command


class OperatorRefused(Problem):
    code, public = "operator_refused", "The command is not signed by an operator of this server."


class OperatorsMissing(Problem):
    code = "operators_missing"
    public = (
        "No operators are configured here, so no command that changes money or consents is carried out. Make a key with "
        "`portcullis operators key NAME FILE`, add what it prints to the configuration of every server, and start them again."
    )


class CommandForbidden(Problem):
    code, public = "command_forbidden", "This operator may not give this command: its `operators.commands` does not name it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request as it was signed. `body_sha256` is that of the body that must come with it."""

    operator: Operator
    nonce: str
    body_sha256: str

    def check_body(self, body: bytes) -> None:
        """Raises OperatorRefused."""
        if not hmac.compare_digest(digest_of(body), self.body_sha256):
            raise OperatorRefused("another document than was signed")


def sign_request(key: JwtKey, name: str, *, audience: str, target: str, body: bytes, at: datetime, nonce: str) -> str:
    """The Authorization header of a POST of `body` to `target`, good once. `audience` is the issuer of the server's first brand."""
    claims = {
        "iss": name,
        "aud": audience,
        "iat": int(at.timestamp()),
        "jti": nonce,
        "method": METHOD,
        "target_sha256": digest_of(target.encode()),
        "body_sha256": digest_of(body),
    }
    return f"{SCHEME} {sign_jwt(claims, key, typ=TYPE)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """`audience` is the issuer of the server's first brand."""

    operators: Mapping[str, OperatorSettings]
    keys: Mapping[str, JwtKey]
    audience: str
    clock: Clock

    @classmethod
    def of(cls, operators: Sequence[OperatorSettings], audience: str, clock: Clock) -> "Credentials":
        by_name = {operator.name: operator for operator in operators}
        keys = {name: operator.key() for name, operator in by_name.items()}
        return cls(operators=by_name, keys=keys, audience=audience, clock=clock)

    def check(self, command: str, target: str, authorization: str) -> Signed:
        """The request, whose nonce is not looked at. Raises OperatorsMissing, OperatorRefused or CommandForbidden."""
        if not self.operators:
            raise OperatorsMissing(command)
        name, claims = self._verify(authorization)
        signed_for = (claims.get("aud"), claims.get("method"), claims.get("target_sha256"))
        if signed_for != (self.audience, METHOD, digest_of(target.encode(errors="replace"))):
            raise OperatorRefused(f"{name} signed another request, or for another server")
        nonce, body = claims.get("jti"), claims.get("body_sha256")
        if not isinstance(nonce, str) or not 0 < len(nonce) <= NONCE_CHARACTERS_MAX or not isinstance(body, str):
            raise OperatorRefused("no nonce, or no digest of a body")
        if not self.operators[name].may(command):
            raise CommandForbidden(f"{name} may not give {command}")
        operator = Operator(name=name, key=self.keys[name].kid, credential=f"command {nonce}")
        return Signed(operator=operator, nonce=nonce, body_sha256=body)

    def _verify(self, authorization: str) -> tuple[str, Mapping[str, Any]]:
        """The name of the operator, and what the key of that name signed within this minute. Raises OperatorRefused."""
        scheme, _, token = authorization.partition(" ")
        if scheme != SCHEME:
            raise OperatorRefused("no operator's signature")
        try:
            unverified = parse_jwt(token)
            name = unverified.claims.get("iss")
            if not isinstance(name, str) or name not in self.keys:
                raise OperatorRefused("no such operator")
            key = self.keys[name]
            claims = verify_parsed(unverified, {key.kid: key}, algorithms={key.alg}, types={TYPE}).claims
            issued = numeric_date(claims, "iat")
        except JwtInvalid as error:
            raise OperatorRefused(str(error)) from None
        if issued is None or abs(self.clock.wall().timestamp() - issued) > AGE_SECONDS_MAX:
            raise OperatorRefused("not of this minute")
        return name, claims


def digest_of(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()

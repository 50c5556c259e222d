"""Things that an attacker makes: JWTs of any kind, certificates of the test authority with any dates, certificates of unknown issuers."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from kernel.clock import SystemClock
from sandbox.authority.pki import TestPki, TransportSubject, generate_key, key_pem
from sandbox.tpp_kit.folder import ClientCertificate
from tests.harness.server import Server

DAY = timedelta(days=1)


class _AnyHeader(JWSRegistry):
    max_header_length = 8192


@dataclass(frozen=True)
class Forge:
    """`folder` takes what is made. `server` is whose authority signs."""

    folder: Path
    server: Server

    def certificate(
        self, tpp: str, *, begins: timedelta = -DAY, ends: timedelta = DAY, authority: Path | None = None
    ) -> ClientCertificate:
        """A new certificate with the subject of a TPP's own, valid from and until these times from now. `authority`: a folder with
        another authority than the server's."""
        pki = TestPki.open(authority or self.server.state_dir / "pki", SystemClock())
        now, key = datetime.now(UTC), generate_key()
        pem = pki.issue_transport(self.subject(tpp), key, not_before=now + begins, not_after=now + ends)
        made = ClientCertificate(self.folder / f"{tpp}.pem", self.folder / f"{tpp}.key")
        made.certificate.write_bytes(pem)
        made.key.write_bytes(key_pem(key))
        return made

    def subject(self, tpp: str) -> TransportSubject:
        """The subject of the TPP's own certificate."""
        pem = (self.server.state_dir / "tpps" / tpp / "transport.pem").read_bytes()
        names = {attribute.oid: str(attribute.value) for attribute in x509.load_pem_x509_certificate(pem).subject}
        oid = x509.NameOID
        return TransportSubject(
            software_id=names[oid.COMMON_NAME],
            organisation_name=names[oid.ORGANIZATION_NAME],
            organisation_id=names[oid.ORGANIZATION_IDENTIFIER],
            dns=(f"{tpp}.tpp.test",),
        )


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature of a JWT, verified or not."""
    header, payload, signature = token.split(".")
    return json.loads(_unpad(header)), json.loads(_unpad(payload)), signature


def rewritten(token: str, *, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    """The token with other members, under its old signature."""
    known_header, known_claims, signature = parts_of(token)
    return f"{_pad({**known_header, **(header or {})})}.{_pad({**known_claims, **(claims or {})})}.{signature}"


def unsigned(token: str, alg: str = "none") -> str:
    """The token without a signature, saying so."""
    header, claims, _ = parts_of(token)
    return f"{_pad({**header, 'alg': alg})}.{_pad(claims)}."


def resigned(token: str, *, header: dict[str, Any] | None = None) -> str:
    """The token signed by a key of the attacker's; `header` may bring that key along."""
    key = ECKey.generate_key("P-256", private=True)
    known_header, claims, _ = parts_of(token)
    brought = {name: key.as_dict(private=False) if value == "key" else value for name, value in (header or {}).items()}
    payload = json.dumps(claims).encode()
    return jws.serialize_compact({**known_header, "alg": "ES256", **brought}, payload, key, registry=_AnyHeader())


def keyed_by_public_key(token: str, jwk: dict[str, Any]) -> str:
    """HS256 with the server's public key as the secret: the oldest confusion there is."""
    header, claims, _ = parts_of(token)
    signed = f"{_pad({**header, 'alg': 'HS256'})}.{_pad(claims)}"
    secret = json.dumps(jwk, separators=(",", ":")).encode()
    return f"{signed}.{_encode(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _unpad(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _pad(members: dict[str, Any]) -> str:
    return _encode(json.dumps(members, separators=(",", ":")).encode())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

"""Keys of clients, and what they sign: with the cryptography library itself, so that our signatures are never proven with our own code."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def b64_json(value: Any) -> str:
    return b64(json.dumps(value).encode())


def unb64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def number(value: int, size: int) -> str:
    return b64(value.to_bytes(size, "big"))


class SigningKey:
    """A client's private key, and its public JWK."""

    def __init__(self, alg: str, kid: str) -> None:
        self.alg, self.kid = alg, kid
        self.private: Any
        if alg == "PS256":
            self.private = rsa.generate_private_key(65537, 2048)
            public = self.private.public_key().public_numbers()
            material = {"kty": "RSA", "n": number(public.n, 256), "e": number(public.e, 3)}
        elif alg == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            point = self.private.public_key().public_numbers()
            material = {"kty": "EC", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
            material = {"kty": "OKP", "crv": "Ed25519", "x": b64(self.private.public_key().public_bytes_raw())}
        self.jwk = {**material, "kid": kid, "alg": alg, "use": "sig"}

    def sign(self, message: bytes, alg: str) -> bytes:
        if alg == "PS256":
            return self.private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if alg == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        if alg == "ES256":
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(message)

    def jwt(self, claims: Any, *, header: dict[str, Any] | None = None, alg: str | None = None) -> str:
        head = {"alg": alg or self.alg, "kid": self.kid, "typ": "JWT", **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        message = f"{b64_json(head)}.{b64_json(claims)}"
        return f"{message}.{b64(self.sign(message.encode(), alg or self.alg))}"


KEYS = {
    name: SigningKey(alg, name)
    for name, alg in (("acme-1", "PS256"), ("borough-1", "PS256"), ("curve-1", "ES256"), ("edward-1", "EdDSA"))
}

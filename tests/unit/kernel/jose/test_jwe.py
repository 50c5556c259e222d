"""Encrypted JWTs are read by the primitives themselves, never by the library that encrypted. RFC 7516, RFC 7518."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.jose.jwe import ALGORITHMS, ENCRYPTIONS, encrypt_jwt, import_encryption_key, public_encryption_jwk
from kernel.jose.jwt import JwtInvalid

KEY_BYTES = {"A256GCM": 32, "A128GCM": 16, "A128CBC-HS256": 32}
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
TOKEN = "aaa.bbb.ccc"


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value: int, size: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(size, "big")).rstrip(b"=").decode()


def jwk_of(alg: str, **changes: Any) -> dict[str, Any]:
    if alg == "RSA-OAEP-256":
        public = RSA.public_key().public_numbers()
        material = {"kty": "RSA", "n": number(public.n, 256), "e": "AQAB"}
    else:
        point = EC.public_key().public_numbers()
        material = {"kty": "EC", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}
    return {**material, "kid": "enc-1", "alg": alg, "use": "enc", **changes}


def content_key(header: dict[str, Any], encrypted: bytes) -> bytes:
    size = KEY_BYTES[header["enc"]]
    if header["alg"] == "RSA-OAEP-256":
        return RSA.decrypt(encrypted, rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    assert encrypted == b""
    x, y = (int.from_bytes(unb64(header["epk"][name])) for name in ("x", "y"))
    shared = EC.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    enc = header["enc"].encode()
    info = len(enc).to_bytes(4) + enc + bytes(4) + bytes(4) + (size * 8).to_bytes(4)  # RFC 7518 section 4.6.2
    return hashlib.sha256((1).to_bytes(4) + shared + info).digest()[:size]


def decrypt(token: str) -> tuple[dict[str, Any], bytes]:
    head, encrypted, iv, ciphertext, tag = token.split(".")
    header = json.loads(unb64(head))
    key = content_key(header, unb64(encrypted))
    if header["enc"] != "A128CBC-HS256":
        return header, AESGCM(key).decrypt(unb64(iv), unb64(ciphertext) + unb64(tag), head.encode())
    mac = hmac.HMAC(key[:16], hashes.SHA256())
    mac.update(head.encode() + unb64(iv) + unb64(ciphertext) + (len(head) * 8).to_bytes(8))
    assert mac.finalize()[:16] == unb64(tag)
    opened = Cipher(algorithms.AES(key[16:]), modes.CBC(unb64(iv))).decryptor()
    unpad = padding.PKCS7(128).unpadder()
    return header, unpad.update(opened.update(unb64(ciphertext)) + opened.finalize()) + unpad.finalize()


@pytest.mark.parametrize("enc", ENCRYPTIONS)
@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.spec("RFC7519-11.2")
@pytest.mark.spec("RFC7516")
def test_the_reader_opens_what_was_signed(alg: Any, enc: Any):
    key = import_encryption_key(jwk_of(alg), alg=alg)
    token = encrypt_jwt(TOKEN, key, enc=enc)
    header, opened = decrypt(token)
    assert opened == TOKEN.encode()
    assert {name: header[name] for name in ("alg", "enc", "kid", "cty")} == {"alg": alg, "enc": enc, "kid": "enc-1", "cty": "JWT"}
    assert encrypt_jwt(TOKEN, key, enc=enc) != token


def test_a_key_is_shown_as_what_it_is():
    for alg in ALGORITHMS:
        assert public_encryption_jwk(import_encryption_key(jwk_of(alg, x5c=["AAAA"]), alg=alg)) == jwk_of(alg)


@pytest.mark.parametrize(
    ("alg", "changes"),
    [
        ("RSA-OAEP-256", {"kid": None}),
        ("RSA-OAEP-256", {"kid": ""}),
        ("RSA-OAEP-256", {"n": number(RSA.public_key().public_numbers().n >> 1024, 128)}),
        ("RSA-OAEP-256", {"n": "!"}),
        ("RSA-OAEP-256", {"e": None}),
        ("ECDH-ES", {"crv": "P-384"}),
        ("ECDH-ES", {"y": "A" * 43}),
        ("ECDH-ES", {"x": None}),
    ],
)
def test_an_unfit_key_is_refused(alg: Any, changes: dict[str, Any]):
    with pytest.raises(JwtInvalid):
        import_encryption_key({name: value for name, value in jwk_of(alg, **changes).items() if value is not None}, alg=alg)

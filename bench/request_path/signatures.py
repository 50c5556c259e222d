"""The raw cost of the signatures that a token takes: the client's assertion verified, the access token signed."""

import os
from collections.abc import Callable
from time import process_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

MESSAGE = os.urandom(512)  # about as long as the signing input of either
REPEATS = 2_000
SHA256 = hashes.SHA256()
PSS = padding.PSS(padding.MGF1(SHA256), padding.PSS.DIGEST_LENGTH)
RSA_BITS = 2048


def raw_token_micros() -> dict[str, float]:
    """By the algorithm of the client's assertion; the access token is signed by ES256 always."""
    key = ec.generate_private_key(ec.SECP256R1())
    public, signature = key.public_key(), key.sign(MESSAGE, ec.ECDSA(SHA256))
    sign = _micros(lambda: key.sign(MESSAGE, ec.ECDSA(SHA256)))
    of_es256 = _micros(lambda: public.verify(signature, MESSAGE, ec.ECDSA(SHA256)))
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    rsa_public, rsa_signature = rsa_key.public_key(), rsa_key.sign(MESSAGE, PSS, SHA256)
    of_ps256 = _micros(lambda: rsa_public.verify(rsa_signature, MESSAGE, PSS, SHA256))
    return {"ES256": of_es256 + sign, "PS256": of_ps256 + sign}


def _micros(act: Callable[[], object]) -> float:
    began = process_time()
    for _ in range(REPEATS):
        act()
    return (process_time() - began) / REPEATS * 1e6

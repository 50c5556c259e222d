"""The metadata of clients about messages that go through the browser: request objects, response types, signed and encrypted responses.

RFC 9101 section 10.5, JARM section 3, OIDC Dynamic Client Registration section 2; each within the client's security profile.
"""

from consent.authorization.clients.encryption import find_encryption_key
from consent.authorization.clients.metadata import ClientMetadata
from consent.authorization.keys.ring import KeyPurpose, algorithms_of
from consent.authorization.offer.profiles import PROFILES
from kernel.errors import FieldInvalid, FieldMissing
from kernel.jose.jwt import JwtInvalid

ENCRYPTED = ("id_token_encrypted_response", "authorization_encrypted_response")


def check_messages(metadata: ClientMetadata) -> None:
    """Raises FieldMissing or FieldInvalid with the member's name as path."""
    _check_request_objects(metadata)
    _check_responses(metadata)
    for member in ENCRYPTED:
        _check_encryption(metadata, member)


def _check_request_objects(metadata: ClientMetadata) -> None:
    """The profile says whether there are any, so that no registration weakens it."""
    profile = PROFILES[metadata.security_profile]
    wanted, is_required = metadata.require_signed_request_object, profile.request_object == "required"
    if wanted is not None and wanted is not is_required:
        raise FieldInvalid("not what the security profile says", path="require_signed_request_object")
    alg = metadata.request_object_signing_alg
    if alg is not None and (not is_required or alg not in profile.algorithms):
        raise FieldInvalid("not an algorithm of the security profile", path="request_object_signing_alg")


def _check_responses(metadata: ClientMetadata) -> None:
    profile = PROFILES[metadata.security_profile]
    if not metadata.response_types <= profile.response_types.keys():
        raise FieldInvalid("not a response type of the security profile", path="response_types")
    alg = metadata.authorization_signed_response_alg
    if alg is not None and (alg not in profile.algorithms or alg not in algorithms_of(KeyPurpose.AUTHORIZATION_RESPONSE)):
        raise FieldInvalid("no key signs with it", path="authorization_signed_response_alg")
    if alg is None and metadata.authorization_encrypted_response_alg is not None:
        raise FieldMissing("encrypted and not signed", path="authorization_signed_response_alg")


def _check_encryption(metadata: ClientMetadata, member: str) -> None:
    alg, enc = getattr(metadata, f"{member}_alg"), getattr(metadata, f"{member}_enc")
    if alg is None:
        if enc is not None:
            raise FieldMissing("enc without alg", path=f"{member}_alg")
        return
    try:
        key = find_encryption_key(metadata.jwks, alg)
    except JwtInvalid as error:
        raise FieldInvalid(str(error), path="jwks") from None
    if key is None:
        raise FieldMissing(f"no key to encrypt with {alg}", path="jwks")

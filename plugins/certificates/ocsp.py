"""Ask the responder that a certificate names. RFC 6960, RFC 5019 section 2.2 (what an answer must be to be believed).

An answer counts if it is about this very certificate, in date, and signed by the issuer itself or by a responder that the issuer
appointed for it. A nonce is sent; many responders answer with what they signed beforehand, and so an answer may lack it, but not have
another.
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from kernel.certificates.certificate import UNREADABLE
from kernel.clock import Clock
from kernel.http.outbound.fetcher import Fetcher, Unanswered
from kernel.ids import Ids
from plugins.certificates.verdicts import SKEW, Good, Revoked, Verdict

MEDIA_TYPE = "application/ocsp-request"
SCHEMES = ("http", "https")  # what is answered is signed
ANSWER_BYTES_MAX = 64 << 10  # of the answer of an OCSP responder
URLS_MAX = 2  # OCSP responders of one certificate that are asked
NONCE_BYTES = 32  # of the nonce in an OCSP question: RFC 9654 section 2.1


class OcspResponders:
    name = "ocsp"

    def __init__(self, fetcher: Fetcher, clock: Clock, ids: Ids) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._ids = ids

    async def ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Verdict | None:
        doubt = None
        for url in ocsp_urls_of(certificate)[:URLS_MAX]:
            nonce = self._ids.secret().encode()[:NONCE_BYTES]
            try:
                answer = await self._ask(url, render_request(certificate, issuer, nonce))
                return judge_by_ocsp(answer, certificate, issuer, self._clock.wall(), nonce)
            except Unanswered as unanswered:
                doubt = unanswered
        if doubt is not None:
            raise doubt
        return None

    async def _ask(self, url: str, question: bytes) -> bytes:
        headers = {"Content-Type": MEDIA_TYPE}
        status, answer = await self._fetcher.post(url, question, headers, ANSWER_BYTES_MAX, schemes=SCHEMES)
        if status != 200:
            raise Unanswered(f"status {status}")
        return answer


def ocsp_urls_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The responders that the certificate names."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        each.access_location.value
        for each in access
        if each.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


def render_request(certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes) -> bytes:
    """SHA-1 only names the issuer here, as every responder knows it; nothing rests on it."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(serialization.Encoding.DER)


def judge_by_ocsp(
    content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, wall: datetime, nonce: bytes
) -> Verdict:
    """Raises Unanswered if the answer says nothing that counts for this certificate."""
    try:
        answer = ocsp.load_der_ocsp_response(content)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unanswered(f"the responder says {answer.response_status.name.lower()}")
        _check_signed(answer, issuer, wall)
        _check_nonce(answer, nonce)
        single = next((each for each in answer.responses if _is_about(each, certificate, issuer)), None)
    except (*UNREADABLE, UnsupportedAlgorithm, InvalidSignature) as error:
        raise Unanswered(f"an answer that cannot be believed: {type(error).__name__}") from None
    if single is None:
        raise Unanswered("an answer about another certificate")
    return _judge(single, wall)


def _judge(single: ocsp.OCSPSingleResponse, wall: datetime) -> Verdict:
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        return Revoked(single.revocation_time_utc or wall)
    if single.this_update_utc > wall + SKEW or single.next_update_utc is None or single.next_update_utc <= wall:
        raise Unanswered("an answer that is out of date, or for no known time")
    if single.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise Unanswered("the responder does not know the certificate")
    return Good(single.next_update_utc)


def _is_about(single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm).build()
    return (single.serial_number, single.issuer_name_hash, single.issuer_key_hash) == (
        asked.serial_number,
        asked.issuer_name_hash,
        asked.issuer_key_hash,
    )


def _check_nonce(answer: ocsp.OCSPResponse, nonce: bytes) -> None:
    try:
        answered = answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return
    if answered != nonce:
        raise Unanswered("an answer to another question")


def _check_signed(answer: ocsp.OCSPResponse, issuer: x509.Certificate, wall: datetime) -> None:
    """Check that the issuer signed, or a responder that it appointed. Raises Unanswered, or InvalidSignature and what else a key can raise."""
    signer = next((each for each in (issuer, *answer.certificates) if _is_named(answer, each)), None)
    if signer is None:
        raise Unanswered("signed by an unknown key")
    if signer != issuer:
        signer.verify_directly_issued_by(issuer)
        if not signer.not_valid_before_utc <= wall <= signer.not_valid_after_utc:
            raise Unanswered("the responder's certificate is out of date")
        try:
            usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except x509.ExtensionNotFound:
            usage = x509.ExtendedKeyUsage([])
        if ExtendedKeyUsageOID.OCSP_SIGNING not in usage:
            raise Unanswered("the issuer did not appoint the responder")
    _verify(answer, signer)


def _is_named(answer: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if answer.responder_name is not None:
        return answer.responder_name == certificate.subject
    return answer.responder_key_hash == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _verify(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> None:
    """Raises InvalidSignature, or Unanswered for a kind of signature that we do not know."""
    key, digest = signer.public_key(), answer.signature_hash_algorithm
    signature, signed = answer.signature, answer.tbs_response_bytes
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, signed)
    elif digest is None or isinstance(digest, hashes.SHA1 | hashes.MD5):
        raise Unanswered("a weak or unknown signature")
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(digest))
    else:
        raise Unanswered("a kind of signature that we do not know")

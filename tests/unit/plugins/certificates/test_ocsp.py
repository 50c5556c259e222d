"""plugins/certificates/ocsp.py: which answers of a responder count."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from kernel.http.outbound.fetcher import Unanswered
from plugins.certificates.ocsp import judge_by_ocsp, ocsp_urls_of, render_request
from plugins.certificates.verdicts import Good, Revoked
from tests.harness.authorities import DAY, START, Answers, Authority, answered_at, pointing_at

ROOT = Authority.root()
LEAF = ROOT.issue()
NONCE = b"n" * 32
ANSWER = Answers(LEAF, ROOT)


def judge(answer, *, wall=START, issuer=ROOT):
    content = answer if isinstance(answer, bytes) else answer.render()
    return judge_by_ocsp(content, LEAF, issuer.certificate, wall, NONCE)


@pytest.mark.spec("RFC6960-3.2")
def test_good_until_the_next_update_or_revoked():
    assert judge(ANSWER) == Good(START + DAY)
    assert judge(replace(ANSWER, status=ocsp.OCSPCertStatus.REVOKED)) == Revoked(START - timedelta(hours=1))


def test_responders_may_be_named_or_known_by_key_and_may_repeat_the_nonce():
    assert isinstance(judge(replace(ANSWER, by_name=True)), Good)
    assert isinstance(judge(replace(ANSWER, nonce=NONCE)), Good)


@pytest.mark.spec("RFC6960-4.2.2.2")
def test_an_appointed_responder_answers_for_the_issuer():
    assert isinstance(judge(replace(ANSWER, signer=ROOT.responder())), Good)
    assert isinstance(judge(replace(ANSWER, signer=ROOT.responder(), by_name=True)), Good)


@pytest.mark.parametrize("kind", ["RSA", "Ed25519"])
def test_issuers_of_every_kind_are_believed(kind):
    authority = Authority.root(kind=kind)
    leaf = authority.issue()
    answer = Answers(leaf, authority).render()
    assert isinstance(judge_by_ocsp(answer, leaf, authority.certificate, START, NONCE), Good)


OTHER = Authority.root("other")
PAST = {"begins": START - 40 * DAY, "ends": START - DAY}


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, status=ocsp.OCSPCertStatus.UNKNOWN),
        replace(ANSWER, certificate=ROOT.issue("another")),
        replace(ANSWER, ends=START),
        replace(ANSWER, ends=None),
        replace(ANSWER, begins=START + timedelta(hours=1)),
        replace(ANSWER, nonce=b"o" * 32),
        replace(ANSWER, signer=Authority.root("root"), by_name=True),
        replace(ANSWER, signer=OTHER),
        replace(ANSWER, signer=OTHER.responder()),
        replace(ANSWER, signer=ROOT.responder(appointed=False)),
        replace(ANSWER, signer=ROOT.responder(**PAST)),
        replace(ANSWER, signer=ROOT.responder(), enclosed=[LEAF]),
        replace(ANSWER, issuer=OTHER, signer=ROOT),
        ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
            Encoding.DER
        ),
        b"",
        b"garbage",
    ],
    ids=[
        "unknown", "another certificate", "past", "endless", "future", "another nonce", "a stranger's signature",
        "another authority", "another's responder", "not appointed", "appointed once", "without its certificate",
        "another issuer", "try later", "empty", "garbage",
    ],
)  # fmt: skip
@pytest.mark.spec("RFC5019-2.2")
def test_an_answer_that_does_not_count_says_nothing(answer):
    with pytest.raises(Unanswered):
        judge(answer)


def test_revoked_by_a_stranger_is_nothing_either():
    with pytest.raises(Unanswered):
        judge(replace(ANSWER, status=ocsp.OCSPCertStatus.REVOKED, signer=Authority.root("root"), by_name=True))


@given(st.data())
def test_altered_answers_are_never_believed_wrongly(data):
    octets = bytearray(RENDERED)
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        verdict = judge(bytes(octets))
    except Unanswered:
        return
    assert verdict == Good(START + DAY)  # octets that no signature covers and no reader needs


RENDERED = ANSWER.render()


def test_the_question_names_the_certificate_and_brings_a_nonce():
    asked = ocsp.load_der_ocsp_request(render_request(LEAF, ROOT.certificate, NONCE))
    assert asked.serial_number == LEAF.serial_number
    assert isinstance(asked.hash_algorithm, hashes.SHA1)
    assert asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE


def test_responders_are_those_that_the_certificate_names():
    named = ROOT.issue(extensions=[answered_at("http://ocsp.example"), pointing_at("http://crl.example/list")])
    assert ocsp_urls_of(named) == ("http://ocsp.example",)
    assert ocsp_urls_of(LEAF) == ()

"""plugins/certificates/crl.py and crl_files.py: what a revocation list says of a certificate, and when it says nothing."""

import asyncio
from datetime import timedelta

import pytest
from blockbuster import BlockingError
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import ManualClock
from kernel.http.outbound.fetcher import Unanswered
from plugins.certificates.crl import crl_urls_of, judge_by_crl, parse_crl
from plugins.certificates.crl_files import CRL_BYTES_MAX, CrlFiles
from plugins.certificates.verdicts import Good, Revoked
from tests.harness.authorities import DAY, START, Authority, der, key_usage, new_key, pem, pointing_at
from tests.harness.patience import PATIENCE_SECONDS

ROOT = Authority.root()
LEAF = ROOT.issue()
URL = "http://crl.authority.example/list.crl"


def judge(crl, certificate=LEAF, issuer=ROOT, wall=START):
    return judge_by_crl(crl, certificate, issuer.certificate, wall)


def scope(**facts) -> list[tuple[x509.ExtensionType, bool]]:
    names = (
        "full_name relative_name only_contains_user_certs only_contains_ca_certs only_some_reasons indirect_crl "
        "only_contains_attribute_certs"
    )
    values = {name: None if name in ("full_name", "relative_name", "only_some_reasons") else False for name in names.split()}
    return [(x509.IssuingDistributionPoint(**{**values, **facts}), True)]


@pytest.mark.spec("RFC5280-6.3.3")
def test_good_until_the_next_update_unless_listed():
    assert judge(ROOT.crl()) == Good(START + DAY)
    assert judge(ROOT.crl([ROOT.issue("another")])) == Good(START + DAY)
    assert judge(ROOT.crl([LEAF])) == Revoked(START - timedelta(hours=1))


@pytest.mark.parametrize("kind", ["EC", "RSA", "Ed25519"])
def test_authorities_of_every_kind_are_read(kind):
    authority = Authority.root(kind=kind)
    leaf = authority.issue()
    assert isinstance(judge(authority.crl([leaf]), leaf, authority), Revoked)
    assert isinstance(judge(authority.crl(), leaf, authority), Good)


@pytest.mark.spec("RFC5280-5.3.1")
def test_on_hold_is_revoked():
    assert isinstance(judge(ROOT.crl([LEAF], reason=x509.ReasonFlags.certificate_hold)), Revoked)


def test_what_an_old_list_revokes_stays_revoked_and_what_it_does_not_is_unknown():
    assert isinstance(judge(ROOT.crl([LEAF]), wall=START + 9 * DAY), Revoked)
    with pytest.raises(Unanswered, match="next update"):
        judge(ROOT.crl(), wall=START + DAY)


OTHER = Authority.root("other")
MUTE = Authority.root(usage=key_usage(key_cert_sign=True))


@pytest.mark.parametrize(
    ("crl", "issuer"),
    [
        (ROOT.crl([LEAF], signed_by=new_key()), ROOT),
        (ROOT.crl([LEAF], signed_by=new_key("RSA")), ROOT),
        (OTHER.crl([LEAF]), ROOT),
        (OTHER.crl([LEAF], issuer=ROOT.certificate.subject), ROOT),
        (ROOT.crl(begins=START + timedelta(hours=1)), ROOT),
        (ROOT.crl([LEAF], extensions=scope(indirect_crl=True)), ROOT),
        (ROOT.crl([LEAF], extensions=scope(only_contains_ca_certs=True)), ROOT),
        (ROOT.crl([LEAF], extensions=scope(only_contains_attribute_certs=True)), ROOT),
        (ROOT.crl([LEAF], extensions=scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))), ROOT),
        (ROOT.crl([LEAF], extensions=scope(full_name=[x509.UniformResourceIdentifier(URL)])), ROOT),
        (ROOT.crl([LEAF], extensions=[(x509.DeltaCRLIndicator(1), True)]), ROOT),
    ],
    ids=[
        "signed by a stranger", "signed by a key of another kind", "of another authority", "another's in our name", "future",
        "indirect", "of authorities", "of attributes", "for some reasons", "another point", "changes only",
    ],
)  # fmt: skip
@pytest.mark.spec("RFC5280-5.2")
def test_a_list_that_does_not_count_says_nothing_not_even_revoked(crl, issuer):
    with pytest.raises(Unanswered):
        judge(crl, issuer=issuer)


def test_an_authority_that_may_not_sign_lists_is_not_believed():
    leaf = MUTE.issue()
    with pytest.raises(Unanswered, match="may not sign"):
        judge(MUTE.crl([leaf]), leaf, MUTE)


def test_a_part_of_a_list_counts_where_the_certificate_names_it():
    leaf = ROOT.issue(extensions=[pointing_at(URL)])
    part = scope(full_name=[x509.UniformResourceIdentifier(URL)], only_contains_user_certs=True)
    assert isinstance(judge(ROOT.crl([leaf], extensions=part), leaf), Revoked)


def test_points_for_some_reasons_or_of_others_are_not_asked():
    def point(**facts):
        name = [x509.UniformResourceIdentifier(URL)]
        return x509.DistributionPoint(**{"full_name": name, "relative_name": None, "reasons": None, "crl_issuer": None, **facts})

    reasons = frozenset({x509.ReasonFlags.key_compromise})
    issuer = [x509.DirectoryName(ROOT.certificate.subject)]
    points = [point(reasons=reasons), point(crl_issuer=issuer), point()]
    leaf = ROOT.issue(extensions=[(x509.CRLDistributionPoints(points), False)])
    assert crl_urls_of(leaf) == (URL,)
    assert crl_urls_of(LEAF) == ()


def test_lists_come_as_pem_or_der():
    crl = ROOT.crl([LEAF])
    assert parse_crl(pem(crl)) == parse_crl(der(crl)) == crl


@given(st.binary(max_size=200) | st.integers(0, 120).map(lambda cut: der(ROOT_CRL)[:cut]))
def test_anything_but_a_list_says_nothing(content):
    with pytest.raises(Unanswered):
        parse_crl(content)


def test_a_list_of_no_known_version_says_nothing():
    octets = der(ROOT_CRL)
    version = octets.index(b"\x02\x01\x01")
    with pytest.raises(Unanswered):
        parse_crl(octets[:version] + b"\x02\x01\x07" + octets[version + 3 :])


ROOT_CRL = ROOT.crl([LEAF])


@given(st.integers(0, len(der(ROOT_CRL)) - 1), st.integers(1, 255))
def test_an_altered_list_says_nothing(at, by):
    octets = bytearray(der(ROOT_CRL))
    octets[at] ^= by
    with pytest.raises(Unanswered):
        judge(parse_crl(bytes(octets)))


def test_a_signature_is_of_whole_octets():
    """Its last bit may be declared unused where it is zero: the signature would still be right, and the list another one."""
    octets = bytearray(next(each for each in (der(ROOT.crl([LEAF])) for _ in range(64)) if each[-1] % 2 == 0))
    octets[-len(parse_crl(bytes(octets)).signature) - 1] = 1
    with pytest.raises(Unanswered, match="whole octets"):
        judge(parse_crl(bytes(octets)))


class TestFiles:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "list.crl"

    async def ask(self, files, certificate=LEAF):
        return await files.ask(certificate, ROOT.certificate)

    async def test_cover_their_authoritys_certificates_only(self, file, tmp_path):
        file.write_bytes(pem(ROOT.crl([LEAF])))
        other = tmp_path / "other.crl"
        other.write_bytes(der(OTHER.crl()))
        files = CrlFiles([file, other], ManualClock(START))
        files.load()
        assert isinstance(await self.ask(files), Revoked)
        assert isinstance(await files.ask(OTHER.issue(), OTHER.certificate), Good)
        assert await files.ask(MUTE.issue(), Authority.root("third").certificate) is None

    async def test_one_list_that_revokes_is_enough(self, file, tmp_path):
        old = tmp_path / "old.crl"
        file.write_bytes(pem(ROOT.crl()))
        old.write_bytes(pem(ROOT.crl([LEAF], begins=START - 9 * DAY, ends=START - 8 * DAY)))
        files = CrlFiles([file, old], ManualClock(START))
        files.load()
        assert isinstance(await self.ask(files), Revoked)
        assert isinstance(await self.ask(files, ROOT.issue("another")), Good)

    async def test_out_of_date_they_say_so(self, file):
        clock = ManualClock(START)
        file.write_bytes(pem(ROOT.crl()))
        files = CrlFiles([file], clock)
        files.load()
        clock.advance(2 * DAY)
        with pytest.raises(Unanswered):
            await self.ask(files)

    @pytest.mark.parametrize("content", [None, b"", b"garbage", b"-----BEGIN X509 CRL-----\n"])
    def test_unusable_they_refuse_to_load(self, file, content):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises((OSError, Unanswered)):
            CrlFiles([file], ManualClock(START)).load()

    def test_endless_they_are_not_read(self, file):
        with file.open("wb") as endless:
            endless.truncate(CRL_BYTES_MAX + 1)
        with pytest.raises(Unanswered, match="larger"):
            CrlFiles([file], ManualClock(START)).load()

    async def test_replaced_they_are_taken_over_and_broken_the_last_good_one_stands(self, file):
        file.write_bytes(pem(ROOT.crl()))
        files = CrlFiles([file], ManualClock(START))
        files.load()
        with pytest.raises(BlockingError):
            files.load_changed()  # not on the event loop
        assert not await asyncio.to_thread(files.load_changed)
        taken_over = asyncio.Event()
        following = asyncio.create_task(files.follow(taken_over.set, seconds=0.01))
        try:
            file.write_bytes(b"garbage")
            assert not await asyncio.to_thread(files.load_changed)
            assert isinstance(await self.ask(files), Good)
            new = file.with_name("new")
            new.write_bytes(pem(ROOT.crl([LEAF])))
            new.replace(file)
            await asyncio.wait_for(taken_over.wait(), PATIENCE_SECONDS)
        finally:
            following.cancel()
        assert isinstance(await self.ask(files), Revoked)

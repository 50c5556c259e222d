"""kernel/certificates/trust_lists.py: who vouches for a certificate, along which path, and for what."""

from dataclasses import replace

import pytest
from cryptography import x509

from kernel.certificates.certificate import parse_certificate
from kernel.certificates.trust_lists import LINKS_MAX, TrustLists, Vouches, check_client, check_seal, load_certificates
from kernel.errors import CertificateInvalid
from tests.harness.authorities import (
    DAY,
    LEAF_KEY,
    START,
    Authority,
    authority_extensions,
    build,
    der,
    key_usage,
    named,
    pem,
    shown,
    stating,
)

ROOT = Authority.root()
ISSUING = ROOT.authority()
OTHER = Authority.root("other")
ROOT_EXTENSIONS = authority_extensions(None, None)


def lists(*anchors: Authority, vouches: set[Vouches] | None = None) -> TrustLists:
    return TrustLists([([anchor.certificate for anchor in anchors], frozenset(vouches or {Vouches.TRANSPORT}))])


@pytest.mark.spec("RFC5280-6.1")
def test_a_path_leads_over_known_issuers_to_an_anchor():
    leaf = ISSUING.client()
    path = lists(ROOT).find_path(leaf, START)
    assert path is not None
    assert [der(link) for link in path.links] == [leaf.der, der(ISSUING.certificate)]
    assert [der(issuer) for _, issuer in path.with_issuers()] == [der(ISSUING.certificate), der(ROOT.certificate)]
    assert path.anchor == ROOT.certificate


def test_an_issuing_authority_may_be_the_anchor_and_so_may_the_certificate_itself():
    """Trust lists name issuing authorities; their roots do not count."""
    leaf = replace(ISSUING.client(), issuers=())
    path = lists(ISSUING).find_path(leaf, START)
    assert path is not None
    assert len(path.links) == 1
    own = lists(Authority(ISSUING.issue("own"), ISSUING.key))
    assert own.find_path(leaf, START) is None
    anchor = ISSUING.issue("own")
    path = TrustLists([([anchor], frozenset(Vouches))]).find_path(parse_certificate(der(anchor)), START)
    assert path is not None
    assert path.with_issuers() == ()


def test_no_authority_vouches_across_a_gap_or_for_a_stranger():
    assert lists(ROOT).find_path(replace(ISSUING.client(), issuers=()), START) is None
    assert lists(ROOT).find_path(OTHER.client(), START) is None
    assert lists().find_path(ISSUING.client(), START) is None


def test_a_name_is_not_enough():
    """An authority of the anchor's very name, with a key of its own."""
    impostor = Authority.root("root")
    assert impostor.certificate.subject == ROOT.certificate.subject
    assert lists(ROOT).find_path(impostor.client(), START) is None
    assert lists(impostor, ROOT).find_path(ROOT.client(), START) is not None


def test_only_authorities_issue():
    """A TPP with a good certificate cannot make one for another TPP."""
    tpp = Authority(ISSUING.issue("tpp"), LEAF_KEY, (ISSUING, ROOT))
    assert lists(ROOT).find_path(tpp.client("forged"), START) is None


def test_an_authority_that_may_have_none_below_it_has_none():
    narrow = ROOT.authority("narrow", path_length=0)
    assert lists(ROOT).find_path(narrow.client(), START) is not None
    assert lists(ROOT).find_path(narrow.authority("below").client(), START) is None


@pytest.mark.spec("RFC5280-6.1.4")
def test_an_authority_that_may_not_sign_certificates_issues_none():
    lists_only = ROOT.authority(usage=key_usage(crl_sign=True))
    assert lists(ROOT).find_path(lists_only.client(), START) is None


@pytest.mark.spec("RFC5280-4.2.1.10")
def test_an_authority_issues_only_within_its_name_constraints():
    bank = x509.NameConstraints(permitted_subtrees=[x509.DNSName("bank.example")], excluded_subtrees=None)
    narrow = ROOT.authority("narrow", extensions=[(bank, True)])
    for name, found in (("a.bank.example", True), ("other.example", False)):
        client = narrow.client(extensions=[(x509.SubjectAlternativeName([x509.DNSName(name)]), False)])
        assert (lists(ROOT).find_path(client, START) is not None) is found


@pytest.mark.spec("RFC5280-4.2")
def test_a_critical_extension_that_no_one_reads_is_refused():
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert lists(ROOT).find_path(ROOT.client(extensions=[(unknown, False)]), START) is not None
    assert lists(ROOT).find_path(ROOT.client(extensions=[(unknown, True)]), START) is None


@pytest.mark.spec("RFC5280-6.1.3")
def test_every_link_is_valid_at_the_moment_and_so_is_the_anchor():
    old = Authority(
        build(named("root"), ROOT.key, named("root"), ROOT.key, ends=START - DAY, extensions=ROOT_EXTENSIONS), ROOT.key
    )
    assert lists(old).find_path(ROOT.client(), START) is None
    assert lists(old, ROOT).find_path(ROOT.client(), START) is not None
    gone = ROOT.authority("gone", ends=START - DAY)
    assert lists(ROOT).find_path(gone.client(), START - 2 * DAY) is not None
    assert lists(ROOT).find_path(gone.client(), START) is None


def test_what_the_library_cannot_judge_is_refused():
    """Authorities with an Ed25519 key, and constraints on directory names that must be kept."""
    assert lists(ROOT).find_path(ROOT.authority(kind="Ed25519").client(), START) is None
    constraint = x509.NameConstraints(permitted_subtrees=[x509.DirectoryName(named("leaf"))], excluded_subtrees=None)
    assert lists(ROOT).find_path(ROOT.authority(extensions=[(constraint, True)]).client(), START) is None


def test_a_search_through_many_issuers_of_one_name_ends():
    many = [build(named("same"), LEAF_KEY, named("same"), LEAF_KEY, extensions=ROOT_EXTENSIONS) for _ in range(LINKS_MAX)]
    leaf = parse_certificate(der(build(named("leaf"), LEAF_KEY, named("same"), LEAF_KEY)))
    assert lists(ROOT).find_path(replace(leaf, issuers=tuple(parse_certificate(der(each)) for each in many)), START) is None


def test_a_path_has_so_many_links_and_no_more():
    authority = ROOT
    for number in range(LINKS_MAX - 1):
        authority = authority.authority(f"level {number}")
    path = lists(ROOT).find_path(authority.client(), START)
    assert path is not None
    assert len(path.links) == LINKS_MAX
    assert lists(ROOT).find_path(authority.authority("one more").client(), START) is None


def test_issuers_beyond_the_bound_are_not_looked_at():
    leaf = ISSUING.client()
    others = tuple(parse_certificate(der(OTHER.authority(f"{number}").certificate)) for number in range(LINKS_MAX))
    assert lists(ROOT).find_path(replace(leaf, issuers=(*others[1:], *leaf.issuers)), START) is not None
    assert lists(ROOT).find_path(replace(leaf, issuers=(*others, *leaf.issuers)), START) is None


def test_an_endless_path_ends():
    authority = ROOT
    for number in range(LINKS_MAX + 1):
        authority = authority.authority(f"level {number}")
    assert lists(ROOT).find_path(authority.client(), START) is None
    loop = replace(ISSUING.client(), issuers=(parse_certificate(der(ISSUING.certificate)),) * 50)
    assert lists(OTHER).find_path(loop, START) is None


def test_an_anchor_of_two_lists_vouches_for_what_they_say_together():
    both = TrustLists([((ROOT.certificate,), frozenset({Vouches.QWAC})), ((ROOT.certificate,), frozenset({Vouches.QSEALC}))])
    path = both.find_path(ROOT.client(), START)
    assert path is not None
    assert path.vouches == {Vouches.QWAC, Vouches.QSEALC}


def test_the_nearest_authority_decides():
    """A bank that trusts a root for transport and one authority below it for seals lets in none of the seals' clients."""
    trust = TrustLists(
        [((ROOT.certificate,), frozenset({Vouches.TRANSPORT})), ((ISSUING.certificate,), frozenset({Vouches.QSEALC}))]
    )
    with pytest.raises(CertificateInvalid):
        check_client(ISSUING.client(), trust.find_path(ISSUING.client(), START))


def test_a_renewed_authority_stands_with_the_old_one():
    again = Authority.root("root")
    trust = lists(again, ROOT)
    for authority in (ROOT, again):
        path = trust.find_path(authority.client(), START)
        assert path is not None
        assert path.anchor == authority.certificate


class TestWhatForAnAuthorityVouches:
    def test_a_list_for_transport_vouches_for_any_client(self):
        leaf = ROOT.client(organisation=None)
        assert check_client(leaf, lists(ROOT).find_path(leaf, START))

    @pytest.mark.spec("ETSI-TS-119-495-5")
    def test_a_list_of_qwacs_vouches_for_these_only(self):
        trust = lists(ROOT, vouches={Vouches.QWAC})
        good = ROOT.client(extensions=[stating()])
        assert check_client(good, trust.find_path(good, START))
        for wrong in (
            ROOT.client(),
            ROOT.client(extensions=[stating("seal")]),
            ROOT.client(organisation=None, extensions=[stating()]),
            *(
                ROOT.client(organisation=name, extensions=[stating()])
                for name in (
                    "PSDGB-fca-123456",
                    "FCA-123456",
                    "PSDGB-FCA-",
                    "PSDGBX-FCA-1",
                    "PSDGB-TOOLONGNCA-1",
                    "PSDGB-FCA-1 2",
                )
            ),
        ):
            with pytest.raises(CertificateInvalid):
                check_client(wrong, trust.find_path(wrong, START))

    @pytest.mark.parametrize(
        "name", ["PSDES-BDE-3DFD21", "PSDDE-BAFIN-123456", "VATDE-123456789", "NTRGB-12345678", "LEIXG-5299"]
    )
    def test_organisations_are_named_by_any_of_the_schemes(self, name):
        good = ROOT.client(organisation=name, extensions=[stating()])
        assert check_client(good, lists(ROOT, vouches={Vouches.QWAC}).find_path(good, START))

    @pytest.mark.spec("ETSI-TS-119-612")
    def test_a_list_of_seals_admits_no_caller(self):
        trust = lists(ROOT, vouches={Vouches.QSEALC})
        for certificate in (ROOT.client(extensions=[stating("seal")]), ROOT.client(extensions=[stating()])):
            with pytest.raises(CertificateInvalid):
                check_client(certificate, trust.find_path(certificate, START))

    @pytest.mark.spec("ETSI-TS-119-612")
    def test_a_seal_needs_a_list_of_seals_and_to_be_one(self):
        seal, website = ROOT.client(extensions=[stating("seal")]), ROOT.client(extensions=[stating()])
        seals = lists(ROOT, vouches={Vouches.QSEALC})
        assert check_seal(seal, seals.find_path(seal, START))
        with pytest.raises(CertificateInvalid):
            check_seal(website, seals.find_path(website, START))
        with pytest.raises(CertificateInvalid):
            check_seal(seal, lists(ROOT, vouches={Vouches.QWAC, Vouches.TRANSPORT}).find_path(seal, START))
        with pytest.raises(CertificateInvalid):
            check_seal(seal, None)

    def test_a_certificate_without_a_known_authority_is_refused(self):
        with pytest.raises(CertificateInvalid, match="no configured list"):
            check_client(OTHER.client(), lists(ROOT).find_path(OTHER.client(), START))


def test_lists_are_pem_files_of_one_certificate_or_more(tmp_path):
    file = tmp_path / "list.pem"
    file.write_bytes(pem(ROOT.certificate) + pem(OTHER.certificate))
    assert load_certificates(file) == (ROOT.certificate, OTHER.certificate)
    for content in (b"", b"garbage", pem(ROOT.certificate)[:-40]):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r".*"):
            load_certificates(file)
    with pytest.raises(OSError, match=r".*"):
        load_certificates(tmp_path / "none.pem")


def test_a_verified_chain_as_tls_gives_it_has_the_anchor_in_it():
    leaf = shown(ISSUING.issue(), ISSUING)
    whole = replace(leaf, issuers=(*leaf.issuers, parse_certificate(der(ROOT.certificate))))
    path = lists(ROOT).find_path(whole, START)
    assert path is not None
    assert path.anchor == ROOT.certificate

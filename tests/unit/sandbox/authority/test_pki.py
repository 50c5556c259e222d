"""sandbox/authority/pki.py and sandbox/atomic_file.py: certificates that are in date whenever they are asked for, after any history."""

import contextlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from kernel.access import Role
from kernel.certificates.certificate import parse_certificate
from kernel.certificates.qualified import UNQUALIFIED, Purpose
from kernel.clock import ManualClock
from plugins.certificates.crl import judge_by_crl, parse_crl
from plugins.certificates.verdicts import Good, Revoked
from sandbox import atomic_file
from sandbox.authority import pki

ACME = pki.TransportSubject(
    software_id="soft1",
    organisation_name="Acme Ltd",
    organisation_id="PSDGB-FCA-123456",
    dns=("acme.tpp.test",),
    roles=("AISP", "PISP"),
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 10, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "pki"


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def key_of(path: Path) -> bytes:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def fits(certificate_path: Path, key_path: Path) -> bool:
    public = certificate(certificate_path).public_key()
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo) == key_of(key_path)


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_a_server_certificate_is_accepted_by_a_strict_verifier(folder, clock, kind):
    authority = pki.TestPki.open(folder, clock)
    identity = authority.ensure_server(kind=kind)
    for name in (x509.DNSName("localhost"), *(x509.IPAddress(pki.ip_address(text)) for text in ("127.0.0.1", "::1"))):
        store = Store([certificate(authority.ca_path)])
        verifier = PolicyBuilder().store(store).time(clock.wall()).build_server_verifier(name)
        assert len(verifier.verify(certificate(identity.certificate), [])) == 2
    assert fits(identity.certificate, identity.key)


@pytest.mark.spec("ETSI-TS-119-495-5.1")
@pytest.mark.spec("ETSI-EN-319-412-4-4")
def test_a_transport_certificate_names_software_and_organisation_for_client_authentication(folder, clock, tmp_path):
    pki.TestPki.open(folder, clock).ensure_transport(tmp_path / "t.pem", tmp_path / "t.key", ACME)
    issued = certificate(tmp_path / "t.pem")
    assert (
        issued.subject.rfc4514_string({x509.NameOID.ORGANIZATION_IDENTIFIER: "OI"})
        == "CN=soft1,OI=PSDGB-FCA-123456,O=Acme Ltd,C=GB"
    )
    usage = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    assert issued.not_valid_after_utc - clock.wall() == pki.LEAF_LIFETIME


@pytest.mark.spec("ETSI-TS-119-495-5.1")
@pytest.mark.spec("ETSI-EN-319-412-3-4")
def test_transport_and_seal_are_qualified_certificates_with_the_tpps_roles(folder, clock, tmp_path):
    """Read by our own reader, written by a library (sandbox/authority/qualified.py)."""
    authority = pki.TestPki.open(folder, clock)
    authority.ensure_transport(tmp_path / "t.pem", tmp_path / "t.key", ACME)
    authority.ensure_seal(tmp_path / "s.pem", tmp_path / "s.key", ACME)
    for name, purpose in (("t", Purpose.WEBSITE), ("s", Purpose.SEAL)):
        issued = certificate(tmp_path / f"{name}.pem")
        parsed = parse_certificate(issued.public_bytes(serialization.Encoding.DER))
        assert parsed.organisation_id == ACME.organisation_id
        assert parsed.qualified.compliant
        assert parsed.qualified.purposes == {purpose}
        assert parsed.qualified.provider is not None
        assert parsed.qualified.provider.opens() == {Role.AISP, Role.PISP}
        assert parsed.qualified.provider.authority_id == "GB-FCA"
    seal = certificate(tmp_path / "s.pem")
    assert fits(tmp_path / "s.pem", tmp_path / "s.key")
    assert seal.extensions.get_extension_for_class(x509.KeyUsage).value.content_commitment
    with pytest.raises(x509.ExtensionNotFound):
        seal.extensions.get_extension_for_class(x509.ExtendedKeyUsage)


def test_other_roles_are_another_certificate(folder, clock, tmp_path):
    paths = (tmp_path / "t.pem", tmp_path / "t.key")
    authority = pki.TestPki.open(folder, clock)
    authority.ensure_transport(*paths, ACME)
    assert not authority.ensure_transport(*paths, ACME)
    for roles in (("AISP",), ()):
        assert authority.ensure_transport(*paths, replace(ACME, roles=roles))
    assert parse_certificate(certificate(paths[0]).public_bytes(serialization.Encoding.DER)).qualified == UNQUALIFIED


class TestRevocation:
    @pytest.fixture
    def paths(self, tmp_path):
        return (tmp_path / "t.pem", tmp_path / "t.key")

    def judged(self, authority, path, clock):
        crl = parse_crl(authority.crl_path.read_bytes())
        return judge_by_crl(crl, certificate(path), certificate(authority.ca_path), clock.wall())

    def test_a_list_is_there_from_the_start_and_revokes_no_certificate(self, folder, clock, paths):
        authority = pki.TestPki.open(folder, clock)
        authority.ensure_transport(*paths, ACME)
        assert isinstance(self.judged(authority, paths[0], clock), Good)

    @pytest.mark.spec("RFC5280-5")
    def test_what_is_revoked_stays_so_and_is_issued_again(self, folder, clock, paths, tmp_path):
        authority = pki.TestPki.open(folder, clock)
        authority.ensure_transport(*paths, ACME)
        old = tmp_path / "old.pem"
        old.write_bytes(paths[0].read_bytes())
        for _ in range(2):
            assert authority.revoke(paths[0]) == certificate(paths[0])
        assert isinstance(self.judged(authority, old, clock), Revoked)
        clock.advance(timedelta(days=6))
        again = pki.TestPki.open(folder, clock)
        assert again.ensure_transport(*paths, ACME)
        assert isinstance(self.judged(again, old, clock), Revoked)
        assert isinstance(self.judged(again, paths[0], clock), Good)
        assert len(list(parse_crl(again.crl_path.read_bytes()))) == 1

    @pytest.mark.parametrize("content", [None, b"garbage", "foreign"])
    def test_a_list_of_another_hand_is_made_again(self, folder, clock, paths, tmp_path, content):
        authority = pki.TestPki.open(folder, clock)
        if content == "foreign":
            content = pki.TestPki.open(tmp_path / "another", clock).crl_path.read_bytes()
        authority.crl_path.unlink()
        if content is not None:
            authority.crl_path.write_bytes(content)
        authority = pki.TestPki.open(folder, clock)
        authority.ensure_transport(*paths, ACME)
        assert isinstance(self.judged(authority, paths[0], clock), Good)

    def test_revocations_at_the_same_time_are_all_kept(self, folder, clock, tmp_path):
        authority = pki.TestPki.open(folder, clock)
        files = [tmp_path / f"{number}.pem" for number in range(8)]
        for file in files:
            file.write_bytes(authority.issue_transport(ACME, pki.generate_key()))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(authority.revoke, files))
        assert all(isinstance(self.judged(authority, file, clock), Revoked) for file in files)


def test_keys_are_readable_by_their_owner_only(folder, clock, tmp_path):
    authority = pki.TestPki.open(folder, clock)
    authority.ensure_server()
    authority.ensure_transport(tmp_path / "t.pem", tmp_path / "t.key", ACME)
    for key in (folder / "ca.key", folder / "server.key", tmp_path / "t.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_opening_and_asking_again_changes_nothing(folder, clock, tmp_path):
    paths = (tmp_path / "t.pem", tmp_path / "t.key")
    authority = pki.TestPki.open(folder, clock)
    assert authority.ensure_transport(*paths, ACME)
    identity = authority.ensure_server()
    before = [path.read_bytes() for path in (*paths, identity.certificate, identity.key, authority.ca_path)]
    again = pki.TestPki.open(folder, clock)
    assert not again.ensure_transport(*paths, ACME)
    again.ensure_server()
    assert [path.read_bytes() for path in (*paths, identity.certificate, identity.key, authority.ca_path)] == before


@pytest.mark.parametrize(("days", "is_renewed"), [(59, False), (61, True), (365, True)])
def test_a_certificate_is_renewed_under_its_key_when_a_third_of_its_life_is_left(folder, clock, tmp_path, days, is_renewed):
    paths = (tmp_path / "t.pem", tmp_path / "t.key")
    pki.TestPki.open(folder, clock).ensure_transport(*paths, ACME)
    before = key_of(paths[1])
    clock.advance(timedelta(days=days))
    assert pki.TestPki.open(folder, clock).ensure_transport(*paths, ACME) is is_renewed
    assert key_of(paths[1]) == before
    assert certificate(paths[0]).not_valid_after_utc > clock.wall() + pki.LEAF_LIFETIME / 4


def test_a_renewed_authority_still_vouches_for_what_it_issued_before(folder, clock, tmp_path):
    clock.advance(pki.CA_LIFETIME / 2)
    authority = pki.TestPki.open(folder, clock)
    authority.ensure_transport(tmp_path / "t.pem", tmp_path / "t.key", ACME)
    old = authority.ca_path.read_bytes()
    clock.advance(pki.CA_LIFETIME * 0.7)
    renewed = certificate(pki.TestPki.open(folder, clock).ca_path)
    assert renewed != x509.load_pem_x509_certificate(old)
    certificate(tmp_path / "t.pem").verify_directly_issued_by(renewed)


def test_a_certificate_from_the_future_is_replaced(folder, clock, tmp_path):
    """Somebody's machine had the wrong year once."""
    paths = (tmp_path / "t.pem", tmp_path / "t.key")
    pki.TestPki.open(folder, clock).ensure_transport(*paths, ACME)
    clock.advance(-timedelta(days=400))
    assert pki.TestPki.open(folder, clock).ensure_transport(*paths, ACME)
    assert certificate(paths[0]).not_valid_before_utc < clock.wall()


def test_another_name_another_authority_or_another_key_is_issued_again(folder, clock, tmp_path):
    paths = (tmp_path / "t.pem", tmp_path / "t.key")
    authority = pki.TestPki.open(folder, clock)
    authority.ensure_transport(*paths, ACME)
    other = pki.TransportSubject(software_id="soft2", organisation_name="Acme Ltd", organisation_id="PSDGB-FCA-123456")
    assert authority.ensure_transport(*paths, other)
    assert pki.TestPki.open(tmp_path / "another", clock).ensure_transport(*paths, other)
    paths[1].unlink()
    assert authority.ensure_transport(*paths, other)
    assert fits(*paths)


def test_server_names_follow_the_configuration(folder, clock):
    authority = pki.TestPki.open(folder, clock)
    authority.ensure_server()
    identity = authority.ensure_server(("bank.example", "192.0.2.1"))
    names = certificate(identity.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bank.example"]


class Killed(BaseException):
    """The process ends here."""


def kill_at(monkeypatch, count: int) -> None:
    """End at the `count`-th step of writing files: before each open, each fsync and each rename."""
    steps = iter(range(1, 1000))

    def dying(real):
        def step(*args, **kwargs):
            if next(steps) == count:
                raise Killed
            return real(*args, **kwargs)

        return step

    for owner, name in ((os, "open"), (os, "fsync"), (Path, "replace")):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))


@pytest.mark.parametrize("count", range(1, 30))
def test_killed_at_any_step_it_starts_again_with_pairs_that_fit(folder, clock, tmp_path, monkeypatch, count):
    paths = (tmp_path / "t.pem", tmp_path / "t.key")

    def start() -> pki.TlsIdentity:
        authority = pki.TestPki.open(folder, clock)
        authority.ensure_transport(*paths, ACME)
        return authority.ensure_server()

    start()
    paths[1].unlink()
    clock.advance(timedelta(days=3000))
    with monkeypatch.context() as patched:
        kill_at(patched, count)
        with contextlib.suppress(Killed):
            start()
    identity = start()
    assert fits(*paths)
    assert fits(identity.certificate, identity.key)
    certificate(paths[0]).verify_directly_issued_by(certificate(folder / "ca.pem"))


def test_a_leftover_of_a_killed_writer_is_overwritten_and_a_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    (tmp_path / ".file.new").symlink_to(target)
    atomic_file.write_atomically(tmp_path / "file", b"content", mode=atomic_file.SECRET)
    assert (tmp_path / "file").read_bytes() == b"content"
    assert not target.exists()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600

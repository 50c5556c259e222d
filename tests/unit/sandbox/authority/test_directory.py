"""sandbox/authority/directory.py: statements, keys and certificates of test TPPs."""

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from kernel.certificates.certificate import parse_certificate
from kernel.clock import ManualClock
from kernel.errors import FieldInvalid
from kernel.ids import SeededIds
from sandbox.authority import directory, pki

ROLES = ("AISP", "PISP")
REDIRECTS = ("https://acme.tpp.test/callback",)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 23, 10, tzinfo=UTC))


@pytest.fixture
def registry(tmp_path, clock) -> directory.Directory:
    return directory.Directory.open(tmp_path / "pki", pki.TestPki.open(tmp_path / "pki", clock), clock, SeededIds("directory"))


def read_statement(registry: directory.Directory, statement: str) -> tuple[dict, dict]:
    """Verified by another implementation than the one that signed: joserfc with nothing of ours around it."""
    (jwk,) = registry.jwks()["keys"]
    verified = jws.deserialize_compact(statement, ECKey.import_key(jwk), algorithms=["ES256"])
    return verified.headers(), json.loads(verified.payload)


@pytest.mark.spec("OBIE-DCR-3.3")
def test_a_statement_says_who_the_software_is_and_verifies_with_the_published_key(registry, tmp_path, clock):
    enrolment = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    header, claims = read_statement(registry, enrolment.software_statement)
    assert (header["alg"], header["typ"], header["kid"]) == ("ES256", "JWT", registry.jwks()["keys"][0]["kid"])
    assert claims["iss"] == directory.ISSUER
    assert claims["iat"] == int(clock.wall().timestamp())
    assert claims["software_id"] == enrolment.software_id
    assert claims["software_roles"] == list(ROLES)
    assert claims["software_redirect_uris"] == list(REDIRECTS)
    assert (claims["software_mode"], claims["org_status"], claims["org_id"]) == ("Test", "Active", enrolment.organisation_id)
    assert claims["software_jwks"] == enrolment.public_jwks
    assert claims["organisation_competent_authority_claims"]["authorisations"] == [{"member_state": "GB", "roles": list(ROLES)}]
    assert "exp" not in claims
    assert len(claims["software_id"]) == 22
    assert claims["software_id"].isalnum()


def test_only_public_keys_leave(registry, tmp_path):
    enrolment = registry.enrol("acme", ROLES, REDIRECTS, "PS256", tmp_path / "acme")
    private = {"d", "p", "q", "dp", "dq", "qi", "k"}
    for jwk in (*registry.jwks()["keys"], *enrolment.public_jwks["keys"]):
        assert not private & set(jwk)


@pytest.mark.parametrize(("alg", "kind"), [("PS256", RSAKey), ("ES256", ECKey), ("EdDSA", OKPKey)])
def test_the_signing_key_is_private_whole_and_of_its_algorithm(registry, tmp_path, alg, kind):
    enrolment = registry.enrol("acme", ROLES, REDIRECTS, alg, tmp_path / "acme")
    (jwk,) = json.loads(enrolment.signing_jwks.read_text())["keys"]
    assert (jwk["alg"], jwk["use"], jwk["kid"]) == (alg, "sig", enrolment.signing_kid)
    assert kind.import_key(jwk).is_private
    assert stat.S_IMODE(enrolment.signing_jwks.stat().st_mode) == 0o600


def test_the_transport_certificate_and_the_statement_name_the_same_organisation(registry, tmp_path):
    import ssl

    enrolment = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    certificate = parse_certificate(ssl.PEM_cert_to_DER_cert(enrolment.transport_certificate.read_text()))
    assert certificate.organisation_id == enrolment.organisation_id
    assert f"CN={enrolment.software_id}," in certificate.subject_dn


def test_enrolling_again_keeps_everything(registry, tmp_path):
    first = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    files = {path.name: path.read_bytes() for path in (tmp_path / "acme").iterdir()}
    assert registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme") == first
    assert {path.name: path.read_bytes() for path in (tmp_path / "acme").iterdir()} == files


def test_changed_roles_get_a_new_statement_of_the_same_software(registry, tmp_path):
    first = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    second = registry.enrol("acme", ("CBPII",), REDIRECTS, "ES256", tmp_path / "acme")
    assert second.software_id == first.software_id
    assert second.signing_kid == first.signing_kid
    assert read_statement(registry, second.software_statement)[1]["software_roles"] == ["CBPII"]


def test_a_year_later_everything_is_in_date_and_the_same_software(registry, tmp_path, clock):
    first = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    clock.advance(timedelta(days=365))
    later = directory.Directory.open(tmp_path / "pki", pki.TestPki.open(tmp_path / "pki", clock), clock, SeededIds("other"))
    assert later.renew(first)
    second = later.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    assert (second.software_id, second.organisation_id, second.signing_kid) == (
        first.software_id,
        first.organisation_id,
        first.signing_kid,
    )


def test_two_tpps_share_nothing(registry, tmp_path):
    one = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    two = registry.enrol("borough", ROLES, REDIRECTS, "ES256", tmp_path / "borough")
    assert one.organisation_id != two.organisation_id
    assert one.software_id != two.software_id
    assert one.signing_kid != two.signing_kid


def test_a_foreign_or_broken_statement_is_not_believed(registry, tmp_path):
    first = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
    for foreign in ("garbage", first.software_statement[:-4] + "AAAA"):
        first.statement_path.write_text(foreign)
        again = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme")
        assert again.software_id != first.software_id


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "Acme", "-acme", "acme-", "a" * 41, "acme\n", "ä", "."])
def test_refuses_a_name_that_could_be_a_path(registry, tmp_path, name):
    with pytest.raises(FieldInvalid):
        registry.enrol(name, ROLES, REDIRECTS, "ES256", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "redirects",
    [
        (),
        ("http://acme.example/cb",),
        ("javascript:alert(1)",),
        ("https://acme.example/cb#x",),
        ("https://acme.example/c b",),
        ("http://localhost.evil.example/",),
        ("https://a.example/" + "a" * 256,),
    ],
)
def test_refuses_addresses_that_no_code_should_be_sent_to(registry, tmp_path, redirects):
    with pytest.raises(FieldInvalid):
        registry.enrol("acme", ROLES, redirects, "ES256", tmp_path / "acme")


def test_accepts_loopback_addresses_for_development(registry, tmp_path):
    registry.enrol("acme", ROLES, ("http://127.0.0.1:9999/cb", "http://localhost/cb"), "ES256", tmp_path / "acme")


@pytest.mark.parametrize("roles", [(), ("AISP", "AISP")])
def test_refuses_no_role_and_a_role_twice(registry, tmp_path, roles):
    with pytest.raises(FieldInvalid):
        registry.enrol("acme", roles, REDIRECTS, "ES256", tmp_path / "acme")


@pytest.mark.parametrize(("kind", "key"), [("EC", ec.EllipticCurvePublicKey), ("RSA", rsa.RSAPublicKey)])
def test_a_tpps_transport_key_is_of_the_kind_that_was_asked_for(registry, tmp_path, kind, key):
    """And of the other from the next enrolment that asks for it."""
    other = {"EC": "RSA", "RSA": "EC"}[kind]
    registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme", transport_kind=other)
    enrolment = registry.enrol("acme", ROLES, REDIRECTS, "ES256", tmp_path / "acme", transport_kind=kind)
    certificate = x509.load_pem_x509_certificate(enrolment.transport_certificate.read_bytes())
    assert isinstance(certificate.public_key(), key)
    private = serialization.load_pem_private_key(enrolment.transport_key.read_bytes(), None)
    assert private.public_key() == certificate.public_key()

"""Client authentication by certificate alone (RFC 8705 section 2.1), and what FAPI 1.0 clients may name as audience."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consent.authorization.clients.registry import register_client
from consent.authorization.offer.profiles import SecurityProfile
from kernel.certificates.certificate import Certificate, parse_certificate
from kernel.errors import (
    CertificateBlocked,
    CertificateInvalid,
    CertificateRevoked,
    CertificateUnchecked,
    FieldInvalid,
    FieldMissing,
)
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND, START
from tests.world.keys import KEYS
from tests.world.tpp import Tpp

INVALID = (401, "invalid_client")
SUBJECT = "CN=software-1,organizationIdentifier=org-tess,O=Tess Ltd,C=GB"
HEX_UTF8 = "0c08" + b"org-tess".hex()  # RFC 4514 section 2.4: the DER of the value
HEX_BMP = "1e10" + "Tess Ltd".encode("utf-16-be").hex()
KEY = ec.generate_private_key(ec.SECP256R1())
NAMES = [
    x509.DNSName("api.tess.example"),
    x509.UniformResourceIdentifier("https://tess.example/software-1"),
    x509.RFC822Name("tess@tess.example"),
]


def made(common_name: str = "software-1", *, organisation: str = "org-tess", expired: bool = False) -> Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "GB"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tess Ltd"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(7)
    end = START - timedelta(seconds=1) if expired else START + timedelta(days=30)
    builder = builder.not_valid_before(START - timedelta(days=1)).not_valid_after(end)
    builder = builder.add_extension(x509.SubjectAlternativeName(NAMES), critical=False)
    certificate = builder.sign(KEY, hashes.SHA256())
    return parse_certificate(certificate.public_bytes(serialization.Encoding.DER))


async def register(oauth: AuthorizationWorld, **changes: Any) -> Tpp:
    facts = {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": SUBJECT, **changes}
    return await oauth.register("tess", KEYS["borough-1"], **facts)


async def ask(oauth: AuthorizationWorld, tpp: Tpp, presented: Certificate | None, **form: str) -> Any:
    sent = {"grant_type": "client_credentials", "client_id": tpp.client.id, **form}
    return await oauth.call("POST", "/token", form=sent, presented=presented)


@pytest.mark.spec("RFC8705-2.1")
@pytest.mark.parametrize(
    "named",
    [
        {},
        {"tls_client_auth_subject_dn": SUBJECT.replace(",", ", ").replace("organizationIdentifier", "2.5.4.97")},
        {"tls_client_auth_subject_dn": f"CN=software-1,2.5.4.97=#{HEX_UTF8},O=Tess Ltd,C=GB"},
        {"tls_client_auth_subject_dn": f"CN=software-1, organizationIdentifier=#{HEX_UTF8.upper()}, O=#{HEX_BMP}, C=GB"},
        {"tls_client_auth_subject_dn": None, "tls_client_auth_san_dns": "API.tess.example"},
        {"tls_client_auth_subject_dn": None, "tls_client_auth_san_uri": "https://tess.example/software-1"},
        {"tls_client_auth_subject_dn": None, "tls_client_auth_san_email": "tess@tess.example"},
    ],
    ids=["subject", "subject spelt otherwise", "subject with hex", "subject with more hex", "dns", "uri", "email"],
)
@pytest.mark.spec("RFC2253", "RFC5280-7.1")
async def test_the_certificate_that_names_the_client_is_enough(oauth: AuthorizationWorld, named: dict[str, Any]):
    tess = await register(oauth, **named)
    answer = await ask(oauth, tess, made())
    assert answer.status == 200, answer.text


@pytest.mark.spec("RFC8705-2.1")
async def test_any_other_certificate_is_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    tess = await register(oauth)
    cases = {
        "none": None,
        "another software's": made("software-2"),
        "another organisation's": made(organisation="org-other"),
        "expired": made(expired=True),
    }
    for name, presented in cases.items():
        with subtests.test(name):
            assert (await ask(oauth, tess, presented)).error == INVALID
    assert (await ask(oauth, tess, made(), client_secret="secret")).error == INVALID
    by_host = await register(oauth, tls_client_auth_subject_dn=None, tls_client_auth_san_dns="api.tess.example")
    form = {**by_host.request_of(None), "token": "any"}
    for path in (
        "/par",
        "/introspect",
        "/revoke",
    ):  # the name is right and the organisation is not: no key is bound that would tell
        assert (await oauth.call("POST", path, form=form, presented=made(organisation="org-other"))).error == INVALID
    assert (await ask(oauth, oauth.acme, made())).error == INVALID  # registered for assertions
    assertion = tess.assertion()
    assert (await oauth.token(tess, "client_credentials", client_assertion=assertion, presented=made())).error == INVALID


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (CertificateRevoked, INVALID),
        (CertificateBlocked, INVALID),
        (CertificateInvalid, INVALID),
        (CertificateUnchecked, (503, "temporarily_unavailable")),
    ],
)
async def test_a_certificate_that_does_not_stand_any_more_is_refused(oauth: AuthorizationWorld, refusal: Any, error: Any):
    """At every endpoint, also where nothing is bound to it."""
    tess, presented = await register(oauth), made()
    oauth.services.certificate_status.refused[presented.thumbprint] = refusal
    assert (await ask(oauth, tess, presented)).error == error
    pushed = await oauth.call("POST", "/par", form={"client_id": tess.client.id}, presented=presented)
    assert pushed.error == error


async def test_a_registration_names_exactly_one_subject(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    wrong: dict[str, tuple[type[Exception], dict[str, Any]]] = {
        "none": (FieldMissing, {"tls_client_auth_subject_dn": None}),
        "two": (FieldInvalid, {"tls_client_auth_san_dns": "api.tess.example"}),
        "for another method": (FieldInvalid, {"token_endpoint_auth_method": "private_key_jwt"}),
        "no name at all": (FieldInvalid, {"tls_client_auth_subject_dn": "software-1"}),
        "endless": (FieldInvalid, {"tls_client_auth_subject_dn": f"CN={'a' * 2000}"}),
        "no address": (FieldInvalid, {"tls_client_auth_subject_dn": None, "tls_client_auth_san_ip": "tess.example"}),
    }
    for name, (refusal, changes) in wrong.items():
        facts = {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": SUBJECT, **changes}
        with subtests.test(name), pytest.raises(refusal):
            await register_client(oauth.services, BRAND, oauth.metadata("tess", KEYS["borough-1"], **facts))


@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-14")
async def test_an_assertion_of_a_fapi_1_client_may_name_the_endpoint_or_several(
    oauth: AuthorizationWorld, subtests: pytest.Subtests
):
    """What FAPI 2.0 forbids, FAPI 1.0 clients do; a foreign audience is refused."""
    tpp = await oauth.register("older", KEYS["borough-1"], security_profile=SecurityProfile.FAPI1_ADVANCED)
    token = f"{BRAND.mtls_url}/token"
    cases: dict[str, tuple[Any, int]] = {
        "issuer": (BRAND.issuer, 200),
        "alias": (token, 200),
        "public": (f"{BRAND.issuer}/token", 200),
        "both": ([BRAND.issuer, token], 200),
        "another endpoint": (f"{BRAND.issuer}/revoke", 401),
        "foreign": ("https://another.example/token", 401),
        "list of foreign": (["https://another.example"], 401),
        "empty": ([], 401),
        "numbers": ([7], 401),
    }
    for name, (audience, status) in cases.items():
        with subtests.test(name):
            assertion = tpp.assertion(aud=audience)
            assert (await oauth.token(tpp, "client_credentials", client_assertion=assertion)).status == status


@pytest.mark.spec("RFC4514-2.4")
async def test_hex_is_an_encoded_value_and_no_text(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Behind an escape it is text; what is no DER of a string is refused when it is registered."""
    tess = await register(oauth, tls_client_auth_subject_dn=f"CN=software-1,2.5.4.97=\\#{HEX_UTF8},O=Tess Ltd,C=GB")
    assert (await ask(oauth, tess, made())).error == INVALID
    tess = await oauth.register_again(
        tess,
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn=f"CN=software-1,2.5.4.97=#{HEX_UTF8},O=Tess Ltd,C=GB",
    )
    assert (await ask(oauth, tess, made(organisation="#" + HEX_UTF8))).error == INVALID
    for value in ("#", "#0", "#0c0", "#0c09" + b"org-tess".hex(), HEX_UTF8.join(("#", "00")), "#0201ff", "#0c01ff", "#zz"):
        with subtests.test(value), pytest.raises(FieldInvalid):
            await register(oauth, tls_client_auth_subject_dn=f"CN=software-1,2.5.4.97={value},O=Tess Ltd,C=GB")
    with subtests.test("ends within an escape"), pytest.raises(FieldInvalid):
        await register(oauth, tls_client_auth_subject_dn="CN=software-1\\")

"""A TPP's certificate is revoked, and another of the same organisation takes its place: refused at once, and nothing lost."""

import json
import ssl
import uuid

import pytest

from kernel.certificates.certificate import parse_certificate
from kernel.certificates.qualified import Purpose
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from tests.harness.judged import JudgedTpp
from tests.journeys.scene import CONSENTS, PRESENT

READ = Knobs(headers=PRESENT)


@pytest.fixture
async def kestrel(acme, server):
    """A TPP of the test's own: what happens to its certificates troubles no other test."""
    name = f"kestrel-{uuid.uuid4().hex[:8]}"
    made = await acme.control("/tpps", {"name": name})
    assert made.status == 200, made.body
    async with JudgedTpp.of(server, name) as tpp:
        yield tpp


@pytest.mark.spec("RFC5280-6.3")
async def test_a_revoked_certificate_is_refused_on_the_next_call_and_a_renewed_one_goes_on(kestrel, acme, books):
    name, mtls = kestrel.folder.name, kestrel.folder.mtls
    grant = await kestrel.granted()
    assert (await kestrel.get("/accounts", grant.token, knobs=READ)).status == 200
    revoked = await acme.control(f"/tpps/{name}/revoke", {})
    assert revoked.status == 200, revoked.body

    before = await books.watched()
    refused = await kestrel.get("/accounts", grant.token, knobs=READ)
    assert (refused.status, refused.body, refused.header("WWW-Authenticate")) == (401, b"", "Bearer")
    headers = {"Authorization": f"Bearer {grant.token}", "X-Request-ID": str(uuid.uuid4()), "Consent-ID": grant.consent_id}
    berlin = await kestrel.wire.call("GET", f"{mtls}/psd2/v1/accounts/any", certificate="own", headers=headers)
    assert berlin.status == 401
    assert [message["code"] for message in berlin.json()["tppMessages"]] == ["CERTIFICATE_REVOKE"]
    plain = await kestrel.wire.call("GET", f"{mtls}/whoami", certificate="own", headers=headers)
    assert (plain.status, plain.json()["error"]) == (401, "certificate_revoked")
    with pytest.raises(Refused, match="invalid_request"):
        await kestrel.refresh(grant.tokens.refresh_token)
    await books.check_nothing_written(before)
    assert await acme.client_credentials_token(), "another TPP of the same authority is not concerned"

    assert (await acme.control(f"/tpps/{name}/renew", {})).status == 200
    assert (await kestrel.get("/accounts", grant.token, knobs=READ)).status == 401  # bound to the certificate that is gone
    tokens = await kestrel.refresh(grant.tokens.refresh_token)
    assert (await kestrel.get("/accounts", tokens.access_token, knobs=READ)).status == 200
    kept = await kestrel.get(f"{CONSENTS}/{grant.consent_id}", await kestrel.client_credentials_token())
    assert kept.json()["Data"]["Status"] == "AUTH"


async def test_a_renewal_without_a_revocation_lets_both_certificates_work(kestrel, acme, tmp_path):
    """As certificates are changed in practice: the new one is there before the old one ends."""
    grant = await kestrel.granted()
    old = type(kestrel.folder.transport)(tmp_path / "old.pem", tmp_path / "old.key")
    old.certificate.write_bytes(kestrel.folder.transport.certificate.read_bytes())
    old.key.write_bytes(kestrel.folder.transport.key.read_bytes())
    assert (await acme.control(f"/tpps/{kestrel.folder.name}/renew", {})).status == 200
    assert old.certificate.read_bytes() != kestrel.folder.transport.certificate.read_bytes()
    assert (await kestrel.get("/accounts", grant.token, knobs=Knobs(headers=PRESENT, certificate=old))).status == 200
    tokens = await kestrel.refresh(grant.tokens.refresh_token)
    assert (await kestrel.get("/accounts", tokens.access_token, knobs=READ)).status == 200


async def test_a_tpp_has_a_qwac_and_a_qseal_certificate(kestrel, server):
    folder = server.state_dir / "tpps" / kestrel.folder.name
    client = json.loads((folder / "client.json").read_text())
    for key, purpose in (("transport_certificate", Purpose.WEBSITE), ("seal_certificate", Purpose.SEAL)):
        certificate = parse_certificate(ssl.PEM_cert_to_DER_cert((folder / client[key]).read_text()))
        assert certificate.organisation_id == client["organisation_id"]
        assert certificate.qualified.purposes == {purpose}
        assert (folder / client[key.replace("certificate", "key")]).stat().st_mode & 0o077 == 0


async def test_an_unknown_tpp_is_neither_revoked_nor_renewed(acme):
    for name in ("stranger", "..%2Facme", "ACME"):
        for verb in ("revoke", "renew"):
            assert (await acme.control(f"/tpps/{name}/{verb}", {})).status == 400

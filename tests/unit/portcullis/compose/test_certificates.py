"""portcullis/compose/certificates.py: trust lists, sources and rules as the configuration says, and what is counted."""

import pytest
from aiohttp import web

from kernel.certificates.trust_lists import Vouches
from kernel.clock import ManualClock
from kernel.config import ConfigurationRefused
from kernel.errors import CertificateBlocked, CertificateInvalid, CertificateRevoked, CertificateUnchecked
from kernel.ids import SeededIds
from kernel.observability.telemetry import Telemetry
from plugins.certificates import SOURCES
from plugins.certificates.standing import Revocation
from portcullis.compose.certificates import client_anchors, lists_of, load_trust, open_certificates
from portcullis.settings.certificates import CertificateSettings, TrustListSettings
from portcullis.settings.schema import Settings, TlsSettings
from tests.harness.authorities import START, Answers, Authority, answered_at, der, pem, pointing_at, shown, stating
from tests.harness.site import served

ANY, QUALIFIED = Authority.root("any"), Authority.root("qualified")


@pytest.fixture
def tls(tmp_path):
    for name, authority in (("any", ANY), ("qwac", QUALIFIED), ("qsealc", QUALIFIED)):
        (tmp_path / f"{name}.pem").write_bytes(pem(authority.certificate))
    lists = tuple(
        TrustListSettings(file=tmp_path / f"{kind}.pem", vouches_for=(kind,)) for kind in (Vouches.QWAC, Vouches.QSEALC)
    )
    return TlsSettings(
        certificate=tmp_path / "c", private_key=tmp_path / "k", client_authorities=tmp_path / "any.pem", trust_lists=lists
    )


def opened(settings, trust, telemetry=None):
    return open_certificates(
        Settings(certificates=settings), trust, ManualClock(START), SeededIds("ids"), telemetry or Telemetry()
    )


def test_client_authorities_vouch_for_any_client_and_lists_for_what_they_say(tls, tmp_path):
    assert [vouches for _, vouches in lists_of(tls)] == [{Vouches.TRANSPORT}, {Vouches.QWAC}, {Vouches.QSEALC}]
    assert client_anchors(tls) == [tmp_path / "any.pem", tmp_path / "qwac.pem"]


async def test_each_list_lets_in_its_own_kind(tls):
    async with opened(CertificateSettings(), load_trust(tls)) as certificates:
        await certificates.standing.check(ANY.client())
        await certificates.standing.check(QUALIFIED.client(extensions=[stating()]))
        with pytest.raises(CertificateInvalid):
            await certificates.standing.check(QUALIFIED.client())


async def test_a_replaced_list_counts_at_once_after_a_reload(tls, tmp_path):
    leaf, crl = ANY.client(), tmp_path / "list.crl"
    crl.write_bytes(pem(ANY.crl()))
    async with opened(CertificateSettings(crl_files=(crl,), revocation=Revocation.HARD), load_trust(tls)) as certificates:
        await certificates.standing.check(leaf)
        crl.unlink()
        crl.write_bytes(pem(ANY.crl([certificates.standing._trust.find_path(leaf, START).links[0]])))
        await certificates.standing.check(leaf)
        await certificates.reload()
        with pytest.raises(CertificateRevoked):
            await certificates.standing.check(leaf)


async def test_the_authority_that_a_certificate_names_is_asked_where_the_settings_allow_its_host(tls):
    """A responder that answers, then a list when the responder is gone: over real connections, by the configured hosts alone."""
    async with served() as site:
        urls = {"ocsp": f"http://127.0.0.1:{site.port}/ocsp", "crl": f"http://127.0.0.1:{site.port}/list"}
        leaf = ANY.issue(extensions=[answered_at(urls["ocsp"]), pointing_at(urls["crl"])])
        answers = {"/ocsp": Answers(leaf, ANY).render(), "/list": der(ANY.crl([leaf]))}

        async def answer(request):
            body = answers.get(request.path)
            return web.Response(body=body) if body else web.Response(status=404)

        site.stream = answer
        settings = Settings(
            certificates=CertificateSettings(revocation=Revocation.HARD),
            outbound_hosts=(f"127.0.0.1:{site.port}",),
            outbound_only=True,
        )
        async with open_certificates(
            settings, load_trust(tls), ManualClock(START), SeededIds("ids"), Telemetry()
        ) as certificates:
            await certificates.standing.check(shown(leaf, ANY))
            assert site.asked == {"/ocsp": 1}
            del answers["/ocsp"]
            certificates.standing.forget()
            with pytest.raises(CertificateRevoked):
                await certificates.standing.check(shown(leaf, ANY))
        assert site.asked == {"/ocsp": 2, "/list": 1}
        other_place = Settings(certificates=CertificateSettings(revocation=Revocation.HARD))
        async with open_certificates(
            other_place, load_trust(tls), ManualClock(START), SeededIds("ids"), Telemetry()
        ) as certificates:
            with pytest.raises(CertificateUnchecked):
                await certificates.standing.check(shown(leaf, ANY))


async def test_rules_are_those_of_the_configuration(tls):
    leaf = ANY.client()
    settings = CertificateSettings(blocked_thumbprints=(leaf.thumbprint,), revocation=Revocation.HARD)
    async with opened(settings, load_trust(tls)) as certificates:
        with pytest.raises(CertificateBlocked):
            await certificates.standing.check(leaf)
        with pytest.raises(CertificateInvalid, match="names no source"):
            await certificates.standing.check(ANY.client("another"))


async def test_who_was_let_in_unchecked_is_counted(tls):
    telemetry = Telemetry()
    async with opened(CertificateSettings(), load_trust(tls), telemetry) as certificates:
        await certificates.standing.check(ANY.client())
        stated = telemetry.render().decode()
    assert "portcullis_certificates_accepted_unchecked 1.0" in stated
    assert "portcullis_revocation_unanswered 0.0" in stated


def test_every_source_there_is_can_be_named():
    assert CertificateSettings().sources == tuple(source.name for source in SOURCES)


async def test_files_that_cannot_be_used_refuse_to_boot(tls, tmp_path):
    (tmp_path / "any.pem").write_bytes(b"garbage")
    with pytest.raises(ConfigurationRefused, match=r"^tls: .*any\.pem"):
        load_trust(tls)
    for content in (None, b"garbage"):
        crl = tmp_path / "none.crl"
        if content is not None:
            crl.write_bytes(content)
        with pytest.raises(ConfigurationRefused, match=r"^certificates\.crl_files: .*none\.crl"):
            async with opened(CertificateSettings(crl_files=(crl,)), load_trust(TlsSettings(certificate=crl, private_key=crl))):
                pass

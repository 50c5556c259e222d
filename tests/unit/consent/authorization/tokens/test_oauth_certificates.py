"""The certificate that a token may be bound to."""

from dataclasses import replace

import pytest

from kernel.errors import CertificateBlocked, CertificateInvalid, CertificateRevoked, CertificateUnchecked
from tests.world.certificates import certificate


@pytest.mark.spec("RTS-34")
async def test_refuses_another_organisations_certificate(oauth):
    """A certificate identifies its organisation: a TPP that acts over another's would be taken for it."""
    own = replace(certificate("own"), organisation_id=oauth.acme.client.organisation_id)
    foreign = replace(certificate("foreign"), organisation_id="PSDGB-FCA-000000")
    code = await oauth.code(oauth.acme)
    assert (await oauth.token(oauth.acme, "client_credentials", scope="accounts", presented=foreign)).error == (
        400,
        "invalid_request",
    )
    assert (await oauth.redeem(oauth.acme, code, presented=foreign)).error == (400, "invalid_request")
    tokens = (await oauth.redeem(oauth.acme, code, presented=own)).json
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert (await oauth.token(oauth.acme, "refresh_token", presented=foreign, **refresh)).error == (400, "invalid_request")
    assert (await oauth.token(oauth.acme, "refresh_token", presented=own, **refresh)).status == 200


@pytest.mark.spec("RFC5280-6.3")
@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (CertificateRevoked, (400, "invalid_request")),
        (CertificateBlocked, (400, "invalid_request")),
        (CertificateInvalid, (400, "invalid_request")),
        (CertificateUnchecked, (503, "temporarily_unavailable")),
    ],
)
async def test_refuses_a_certificate_that_does_not_stand_any_more(oauth, refusal, error):
    """No grant gives a token bound to it, and none is used up: a renewed certificate goes on from there."""
    revoked, renewed = certificate("revoked"), certificate("renewed")
    code = await oauth.code(oauth.acme)
    tokens = (await oauth.redeem(oauth.acme, await oauth.code(oauth.acme), presented=revoked)).json
    oauth.services.certificate_status.refused[revoked.thumbprint] = refusal
    refresh = {"refresh_token": tokens["refresh_token"]}
    assert (await oauth.redeem(oauth.acme, code, presented=revoked)).error == error
    assert (await oauth.token(oauth.acme, "refresh_token", presented=revoked, **refresh)).error == error
    assert (await oauth.token(oauth.acme, "client_credentials", scope="accounts", presented=revoked)).error == error
    assert (await oauth.redeem(oauth.acme, code, presented=renewed)).status == 200
    assert (await oauth.token(oauth.acme, "refresh_token", presented=renewed, **refresh)).status == 200

"""Whose certificate a token may be bound to."""

from dataclasses import replace

import pytest

from tests.unit.consent.oauth_world import certificate


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

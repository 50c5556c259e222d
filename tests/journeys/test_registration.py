"""A TPP registers another client for its software by itself, over real mTLS, reads with it, changes it and takes it away."""

import json
from dataclasses import replace

import pytest

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.registration import manage, register
from tests.harness.judged import JudgedTpp

METADATA = {
    "token_endpoint_auth_method": "private_key_jwt",
    "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
    "scope": "openid accounts",
    "application_type": "web",
}


@pytest.mark.spec("RFC7591-3")
async def test_a_tpp_registers_reads_changes_and_leaves(acme, borough):
    wish = {**METADATA, "redirect_uris": list(acme.folder.redirect_uris)}
    assert (await register(borough, {**wish, "software_statement": acme.folder.software_statement})).status == 400
    assert (await register(acme, wish, knobs=Knobs(certificate="none"))).status == 400
    made = await register(acme, wish)
    assert made.status == 201, made.body
    shown = made.json()
    folder = replace(acme.folder, client_id=shown["client_id"])
    async with JudgedTpp(folder, acme.server) as newcomer:
        token = await newcomer.client_credentials_token()
        consent = await newcomer.lodge_account_consent(token=token)
        named = f"/account-access-consents/{consent.id}"
        for call in (acme.get, acme.delete):  # another client of the same organisation
            answer = await call(named, await acme.client_credentials_token())
            assert (answer.status, answer.json()["Errors"][0]["ErrorCode"]) == (400, "U011")
        assert (await newcomer.get(named, token)).status == 200
        pushed = await newcomer.push_authorization_request(consent.id)
        await newcomer.decide(consent.id)
        tokens = await newcomer.redeem(await newcomer.authorize_without_page(pushed), pushed)
        assert (await newcomer.get("/accounts", tokens.access_token)).status == 200
        address, management = shown["registration_client_uri"], shown["registration_access_token"]
        assert (await manage(newcomer, "GET", address, token)).json()["client_id"] == shown["client_id"]
        assert (await manage(acme, "GET", address, await acme.client_credentials_token())).status == 403
        body = json.dumps({**wish, "scope": "openid accounts payments", "software_statement": folder.software_statement})
        changed = await manage(newcomer, "PUT", address, management, body.encode())
        assert changed.status == 200, changed.body
        assert (await newcomer.get("/accounts", tokens.access_token)).status == 200  # a change ends no token
        gone = await manage(newcomer, "DELETE", address, changed.json()["registration_access_token"])
        assert (gone.status, gone.body) == (204, b"")
        assert (await newcomer.get("/accounts", tokens.access_token)).status in {401, 403}
        assert (await manage(newcomer, "GET", address, management)).status == 401

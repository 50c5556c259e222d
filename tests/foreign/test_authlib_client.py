"""Authlib's client, unmodified, walks FAPI 2.0 over mTLS, with plain and with signed messages."""

import asyncio
import json
import secrets
from pathlib import Path

import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError

from tests.foreign.authlib_tpp import AuthlibTpp

LODGED = {"Data": {"Permissions": ["ReadAccountsDetail", "ReadBalances"]}, "Risk": {}}


@pytest.mark.parametrize("kind", ["acme", "certified", "signing"])
@pytest.mark.spec("FAPI2-SP-FINAL")
async def test_authlib_walks_the_whole_journey(folder_of, kind):
    """Known by private_key_jwt, or by tls_client_auth; the third signs its requests and reads JARM."""
    folder = await folder_of(kind)
    await asyncio.to_thread(walk, folder)


@pytest.mark.spec("FAPI-CIBA-ID1-5.2.2")
async def test_authlib_asks_a_customer_on_another_device(folder_of):
    """CIBA, polled: the grant type is one that Authlib need not know."""
    await asyncio.to_thread(ask_and_poll, await folder_of("asking"))


def ask_and_poll(folder: Path) -> None:
    tpp = AuthlibTpp(folder)
    with tpp.session:
        request = tpp.sign({"scope": "openid accounts", "login_hint": "alice", "binding_message": "TILL-8"})
        asked = tpp.post("backchannel_authentication_endpoint", {"request": request})
        assert asked.status_code == 200, asked.text
        poll = {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": asked.json()["auth_req_id"]}
        with pytest.raises(OAuthError, match="authorization_pending"):
            tpp.fetch_token(**poll)
        allowed = tpp.browse("POST", f"{tpp.issuer}/sandbox/ciba/{poll['auth_req_id']}/allow", {})
        assert allowed.status_code == 200, allowed.text
        token = tpp.fetch_token(**poll)
        assert tpp.verify_id_token(token, None)["acr"] == "urn:openbanking:psd2:sca"
        assert len(tpp.call("GET", "/accounts").json()["Data"]["Account"]) >= 2


def walk(folder: Path) -> None:
    tpp = AuthlibTpp(folder)
    with tpp.session:
        own = tpp.fetch_token(grant_type="client_credentials", scope="accounts")
        consent_id = tpp.call("POST", "/account-access-consents", LODGED).json()["Data"]["ConsentId"]
        token = authorise(tpp, consent_id)
        read_refresh_and_revoke(tpp, token, consent_id)
        left, tpp.session.token = tpp.session.token, own
        assert tpp.call("DELETE", f"/account-access-consents/{consent_id}").status_code == 204
        tpp.session.token = left
        assert tpp.call("GET", "/accounts").status_code in {401, 403}
        with pytest.raises(OAuthError, match="invalid_grant"):
            tpp.session.refresh_token(tpp.endpoints["token_endpoint"], token["refresh_token"])


def authorise(tpp: AuthlibTpp, consent_id: str) -> dict[str, str]:
    """Alice's yes, and the tokens for it."""
    verifier, nonce = generate_token(48), secrets.token_urlsafe()
    claims = json.dumps({"id_token": {"openbanking_intent_id": {"value": consent_id, "essential": True}}})
    url, state = tpp.push(verifier, scope="openid accounts", nonce=nonce, claims=claims)
    decided = tpp.browse("POST", f"{tpp.issuer}/sandbox/consents/{consent_id}/approve", {"persona": "alice"})
    assert decided.status_code == 200, decided.text
    response = tpp.read_response(tpp.browse("GET", url).headers["Location"])
    token = tpp.fetch_token(authorization_response=response, state=state, code_verifier=verifier)
    assert tpp.verify_id_token(token, nonce)["openbanking_intent_id"] == consent_id
    return token


def read_refresh_and_revoke(tpp: AuthlibTpp, token: dict[str, str], consent_id: str) -> None:
    """A token is good until it is revoked, and its successor goes on."""
    assert len(tpp.call("GET", "/accounts").json()["Data"]["Account"]) >= 2
    introspected = tpp.session.introspect_token(tpp.endpoints["introspection_endpoint"], token["access_token"]).json()
    assert (introspected["active"], introspected["consent_id"]) == (True, consent_id)
    tpp.session.revoke_token(tpp.endpoints["revocation_endpoint"], token["access_token"])
    assert tpp.call("GET", "/balances").status_code == 401
    refreshed = tpp.session.refresh_token(tpp.endpoints["token_endpoint"], token["refresh_token"])
    assert refreshed["access_token"] != token["access_token"]
    assert tpp.call("GET", "/balances").status_code == 200

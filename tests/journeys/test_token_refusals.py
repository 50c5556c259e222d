"""FAPI 2.0 Security Profile (Final), mirrored from outside: what is refused at the token endpoint. private_key_jwt, mTLS.

Two modules of the plan wait for a code or a request URI to expire: those are held with a clock that tests move (tests/unit/consent).
"""

import asyncio

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from tests.journeys.fapi import case, check_error, code_for, module, own, refused_redemption


@module("ensure-holder-of-key-required")
async def test_no_token_without_a_certificate(acme, books):
    code, pushed = await code_for(acme)
    before = await books.watched()
    answer = await refused_redemption(acme, code, pushed, certificate="none")
    check_error(answer, "invalid_request", status=(400,))
    await books.check_nothing_written(before)
    assert (await acme.redeem(code, pushed)).access_token


@module("ensure-authorization-code-is-bound-to-client")
async def test_anothers_code(acme, borough):
    code, pushed = await code_for(acme)
    check_error(await refused_redemption(borough, code, pushed), "invalid_grant")
    assert (await acme.redeem(code, pushed)).access_token


@module("attempt-reuse-authorization-code-after-one-second")
async def test_a_code_presented_twice_ends_what_it_gave(acme):
    code, pushed = await code_for(acme)
    tokens = await acme.redeem(code, pushed)
    refreshed = await acme.refresh(tokens.refresh_token)
    check_error(await refused_redemption(acme, code, pushed), "invalid_grant")
    for token in (tokens.access_token, refreshed.access_token):
        assert (await acme.get("/accounts", token)).status == 401
    with pytest.raises(Refused, match="invalid_grant"):
        await acme.refresh(tokens.refresh_token)


async def test_a_code_presented_by_many_at_once_gives_tokens_once_at_most(acme, books):
    code, pushed = await code_for(acme)
    outcomes = await asyncio.gather(*(acme.redeem(code, pushed) for _ in range(6)), return_exceptions=True)
    given = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(given) == 1
    assert (await acme.get("/accounts", given[0].access_token)).status == 401, "the replay did not end what was given"
    await books.check_whole()


@pytest.mark.parametrize(
    "form",
    [
        case("ensure-pkce-code-verifier-required", {"code_verifier": None}),
        case("incorrect-pkce-code-verifier-rejected", {"code_verifier": "v" * 64}),
        own("short-pkce-code-verifier-rejected", {"code_verifier": "v"}),
        own("another-redirect-uri-rejected", {"redirect_uri": "https://acme.tpp.test/other"}),
        own("unknown-code-rejected", {"code": "unknown"}),
    ],
)
async def test_a_code_without_what_belongs_to_it(acme, books, form):
    """The code is not used up: a thief's attempt does not take it from its owner."""
    code, pushed = await code_for(acme)
    before = await books.watched()
    check_error(await refused_redemption(acme, code, pushed, form=form), "invalid_grant")
    await books.check_nothing_written(before)
    assert (await acme.redeem(code, pushed)).access_token


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "username": "alice", "password": "alice-pw"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, "unauthorized_client"),
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "client_credentials", "scope": "admin"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "openid"}, "invalid_scope"),
    ],
)
async def test_a_grant_that_is_none(acme, form, error):
    check_error(await acme._post("token_endpoint", form, AS_IT_SHOULD_BE), error)


@module("refresh-token")
async def test_refresh_tokens(acme, borough):
    """Bound to the client, not to a key; not rotated; useless without authentication, without a certificate, to anyone else."""
    grant = await acme.granted()
    refresh_token = grant.tokens.refresh_token
    first = await acme.refresh(refresh_token, knobs=Knobs(form={"scope": "openid accounts"}))
    assert (first.refresh_token, first.access_token != grant.token) == (refresh_token, True)
    for knobs, errors in (
        (Knobs(form={"client_assertion": None, "client_assertion_type": None}), {"invalid_client"}),
        (Knobs(certificate="none"), {"invalid_request"}),
        (Knobs(form={"scope": "openid accounts payments"}), {"invalid_scope"}),
    ):
        with pytest.raises(Refused) as refused:
            await acme.refresh(refresh_token, knobs=knobs)
        check_error(refused.value.answer, *errors, status=(400, 401))
    with pytest.raises(Refused) as refused:
        await borough.refresh(refresh_token)
    check_error(refused.value.answer, "invalid_grant")
    narrower = await acme.refresh(refresh_token, knobs=Knobs(form={"scope": "accounts"}))
    assert narrower.scope == "accounts"
    assert (await acme.get("/accounts", (await acme.refresh(refresh_token)).access_token)).status == 200


async def test_a_refreshed_token_is_bound_to_the_certificate_that_asked_for_it(acme, scene):
    """The TPP renewed its certificate: what it got before is bound to the old one, what it gets now to the new one."""
    grant = await acme.granted()
    renewed = Knobs(certificate=scene.forge.certificate("acme"))
    tokens = await acme.refresh(grant.tokens.refresh_token, knobs=renewed)
    assert (await acme.get("/accounts", tokens.access_token, knobs=renewed)).status == 200
    assert (await acme.get("/accounts", tokens.access_token)).status == 401
    assert (await acme.get("/accounts", grant.token)).status == 200

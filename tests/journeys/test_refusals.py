"""Every way of not being allowed, at the resource APIs: the standard's own answer, nothing written, and everyone else goes on."""

import time
import uuid
from datetime import datetime, timedelta

import aiohttp
import pytest

from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE
from sandbox.tpp_kit.signatures import sign_assertion
from tests.harness.forged import keyed_by_public_key, parts_of, resigned, rewritten, unsigned
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.journeys.scene import CONSENTS, Refusal, check_answer, check_refusal

INVALID = (("WWW-Authenticate", 'Bearer error="invalid_token"'),)
ANONYMOUS = (("WWW-Authenticate", "Bearer"),)
SCOPE = (("WWW-Authenticate", 'Bearer error="insufficient_scope"'),)


async def with_token(scene, change, path="/accounts"):
    return await scene.get(path, change((await scene.alices()).token))


async def with_authorization(scene, *values):
    """Headers as they are, duplicates and all."""
    headers = aiohttp.typedefs.CIMultiDict([("Accept", "application/json"), *(("Authorization", value) for value in values)])
    url = f"{scene.acme.folder.resource_base}/accounts"
    return await scene.acme.wire.call("GET", url, certificate="own", headers=headers)


async def two_headers(scene):
    token = (await scene.alices()).token
    return await with_authorization(scene, f"Bearer {token}", f"Bearer {token}")


async def in_the_query(scene, header_too=False):
    token = (await scene.alices()).token
    return await scene.get(f"/accounts?access_token={token}", token if header_too else "")


async def signed_with_the_public_key(scene):
    jwks = await scene.acme._fetch((await scene.acme.discover())["jwks_uri"])
    token = (await scene.alices()).token
    kid = parts_of(token)[0]["kid"]
    jwk = next(key for key in jwks["keys"] if key["kid"] == kid)
    return await scene.get("/accounts", keyed_by_public_key(token, jwk))


async def client_assertion(scene):
    folder = scene.acme.folder
    return await scene.get("/accounts", sign_assertion(folder.client_id, folder.issuer, folder.signing_jwk))


async def lodge_with(scene, token):
    return await scene.lodge(b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":{}}', token)


async def foreign(scene, method):
    consent_id = (await scene.alices()).consent_id
    token = await scene.still("borough's own", scene.borough.client_credentials_token)
    return await scene.borough.call(method, f"{CONSENTS}/{consent_id}", token)


async def consent_named(scene, consent_id):
    return await scene.get(f"{CONSENTS}/{consent_id}", await scene.own_token())


async def of_account(scene, account_id, what="/balances", token=None):
    return await scene.get(f"/accounts/{account_id}{what}", token)


async def narrowly(scene, path):
    return await scene.get(path, (await scene.narrow()).token)


async def read_with_own_token(scene):
    return await scene.get("/accounts", await scene.own_token())


async def lodge_with_alices(scene):
    return await lodge_with(scene, (await scene.alices()).token)


async def consent_with_alices(scene):
    grant = await scene.alices()
    return await scene.get(f"{CONSENTS}/{grant.consent_id}", grant.token)


async def lodge_with_payments(scene):
    return await lodge_with(scene, await scene.still("payments", lambda: scene.acme.client_credentials_token("payments")))


async def unselected(scene):
    return await of_account(scene, await scene.account("Holidays"), "", (await scene.narrow()).token)


async def boroughs_account(scene):
    return await of_account(scene, await scene.boroughs_account())


REFUSALS = [
    # who calls
    Refusal("no certificate", lambda s: s.get("/accounts", certificate="none"), 401, headers=ANONYMOUS),
    Refusal("expired certificate", lambda s: s.get("/accounts", certificate=s.forge.certificate("acme", ends=-timedelta(minutes=1))), 401, headers=ANONYMOUS),
    Refusal("certificate not valid yet", lambda s: s.get("/accounts", certificate=s.forge.certificate("acme", begins=timedelta(minutes=5))), 401, headers=ANONYMOUS),
    Refusal("another certificate of the same TPP", lambda s: s.get("/accounts", certificate=s.forge.certificate("acme")), 401, headers=INVALID),
    Refusal("another TPP's certificate", lambda s: s.get("/accounts", certificate=s.borough.folder.transport), 401, headers=INVALID),
    Refusal("no token", lambda s: s.get("/accounts", ""), 401, headers=ANONYMOUS),
    Refusal("token in the query", in_the_query, 401, headers=INVALID),
    Refusal("token in the query and in the header", lambda s: in_the_query(s, header_too=True), 401, headers=INVALID),
    Refusal("two Authorization headers", two_headers, 401, headers=INVALID),
    Refusal("another scheme", lambda s: with_authorization(s, "Basic YWNtZTphY21l"), 401, headers=ANONYMOUS),
    Refusal("a scheme alone", lambda s: with_authorization(s, "Bearer"), 401, headers=INVALID),
    Refusal("a token of nine kilobytes", lambda s: s.get("/accounts", "a" * 9216), 401, headers=INVALID),
    Refusal("a token that is no JWT", lambda s: s.get("/accounts", "opaque"), 401, headers=INVALID),
    Refusal("two parts of a token", lambda s: with_token(s, lambda t: t.rpartition(".")[0]), 401, headers=INVALID),
    Refusal("four parts", lambda s: with_token(s, lambda t: f"{t}.x"), 401, headers=INVALID),
    Refusal("alg none", lambda s: with_token(s, unsigned), 401, headers=INVALID),
    Refusal("alg None", lambda s: with_token(s, lambda t: unsigned(t, "None")), 401, headers=INVALID),
    Refusal("an empty signature", lambda s: with_token(s, lambda t: unsigned(t, "ES256")), 401, headers=INVALID),
    Refusal("tampered scope", lambda s: with_token(s, lambda t: rewritten(t, claims={"scope": "openid accounts payments"})), 401, headers=INVALID),
    Refusal("tampered expiry", lambda s: with_token(s, lambda t: rewritten(t, claims={"exp": 4102444800})), 401, headers=INVALID),
    Refusal("tampered binding", lambda s: with_token(s, lambda t: rewritten(t, claims={"cnf": {}})), 401, headers=INVALID),
    Refusal("signed by another key", lambda s: with_token(s, resigned), 401, headers=INVALID),
    Refusal("signed by a key that it brings along", lambda s: with_token(s, lambda t: resigned(t, header={"jwk": "key"})), 401, headers=INVALID),
    Refusal("signed by a key from an address", lambda s: with_token(s, lambda t: resigned(t, header={"jku": "https://evil.test/jwks"})), 401, headers=INVALID),
    Refusal("signed with the public key as a secret", signed_with_the_public_key, 401, headers=INVALID),
    Refusal("a token of another type", lambda s: with_token(s, lambda t: resigned(t, header={"typ": "JWT"})), 401, headers=INVALID),
    Refusal("a client assertion", client_assertion, 401, headers=INVALID),
    # what they may do
    Refusal("the TPP's own token at a customer's data", read_with_own_token, 401, headers=INVALID),
    Refusal("a customer's token at lodging", lodge_with_alices, 401, headers=INVALID),
    Refusal("a customer's token at reading a consent", consent_with_alices, 401, headers=INVALID),
    Refusal("another scope", lodge_with_payments, 403, "NARR", headers=SCOPE),
    Refusal("balances not granted", lambda s: narrowly(s, "/balances"), 403, "NARR"),
    Refusal("transactions not granted", lambda s: narrowly(s, "/transactions"), 403, "NARR"),
    Refusal("an account not selected", unselected, 403, "NARR"),
    Refusal("an unknown account", lambda s: of_account(s, uuid.uuid4()), 400, "U011"),
    Refusal("an account as another TPP knows it", boroughs_account, 400, "U011"),
    Refusal("an account that is no id", lambda s: of_account(s, "' or 1=1 --"), 400, "U011"),
    Refusal("an unknown consent", lambda s: consent_named(s, uuid.uuid4()), 400, "U011"),
    Refusal("a consent that is no id", lambda s: consent_named(s, "x" * 200), 400, "U011"),
    Refusal("another TPP's consent, read", lambda s: foreign(s, "GET"), 400, "U011"),
    Refusal("another TPP's consent, withdrawn", lambda s: foreign(s, "DELETE"), 400, "U011"),
]  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
async def test_refuses(scene, refusal):
    await check_refusal(scene, refusal)


async def test_a_certificate_of_an_unknown_authority_ends_the_handshake(scene, tmp_path):
    stranger = scene.forge.certificate("acme", authority=tmp_path / "another")
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await scene.get("/accounts", certificate=stranger)
    assert (await scene.get("/accounts")).status == 200


async def test_an_id_token_of_this_server_is_no_access_token(acme, scene):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    await acme.decide(consent.id)
    form = {
        "grant_type": "authorization_code",
        "code": await acme.authorize_without_page(pushed),
        "redirect_uri": pushed.redirect_uri,
        "code_verifier": pushed.code_verifier,
    }
    id_token = (await acme._post("token_endpoint", form, AS_IT_SHOULD_BE)).json()["id_token"]
    await check_refusal(scene, Refusal("", lambda s: s.get("/accounts", id_token), 401, headers=INVALID))


@pytest.mark.parametrize("which", ["unknown", "foreign", "withdrawn", "rejected"])
async def test_a_consent_that_cannot_be_authorised_is_refused_at_authorize_before_any_page(acme, borough, books, which):
    """PAR takes the request: whose consent it is, the client learns at its own redirect address."""
    if which == "unknown":
        consent_id = str(uuid.uuid4())
    elif which == "foreign":
        consent_id = (await borough.lodge_account_consent()).id
    else:
        consent_id = (await acme.lodge_account_consent()).id
    if which == "withdrawn":
        await acme.delete(f"{CONSENTS}/{consent_id}", await acme.client_credentials_token())
    if which == "rejected":
        rejected = await acme.push_authorization_request(consent_id)
        await acme.decide(consent_id, "deny")
        async with Browser(acme.folder.ca) as browser:
            await browser.open(await acme.authorization_url(rejected.request_uri))
    pushed = await acme.push_authorization_request(consent_id)
    async with Browser(acme.folder.ca) as browser:
        await browser.open(await acme.authorization_url(pushed.request_uri))
        assert browser.answer["error"] == "access_denied"
        assert browser.answer["state"] == pushed.state
        assert browser.answer["iss"] == acme.folder.issuer
        assert browser.cookies == {}
        await browser.open(await acme.authorization_url(pushed.request_uri))
        assert (browser.answer["error"], browser.answer["state"]) == ("invalid_request_uri", pushed.state)
    await books.check_whole()


async def test_a_decision_about_an_unknown_consent_or_by_a_stranger_is_refused(acme, grant):
    for path, document, status in (
        (f"/consents/{uuid.uuid4()}/approve", {"persona": "alice"}, 404),
        (f"/consents/{grant.consent_id}/approve", {"persona": "mallory"}, 400),
        (f"/consents/{grant.consent_id}/approve", {"persona": "bob"}, 400),
        (f"/consents/{grant.consent_id}/approve", {"persona": "alice", "accounts": ["Unknown"]}, 400),
        (f"/consents/{grant.consent_id}/approve", {"persona": "alice", "more": 1}, 400),
    ):
        answer = await acme.control(path, document)
        assert answer.status == status, answer.body


@pytest.mark.parametrize("header", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_the_control_api_does_not_answer_another_sites_page(acme, grant, header):
    url = f"{acme.folder.issuer}/sandbox/consents/{grant.consent_id}/deny"
    answer = await acme.wire.call("POST", url, certificate="none", headers=header, body=b'{"persona": "alice"}')
    assert answer.status == 403
    assert (await acme.get("/accounts", grant.token)).status in {200, 429}


async def test_a_consent_runs_out_with_the_banks_clock(own_server):
    """Refused from the moment on, with the standard's own code; and what it gave cannot be refreshed or renewed."""
    async with JudgedTpp.of(own_server, "acme") as acme, JudgedTpp.of(own_server, "borough") as borough:
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400 * 30))
        grant, lasting = await acme.granted(expires=until), await borough.granted()
        pushed = await acme.push_authorization_request(grant.consent_id)
        await acme.decide(grant.consent_id)
        code = await acme.authorize_without_page(pushed)
        fresh = await acme.redeem(code, pushed)
        unused = await acme.lodge_account_consent(expires=until)
        moved = await acme.control("/clock", {"advance": "P30D"})
        assert moved.status == 200
        answer = await acme.get("/accounts", fresh.access_token)
        assert answer.status == 401
        check_answer(answer, Refusal("", None, 401, "TKXP", headers=INVALID))
        refreshed = await acme._post(
            "token_endpoint", {"grant_type": "refresh_token", "refresh_token": fresh.refresh_token}, AS_IT_SHOULD_BE
        )
        assert (refreshed.status, refreshed.json()["error"]) == (400, "invalid_grant")
        token = await acme.client_credentials_token()
        for consent_id, states in ((grant.consent_id, {"EXPD"}), (unused.id, {"EXPD", "RJCT"})):  # it was not authorised in time
            assert (await acme.get(f"{CONSENTS}/{consent_id}", token)).json()["Data"]["Status"] in states
            again = await acme.push_authorization_request(consent_id)
            async with Browser(acme.folder.ca) as browser:
                await browser.open(await acme.authorization_url(again.request_uri))
                assert browser.answer["error"] == "access_denied"
        gone = await acme.delete(f"{CONSENTS}/{grant.consent_id}", token)
        assert (gone.status, gone.json()["Errors"][0]["ErrorCode"]) == (401, "TKXP")
        assert (await borough.get("/accounts", lasting.token)).status == 200
        now = (await acme.control("/clock")).json()["now"]
        assert datetime.fromisoformat(now) >= datetime.fromisoformat(until)

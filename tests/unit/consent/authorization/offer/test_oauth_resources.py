"""Resource indicators: a token is for the brand's API or for named parts of it, and for nothing else. RFC 8707."""

from typing import Any
from urllib.parse import urlencode

import pytest

from consent.authorization.keys.ring import KeyPurpose
from kernel.errors import TokenInvalid
from kernel.jose.jwt import sign_jwt
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND

WHOLE = BRAND.resource_audience
PART = "https://localhost:8444/open-banking/v4.0/aisp"
TARGET = (400, "invalid_target")


def audience(world: AuthorizationWorld, answer: dict[str, Any]) -> tuple[str, ...]:
    return world.verifier.verify(BRAND, answer["access_token"]).audience


@pytest.mark.spec("RFC8707-2.1")
async def test_what_is_named_when_it_is_pushed_is_the_audience(oauth_anywhere: AuthorizationWorld, subtests: pytest.Subtests):
    for resource, expected in ((None, (WHOLE,)), (WHOLE, (WHOLE,)), (PART, (PART,))):
        with subtests.test(str(resource)):
            answer = await oauth_anywhere.tokens(oauth_anywhere.acme, resource=resource)
            assert audience(oauth_anywhere, answer) == expected
            refreshed = await oauth_anywhere.token(oauth_anywhere.acme, "refresh_token", refresh_token=answer["refresh_token"])
            assert audience(oauth_anywhere, refreshed.json) == expected


@pytest.mark.spec("RFC8707-2.2")
async def test_a_token_request_narrows_and_never_widens(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    with subtests.test("a code"):
        code = await oauth.code(oauth.acme)
        assert audience(oauth, (await oauth.redeem(oauth.acme, code, resource=PART)).json) == (PART,)
    with subtests.test("a refresh, and the next one has the whole again"):
        answer = await oauth.tokens(oauth.acme)
        for resource, expected in ((PART, PART), (None, WHOLE)):
            refreshed = await oauth.token(
                oauth.acme, "refresh_token", refresh_token=answer["refresh_token"], resource=resource
            )  # fmt: skip
            assert audience(oauth, refreshed.json) == (expected,)
    with subtests.test("client credentials"):
        answer = await oauth.token(oauth.acme, "client_credentials", scope="accounts", resource=PART)
        assert audience(oauth, answer.json) == (PART,)
    with subtests.test("more than was pushed, and the code is not used up"):
        code = await oauth.code(oauth.acme, resource=PART)
        assert (await oauth.redeem(oauth.acme, code, resource=WHOLE)).error == TARGET
        answer = (await oauth.redeem(oauth.acme, code, resource=PART)).json
        refreshed = await oauth.token(oauth.acme, "refresh_token", refresh_token=answer["refresh_token"], resource=WHOLE)
        assert refreshed.error == TARGET


@pytest.mark.spec("RFC8707-2")
async def test_what_is_not_ours_is_no_target(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Attack table. Compared as written: what two readers could read differently names nothing."""
    cases = (
        *(
            "https://evil.example",
            "https://localhost:8443",
            "https://localhost:8444/",
            f"{PART}/",
            f"{PART}/accounts",
            f"{PART}#x",
        ),
        *(
            f"{PART}?a=b",
            PART.upper(),
            "HTTPS://localhost:8444",
            "/open-banking/v4.0/aisp",
            "aisp",
            f"{WHOLE} {PART}",
            f'["{PART}"]',
        ),
        *("https://localhost:8444.evil.example", "https://localhost:8444@evil.example", "[", "[]", "x" * 5000, "\ud7ff"),
    )
    for resource in cases:
        with subtests.test(resource[:60]):
            assert (await oauth.push(oauth.acme, None, resource=resource)).error == TARGET
            answer = await oauth.token(oauth.acme, "client_credentials", scope="accounts", resource=resource)
            assert answer.error == TARGET


@pytest.mark.spec("RFC8707-2")
async def test_a_resource_alone_may_be_named_more_than_once(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """RFC 6749 section 3.1 refuses every other repetition, and there is one at no other endpoint."""

    async def token(extra: str) -> Any:
        form = {"grant_type": "client_credentials", "scope": "accounts", **oauth.acme.credentials()}
        return await oauth.call("POST", "/token", form=f"{urlencode(form)}&{extra}", presented=oauth.acme.certificate)

    two = urlencode([("resource", PART), ("resource", WHOLE)])
    with subtests.test("two"):
        assert audience(oauth, (await token(two)).json) == (PART, WHOLE)
    with subtests.test("one of them not ours"):
        assert (await token(f"{two}&resource=https%3A%2F%2Fevil.example")).error == TARGET
    with subtests.test("too many are one, if they are the same"):
        assert audience(oauth, (await token("&".join([urlencode({"resource": PART})] * 30))).json) == (PART,)
    for name in ("scope", "client_id", "authorization_details", "audience"):
        with subtests.test(f"two of {name}"):
            assert (await token(f"{name}=a&{name}=b")).error == (400, "invalid_request")
    with subtests.test("at another endpoint"):
        form = urlencode({"token": "t", **oauth.acme.credentials()})
        assert (await oauth.call("POST", "/revoke", form=f"{form}&{two}")).error == (400, "invalid_request")
    with subtests.test("pushed"):
        form = urlencode({**oauth.acme.request_of(None), **oauth.acme.credentials()})
        answer = await oauth.call("POST", "/par", form=f"{form}&{two}")
        assert (await oauth.load_pushed(oauth.acme, answer.json["request_uri"])).resources == (PART, WHOLE)


async def test_a_token_for_anyone_else_is_none_of_ours(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Signed by our own key: they differ in their audience alone."""
    key = oauth.services.keys.signing_key(BRAND.name, KeyPurpose.ACCESS_TOKEN, "ES256")
    claims = {
        "iss": BRAND.issuer,
        "sub": "s",
        "client_id": "c",
        "jti": "j",
        "scope": "accounts",
        "exp": oauth.now + 60,
        "cnf": {"x5t#S256": "t"},
    }
    for aud in (
        None,
        "",
        [],
        [1],
        {"a": 1},
        "urn:internal",
        "https://localhost:8444.evil",
        "https://localhost:8443",
        ["urn:a", 1],
        [PART, "urn:other"],
    ):
        with subtests.test(str(aud)), pytest.raises(TokenInvalid):
            oauth.verifier.verify(BRAND, sign_jwt({**claims, "aud": aud}, key, typ="at+jwt"))
    assert oauth.verifier.verify(BRAND, sign_jwt({**claims, "aud": [PART, WHOLE]}, key, typ="at+jwt")).audience

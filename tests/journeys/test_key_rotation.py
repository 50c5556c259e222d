"""`portcullis keys rotate` against a running server: what becomes of tokens, of the published keys, and of a server that is away."""

import asyncio
import base64
import json
import os
import subprocess
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from tests.harness.forked import run_command
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.lifetimes import activate_keys
from tests.harness.server import Server

LOOKS_MAX = 300


def portcullis(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line of a running server, as its operator has it."""
    public, mtls, ops = map(str, server.ports)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")} | {
        "PORTCULLIS_STATE_DIR": str(server.state_dir),
        "PORTCULLIS_PUBLIC_PORT": public,
        "PORTCULLIS_MTLS_PORT": mtls,
        "PORTCULLIS_OPS_PORT": ops,
        "http_proxy": "http://127.0.0.1:1",  # a command never leaves the machine
        **server.environment,
    }
    return run_command(arguments, environment)


async def rotate(server: Server, *options: str) -> str:
    done = await asyncio.to_thread(portcullis, server, "keys", "rotate", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def published(tpp: JudgedTpp) -> dict[str, Any]:
    return (await tpp.wire.call("GET", f"{tpp.folder.issuer}/jwks", certificate="none", headers={})).json()


def kid_of(token: str) -> str:
    header = token.split(".", maxsplit=1)[0]
    return json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def verify(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """By a library of its own, from what the server publishes."""
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"]).claims


async def test_an_emergency_refuses_every_token_of_before_and_issues_others_at_once(mortal_server: Server):
    async with JudgedTpp.of(mortal_server, "acme") as acme:
        grant, before = await acme.granted(), await published(acme)
        assert (await acme.get("/accounts", grant.token)).status == 200
        assert "is refused" in await rotate(mortal_server)
        refused = await acme.get("/accounts", grant.token)
        assert refused.status == 401
        after = await published(acme)
        assert {key["kid"] for key in before["keys"]}.isdisjoint(key["kid"] for key in after["keys"])
        token = await acme.client_credentials_token()
        assert verify(token, after)["client_id"] == acme.folder.client_id
        with pytest.raises(InvalidKeyIdError):
            verify(grant.token, after)
        refreshed = await acme.refresh(grant.tokens.refresh_token)
        assert (await acme.get("/accounts", refreshed.access_token)).status == 200


async def test_a_rotation_with_overlap_lets_old_tokens_go_on(mortal_server: Server):
    """Published first; used after a day, which is brought forward here and found by the server when it starts again."""
    async with JudgedTpp.of(mortal_server, "acme") as acme:
        grant, first = await acme.granted(), {key["kid"] for key in (await published(acme))["keys"]}
        assert "published" in await rotate(mortal_server, "--overlap")
        both = await published(acme)
        assert first < {key["kid"] for key in both["keys"]}
        assert kid_of(await acme.client_credentials_token()) in first
    mortal_server.stop()
    await activate_keys(mortal_server)
    mortal_server.start()
    async with JudgedTpp.of(mortal_server, "acme") as acme:
        for _ in range(LOOKS_MAX):  # the rotator begins with the server, not before it
            token = await acme.client_credentials_token()
            if kid_of(token) not in first:
                break
        assert kid_of(token) not in first
        assert verify(token, both)["client_id"] == acme.folder.client_id
        assert (await acme.get("/accounts", grant.token)).status == 200
        assert await published(acme) == both


def test_without_a_server_the_command_says_so(installations):
    with installations.installation(EMBEDDED, seeded=False) as server:
        done = portcullis(server, "keys", "rotate")
    assert done.returncode == 1
    assert "no sandbox runs on" in done.stderr
    assert "Traceback" not in done.stderr

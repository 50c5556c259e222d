"""A certified OpenID client library of another language completes the journey, so that the server is never proven with itself."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fasteners import InterProcessLock

from tests.harness.patience import PATIENCE_SECONDS
from tests.official import validate_answer

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="node and npm are not installed"
)


@pytest.fixture(scope="session")
def client_folder() -> Path:
    """The client with its pinned libraries, installed once for all runs."""
    folder = HERE.parents[1] / "var" / "foreign-client"
    folder.mkdir(parents=True, exist_ok=True)
    with InterProcessLock(folder / "install.lock"):
        manifest = (HERE / "package.json").read_text()
        installed = folder / "package.json"
        if not (folder / "node_modules").exists() or installed.read_text() != manifest:
            installed.write_text(manifest)
            install(folder)
        for script in HERE.glob("*.mjs"):
            shutil.copy(script, folder)
    return folder


def install(folder: Path) -> None:
    done = subprocess.run(
        ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"npm could not install the client: {done.stderr[-300:]}")


@pytest.mark.spec("FAPI2-SP-FINAL")
async def test_openid_client_walks_the_whole_journey(folder_of, client_folder):
    """openid-client: discovery, private_key_jwt over mTLS, PAR, PKCE, iss, id_token, userinfo, introspection, refresh, revocation; and
    every answer of the API is valid."""
    seen = await walk(client_folder, await folder_of("acme"), "control")
    assert (seen["tokenType"], seen["binding"]) == ("bearer", ["x5t#S256"])
    assert seen["callback"] == ["code", "state", "iss"]


@pytest.mark.spec("RFC9449")
async def test_openid_client_walks_it_with_dpop_and_without_a_certificate(folder_of, client_folder):
    """The same, its tokens and its code bound to a key of the library's own, each call proven by it."""
    seen = await walk(client_folder, await folder_of("proving"), "control")
    assert (seen["tokenType"], seen["binding"]) == ("dpop", ["jkt"])


@pytest.mark.spec("RFC8705-2.1")
async def test_openid_client_walks_it_known_by_its_certificate_alone(folder_of, client_folder):
    """tls_client_auth: no assertion is signed."""
    seen = await walk(client_folder, await folder_of("certified"), "control")
    assert seen["binding"] == ["x5t#S256"]


@pytest.mark.spec("FAPI2-MS-FINAL")
async def test_openid_client_signs_its_requests_and_verifies_signed_answers(folder_of, client_folder):
    """JAR pushed, JARM, and introspection signed (RFC 9701): the library verifies each signature with the published keys."""
    seen = await walk(client_folder, await folder_of("signing"), "forms")
    assert (seen["callback"], seen["binding"]) == (["response"], ["x5t#S256"])


@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2.1")
async def test_openid_client_has_its_browser_bring_a_signed_request_and_a_detached_signature_home(folder_of, client_folder):
    """`code id_token`: the library verifies nonce, c_hash and s_hash of the id_token in front of it."""
    seen = await walk(client_folder, await folder_of("hybrid"), "forms")
    assert set(seen["callback"]) == {"code", "id_token", "state", "iss"}


@pytest.mark.spec("FAPI-CIBA-ID1-5.2.2")
async def test_openid_client_asks_a_customer_on_another_device(folder_of, client_folder):
    """CIBA, polled: tokens once for a yes, access_denied for a no."""
    seen = await run(client_folder, "backchannel.mjs", str(await folder_of("asking")), "allow")
    assert seen["accounts"] >= 2
    assert (seen["acr"], seen["sub"]) == ("urn:openbanking:psd2:sca", True)
    assert seen["error"] == "invalid_grant"
    seen = await run(client_folder, "backchannel.mjs", str(await folder_of("asking")), "deny")
    assert seen["error"] == "access_denied"


async def walk(client_folder: Path, tpp: Path, approval: str) -> dict[str, Any]:
    seen = await run(client_folder, "journey.mjs", str(tpp), approval)
    assert seen["accounts"] >= 2
    assert seen["intent"] == seen["consentId"]
    assert seen["acr"] == "urn:openbanking:psd2:sca"
    assert seen["name"].startswith("Alice")
    assert seen["active"] == [True, False]
    assert (seen["afterRefresh"], seen["afterRevocation"]) == (200, 401)
    assert seen["afterWithdrawal"] in {401, 403}
    for answer in seen["answers"]:
        body = answer["body"].encode() or None
        validate_answer("uk_obie/v4.0", answer["method"], answer["path"], answer["status"], answer["headers"], body)
    return seen


async def run(client_folder: Path, *command: str) -> dict[str, Any]:
    """The output of a walk."""
    process = await asyncio.create_subprocess_exec(
        "node", *command, cwd=client_folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0, errors.decode()
    return json.loads(output)

"""A certified OpenID client library of another language completes the journey, so that the server is never proven with itself."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from fasteners import InterProcessLock

from tests.journeys.dpop import enrolled
from tests.official import validate_answer

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="node and npm are not installed"
)


@pytest.fixture(scope="session")
def client_folder(tmp_path_factory) -> Path:
    """The client with its pinned libraries, installed once for all runs."""
    folder = HERE.parents[1] / "var" / "foreign-client"
    folder.mkdir(parents=True, exist_ok=True)
    with InterProcessLock(folder / "install.lock"):
        manifest = (HERE / "package.json").read_text()
        installed = folder / "package.json"
        if not (folder / "node_modules").exists() or installed.read_text() != manifest:
            installed.write_text(manifest)
            install(folder)
        shutil.copy(HERE / "journey.mjs", folder)
    return folder


def install(folder: Path) -> None:
    done = subprocess.run(
        ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"npm could not install the client: {done.stderr[-300:]}")


@pytest.mark.parametrize("approval", ["control", "forms"])
@pytest.mark.spec("FAPI2-SP-FINAL")
async def test_openid_client_walks_the_whole_journey(server, client_folder, approval):
    """openid-client: discovery, private_key_jwt over mTLS, PAR, PKCE, iss, id_token, refresh, revocation; and every answer is valid."""
    seen = await walk(server, client_folder, "acme", approval)
    assert seen["tokenType"] == "bearer"


@pytest.mark.spec("RFC9449")
async def test_openid_client_walks_it_with_dpop_and_without_a_certificate(acme, server, client_folder):
    """The same, its tokens and its code bound to a key of the library's own, each call proven by it."""
    async with await enrolled(acme, "dora"):
        seen = await walk(server, client_folder, "dora", "control")
    assert seen["tokenType"] == "dpop"


async def walk(server, client_folder, tpp, approval):
    process = await asyncio.create_subprocess_exec(
        "node", "journey.mjs", str(server.state_dir), tpp, approval,
        cwd=client_folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode == 0, errors.decode()
    seen = json.loads(output)
    assert seen["accounts"] >= 2
    assert seen["intent"] == seen["consentId"]
    assert seen["acr"] == "urn:openbanking:psd2:sca"
    assert seen["afterRefresh"] == 200
    assert seen["afterWithdrawal"] in {401, 403}
    for answer in seen["answers"]:
        body = answer["body"].encode() or None
        validate_answer("uk_obie/v4.0", answer["method"], answer["path"], answer["status"], answer["headers"], body)
    return seen

"""The commands that a guide tells its reader to run do run, in order, in one shell, and all of them succeed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.installations import EMBEDDED, Installations
from tests.harness.server import free_ports

ROOT = Path(__file__).parents[2]
GUIDES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "```sh run\n" in path.read_text()]
RUN_SECONDS_MAX = 100
USUAL_PORT = "8446"


def commands_of(guide: Path) -> str:
    return "\n".join(re.findall(r"^```sh run\n(.*?)^```", guide.read_text(), re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_the_commands_of_a_guide_run(guide: Path, installations: Installations, tmp_path: Path) -> None:
    """On a bank that is made already, and on a port of its own; what the guide starts in the background ends with its shell."""
    [port] = free_ports(1)
    script = f"set -eu\ntrap 'kill $(jobs -p) || true' EXIT\n{commands_of(guide).replace(USUAL_PORT, str(port))}"
    with installations.installation(EMBEDDED) as server:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
        environment = kept | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORTCULLIS_STATE_DIR": str(server.state_dir),
            "PORTCULLIS_CORE_BANK_PORT": str(port),
        }
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
    assert done.returncode == 0, done.stdout


def test_there_is_a_guide_to_run():
    assert [guide.name for guide in GUIDES] == ["connect-a-core-bank.md"]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_its_links_lead_somewhere(guide: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", guide.read_text()):
        assert (guide.parent / target).exists(), target

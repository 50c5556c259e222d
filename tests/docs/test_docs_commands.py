"""The commands that a guide lists do run, in order, in one shell, and all of them succeed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portcullis.cli.app import app
from tests.harness.installations import EMBEDDED, Installations
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import free_ports

ROOT = Path(__file__).parents[2]
WITH_A_SANDBOX = [ROOT / "README.md", ROOT / "docs" / "build-a-tpp.md"]  # read in this order, while `make run` runs
GUIDES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if "```sh run\n" in path.read_text()]
ON_THEIR_OWN = [guide for guide in GUIDES if guide not in WITH_A_SANDBOX]
WRITTEN = [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "decisions")]
USUAL_PORT = "8446"
PROGRAMS = Path(sys.executable).parent


def commands_of(guide: Path) -> str:
    return "\n".join(re.findall(r"^```sh run\n(.*?)^```", guide.read_text(), re.DOTALL | re.MULTILINE))


def run(script: str, folder: Path, **variables: str) -> str:
    """The output of the script, in a folder where `make run` was started and a shell that knows no environment of Python's. It ends at
    the first command that fails, and what it started in the background with it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    kept["PATH"] = os.pathsep.join(path for path in kept["PATH"].split(os.pathsep) if not (Path(path) / "portcullis").exists())
    (folder / ".venv").symlink_to(PROGRAMS.parent)
    done = subprocess.run(
        ["bash", "-c", f"set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"],
        cwd=folder,
        env=kept | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("guide", ON_THEIR_OWN, ids=lambda guide: guide.stem)
def test_the_commands_of_a_guide_run(guide: Path, installations: Installations, tmp_path: Path) -> None:
    """On a bank that is made already, and on a port of its own."""
    [port] = free_ports(1)
    with installations.installation(EMBEDDED) as server:
        run(
            commands_of(guide).replace(USUAL_PORT, str(port)),
            tmp_path,
            PORTCULLIS_STATE_DIR=str(server.state_dir),
            PORTCULLIS_CORE_BANK_PORT=str(port),
        )


def test_the_commands_for_a_sandbox_that_runs_run(installations: Installations, tmp_path: Path) -> None:
    """As a newcomer does after `make run`: first the README's, then those of the guide that it leads to. A call that the server refuses
    is a failure too."""
    script = 'curl() { command curl --silent --show-error --fail-with-body "$@"; echo; }\n'
    script += "\n".join(commands_of(guide) for guide in WITH_A_SANDBOX)
    with installations.installation(EMBEDDED) as server:
        server.start()
        for usual, own in zip(("8443", "8444"), server.ports, strict=False):
            script = script.replace(f"localhost:{usual}", f"localhost:{own}")
        shown = tmp_path / "var" / "sandbox"
        shown.parent.mkdir()
        shown.symlink_to(server.state_dir)
        printed = run(script, tmp_path)
    for seen in (
        '"Nickname":"Bills and spending"',
        "live consents",
        "my-app is registered",
        "password alice-pw",
        '"ConsentId"',
        '"registration_access_token"',
        "other keys sign",
    ):
        assert seen in printed


def test_there_is_a_guide_to_run():
    assert [guide.name for guide in ON_THEIR_OWN] == ["connect-a-core-bank.md"]
    assert all(commands_of(guide) for guide in WITH_A_SANDBOX)


@pytest.mark.parametrize("guide", WRITTEN, ids=lambda guide: guide.stem)
def test_every_command_is_written_as_it_can_be_pasted(guide: Path) -> None:
    """`make run` puts no `portcullis` on the PATH."""
    commands = "|".join(name for name in app if not name.startswith("-"))
    assert re.findall(rf"(?<!\.venv/bin/)\bportcullis (?:{commands})\b.*", guide.read_text()) == []


STAFF = sorted(
    {
        line
        for guide in WRITTEN
        for line in re.findall(r"portcullis ((?:orders|reconcile|events|operators|ledger) [^`\n#]+)", guide.read_text())
    }
)


@pytest.mark.parametrize("line", STAFF)
def test_a_command_of_the_banks_own_people_is_one_that_the_program_takes(line: str) -> None:
    """With each placeholder as it could be typed."""
    typed = re.sub(r"\bVERSION\b|\bN\b", "3", line.replace("[", "").replace("]", ""))
    app.parse_args(typed, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("guide", WRITTEN, ids=lambda guide: guide.stem)
def test_its_links_lead_somewhere(guide: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", guide.read_text()):
        assert (guide.parent / target).exists(), target

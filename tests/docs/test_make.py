"""`make run` on a machine that is not ready for it says what to do, and leaves nothing behind that would be in the way."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
OLD = """#!/bin/sh
case "$1" in
  --version) echo "Python 3.9.18";;
  -c) exit 1;;
  *) echo "pip cannot read this lock"; exit 1;;
esac
"""
NEW = """#!/bin/sh
case "$1 $2" in
  "-c "*) exit 0;;
  "-m venv") mkdir -p .venv/bin && for name in python pip portcullis; do printf '#!/bin/sh\\necho ran %s\\n' $name > .venv/bin/$name; chmod +x .venv/bin/$name; done;;
esac
"""
NO_PIP = """#!/bin/sh
case "$1 $2" in
  "-c "*) exit 0;;
  "-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python; echo "install python3-venv"; exit 1;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def make(folder: Path, *arguments: str) -> tuple[int, str]:
    alone = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    done = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=alone,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_python_that_is_too_old_is_named_before_anything_is_made(folder: Path):
    python = program(folder / "old" / "python3", OLD)
    status, said = make(folder, "run", f"PYTHON={python}")
    assert status != 0
    assert f"needs Python 3.11 or later, and {python} is Python 3.9.18" in said
    assert "make run PYTHON=python3.12" in said
    assert "pip" not in said
    assert not (folder / ".venv").exists()


def test_a_python_that_is_not_there_is_named(folder: Path):
    status, said = make(folder, "demo", "PYTHON=no-such-python")
    assert status != 0
    assert "no-such-python is not there" in said
    assert "make demo PYTHON=" in said


def test_an_environment_of_an_old_python_is_made_again(folder: Path):
    """What a first try with the wrong Python left behind."""
    program(folder / ".venv" / "bin" / "python", OLD)
    program(folder / ".venv" / "bin" / "pip", OLD)
    status, said = make(folder, "run", f"PYTHON={program(folder / 'new' / 'python3', NEW)}")
    assert (status, said.splitlines()[-1]) == (0, "ran portcullis")


def test_an_environment_that_could_not_be_made_is_not_left_behind(folder: Path):
    """Debian's python3 without python3-venv makes one that has no pip."""
    status, said = make(folder, "run", f"PYTHON={program(folder / 'bare' / 'python3', NO_PIP)}")
    assert status != 0
    assert "install python3-venv" in said
    assert not (folder / ".venv").exists()

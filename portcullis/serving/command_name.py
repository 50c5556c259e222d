"""The command that runs this program from the working directory, for messages and listings that are pasted into a terminal."""

import os
from pathlib import Path

INSTALLED = Path(".venv/bin/portcullis")  # where `make run` puts it, and where the README calls it


def command_name(state_dir: Path, usual: Path) -> str:
    """The command without its words; with the state directory, unless that is the `usual` one."""
    name = str(INSTALLED) if INSTALLED.exists() else "portcullis"
    return name if state_dir == usual else f"env PORTCULLIS_STATE_DIR={os.path.relpath(state_dir)} {name}"

"""A copy of the tree in which modules are changed and tests run, so that the tree itself stays as it is."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from coverage import CoverageData

KINDS = "not postgresql"  # what a small change breaks, it breaks on SQLite too; a server more would cost more than it finds
PASSED, FAILED, NONE_RAN, TIMED_OUT = "passed", "failed", "none ran", "timed out"
STATUSES = {0: PASSED, 1: FAILED, 5: NONE_RAN}


@dataclass(frozen=True)
class Scratch:
    """`root` holds the copy."""

    root: Path

    @classmethod
    def copy(cls, tree: Path, root: Path) -> "Scratch":
        """All files of `tree` that version control has or would take."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=tree, capture_output=True, check=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (tree / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(tree / name, root / name)
        if (tree / ".venv").exists():
            (root / ".venv").symlink_to(tree / ".venv")
        return cls(root)

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)
        # a change within a second that keeps the size would be taken for what was compiled before
        Path(cache_from_source(str(self.root / path))).unlink(missing_ok=True)

    def run(self, tests: Sequence[str], seconds: float, *options: str) -> str:
        """The outcome of `tests`, run at most for `seconds`; all that they started has ended then."""
        listing = self.root / ".tests"
        listing.write_text("\n".join(tests))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", KINDS, *options, f"@{listing}"]
        with (self.root / ".output").open("w") as output:
            started = subprocess.Popen(
                command,
                cwd=self.root,
                env=os.environ | {"PYTHONPATH": str(self.root)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            status = started.wait(seconds)
        except subprocess.TimeoutExpired:
            return TIMED_OUT
        finally:
            _end(started)
        return STATUSES.get(status, FAILED)

    def output(self) -> str:
        return (self.root / ".output").read_text(errors="replace")

    def tests_by_line(self, tests: Sequence[str], sources: Sequence[str], seconds: float) -> dict[str, dict[int, list[str]]]:
        """By module and line: the tests that ran it, or "" for what ran as the module was imported. Raises RuntimeError where a test
        fails without any change."""
        watched = [f"--cov={source}" for source in sources]
        status = self.run(tests, seconds, *watched, "--cov-context=test", "--cov-report=", "--cov-fail-under=0")
        if status != PASSED:
            raise RuntimeError(f"without any change the tests {status}:\n{self.output()[-2000:]}")
        data = CoverageData(str(self.root / ".coverage"))
        data.read()
        return {
            str(Path(file).relative_to(self.root)): {
                line: sorted({context.rpartition("|")[0] for context in contexts})
                for line, contexts in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }


def _end(started: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()

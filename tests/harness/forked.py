"""The command line in a process forked from one that has imported it: importing takes longer than starting, and is done once."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.harness.patience import PATIENCE_SECONDS

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["portcullis.cli.app", "portcullis.serving.sandbox"])


class Forked:
    """As much of `subprocess.Popen` as a harness needs. Without `err` both streams go to `out`."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], out: Path, err: Path | None = None) -> None:
        streams = (str(out), str(err or out))
        self._process: ForkServerProcess = FORKS.Process(target=_run, args=(arguments, environment, *streams), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("portcullis", timeout)
        return self.returncode

    def terminate(self) -> None:
        self._process.terminate()


def run_command(arguments: tuple[str, ...], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """As `subprocess.run` runs `portcullis`, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        status = Forked(arguments, environment, out, err).wait(PATIENCE_SECONDS)
        return subprocess.CompletedProcess(("portcullis", *arguments), status, out.read_text(), err.read_text())


def _run(arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str) -> None:
    """In the forked process: what the shell would have set up, then the command."""
    from portcullis.cli.app import main

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["portcullis", *arguments]
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream.fileno())
    main()

"""The command line in a process forked from one that has imported it: importing takes longer than starting, and is done once."""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["portcullis.cli.app", "portcullis.serving.sandbox"])


class Forked:
    """As much of `subprocess.Popen` as a harness needs."""

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self._process: ForkServerProcess = FORKS.Process(target=_run, args=(arguments, environment, str(log)), daemon=True)
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


def _run(arguments: tuple[str, ...], environment: dict[str, str], log: str) -> None:
    """In the forked process: what the shell would have set up, then the command."""
    from portcullis.cli.app import main

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["portcullis", *arguments]
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(said, stream.fileno())
    main()

"""The recorder: a pytest plugin that writes down every answer a test receives. Loaded only where PORTCULLIS_RECORD names a folder.

One file for each worker, one line for each test and each making of a fixture that tests share.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.harness.recorded.calls import ASIDE, Bucket, Call
from tests.harness.recorded.doors import watch_all
from tests.harness.recorded.recording import MADE
from tests.harness.recorded.under_way import UnderWay
from tests.harness.server import Server

LISTENERS = ("public", "mtls", "ops")
PORT = re.compile(r"(?<=[:])\d{4,5}\b")


class Recorder:
    """The calls of this process, each in the bucket of the test that made it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open: list[Bucket] = []
        self._asides: dict[str, Bucket] = {}
        self._listeners: dict[str, str] = {}
        watch_all(self.begin, UnderWay(self._mark_overlap))
        self._watch_servers()

    def begin(self, method: str, url: str) -> Call:
        port = PORT.search(url)
        call = Call(method, url, self._listeners.get(port[0] if port else "", ""))
        bucket = self._bucket()
        if bucket is not None:
            bucket.calls.append(call)
        return call

    def _bucket(self) -> Bucket | None:
        if not self._open:
            return None
        name = ASIDE.get()
        return self._asides.setdefault(name, Bucket(f"aside {name}", is_shared=True)) if name else self._open[-1]

    def _mark_overlap(self) -> None:
        for bucket in (*self._open, *self._asides.values()):
            bucket.overlap = True

    @contextmanager
    def recording(self, name: str, *, is_shared: bool) -> Iterator[None]:
        """Calls are this one's until it ends; then they are written."""
        bucket = Bucket(name, is_shared)
        self._open.append(bucket)
        try:
            yield
        finally:
            self._open.remove(bucket)
            self._write(bucket)
            while self._asides:
                self._write(self._asides.popitem()[1])

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Calls are no one's."""
        opened, self._open = self._open, []
        try:
            yield
        finally:
            self._open = opened

    def _write(self, bucket: Bucket) -> None:
        if not bucket.calls:
            return
        text = json.dumps(bucket.row({}))
        known = {port: self._listeners[port] for port in set(re.findall(r"\b\d{4,5}\b", text)) if port in self._listeners}
        with self._file.open("a") as file:
            file.write(json.dumps(bucket.row(known)) + "\n")

    def _watch_servers(self) -> None:
        launch, recorder = Server.launch, self

        def recorded_launch(self: Server) -> None:
            recorder._listeners |= {str(port): name for port, name in zip(self.ports, LISTENERS, strict=True)}
            launch(self)

        Server.launch = recorded_launch


class RecorderPlugin:
    """Names to the recorder the test that calls. Calls of a teardown are not recorded: the last test takes down what all shared."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def pytest_collection(self) -> None:
        """Workers have started by now; a command that a test runs refuses a setting that it does not know."""
        os.environ.pop("PORTCULLIS_RECORD", None)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self._recorder.recording(item.nodeid, is_shared=False):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        with self._recorder.silence():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        with self._recorder.recording(f"fixture {fixturedef.argname}", is_shared=True):
            return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """The process that starts the workers, or is the only one, takes away what an earlier run left."""
    folder, worker = Path(os.environ["PORTCULLIS_RECORD"]).absolute(), os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        begin_recording(folder)
    config.pluginmanager.register(RecorderPlugin(Recorder(folder / f"{worker or 'main'}.jsonl")))


def begin_recording(folder: Path) -> None:
    """An empty folder, but for the day and the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("*.jsonl"):
        earlier.unlink()
    commit = subprocess.run(("git", "rev-parse", "HEAD"), capture_output=True, text=True, check=False).stdout.strip()
    made = {"day": datetime.now(UTC).date().isoformat(), "commit": commit or "unknown"}
    (folder / MADE).write_text(json.dumps(made) + "\n")

"""The recorder, run on a small suite of its own, and the comparison of what it wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.recorded.__main__ import main
from tests.harness.recorded.recording import MADE, read_recording

ROOT = Path(__file__).parents[3]
SUITE = """
import asyncio
import urllib.request

import aiohttp
import requests
from aiohttp import web

from tests.harness.recorded.calls import aside


async def answer(request):
    return web.Response(text=f"answered {request.path}", headers={"X-Kept": "kept"})


async def test_every_door():
    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    async with aiohttp.ClientSession() as session:
        assert await (await session.get(url + "aiohttp")).text() == "answered /aiohttp"
        with aside("what others use"):
            await (await session.get(url + "aside")).read()
    assert (await asyncio.to_thread(requests.get, url + "requests", timeout=9)).text == "answered /requests"
    assert (await asyncio.to_thread(urllib.request.urlopen, url + "urllib")).read() == b"answered /urllib"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /bare HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
    assert (await reader.read()).endswith(b"answered /bare")
    writer.close()
    await runner.cleanup()
"""


def test_answers_of_every_door_are_recorded(tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.harness.recorded.recorder",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    )
    environment = os.environ | {"PORTCULLIS_RECORD": str(tmp_path / "made"), "PYTHONPATH": str(ROOT)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = read_recording(tmp_path / "made")
    assert set(made) == {"test_suite.py::test_every_door", "aside what others use"}
    answers = ["\n".join(answer.lines()) for answer in made["test_suite.py::test_every_door"].answers]
    assert len(answers) == 4
    for name, answer in zip(("aiohttp", "requests", "urllib", "bare"), answers, strict=True):
        assert f"answered /{name}" in answer
        assert "X-Kept: kept" in answer


@pytest.fixture
def record(tmp_path):
    """Writes a recording: for each test the status of each call."""

    def write(side, **tests):
        folder = tmp_path / side
        folder.mkdir()
        (folder / MADE).write_text(json.dumps({"day": "2026-11-30", "commit": side}))
        with (folder / "main.jsonl").open("w") as file:
            for name, statuses in tests.items():
                file.write(json.dumps(bucket(name.replace("__", "::"), statuses)) + "\n")
        return str(folder)

    return write


def bucket(name, statuses):
    call = {"method": "GET", "url": "https://localhost:20001/", "listener": "mtls", "type": "", "headers": []}
    calls = [call | {"status": status} for status in statuses]
    return {"name": name, "shared": name.startswith("aside"), "overlap": False, "listeners": {}, "calls": calls}


def test_equal_recordings_are_equal_however_often_a_test_polled(record, capsys):
    before, after = record("before", a__test=[400, 200]), record("after", a__test=[400, 400, 200])
    assert main(["compare", before, after]) == 0
    assert "1 tests compared, 0 answered differently" in capsys.readouterr().out


def test_an_answer_that_differs_is_shown_and_the_exit_status_says_so(record, capsys):
    before, after = record("before", a__test=[200], b__test=[200]), record("after", a__test=[200], b__test=[201])
    assert main(["compare", before, after]) == 1
    shown = capsys.readouterr().out
    assert "== b::test" in shown
    assert "-  200\n+  201" in shown
    assert "== a::test" not in shown


def test_a_test_that_moved_is_compared_and_one_that_is_new_is_listed(record, capsys):
    before, after = record("before", a__test=[200], gone__gone=[200]), record("after", b__test=[201], new__new=[200])
    assert main(["compare", before, after]) == 1
    shown = capsys.readouterr().out
    assert "== b::test" in shown
    assert "only before: gone::gone\nonly after: new::new\n1 tests compared" in shown


def test_what_tests_share_is_compared_without_order(record):
    before, after = record("before", aside=[200, 201]), record("after", aside=[201, 200, 201])
    assert main(["compare", before, after]) == 0


def test_calls_in_another_order_are_named(record, capsys):
    before, after = record("before", a__test=[200, 201]), record("after", a__test=[201, 200])
    assert main(["compare", before, after]) == 0
    assert "equal but for the order: a::test" in capsys.readouterr().out


def test_a_difference_by_chance_is_named_and_counts_for_nothing(record, capsys):
    name = "a__test_doors_at_the_edges_hold"
    before, after = record("before", **{name: [200]}), record("after", **{name: [400]})
    assert main(["compare", before, after]) == 0
    assert "): a::test_doors_at_the_edges_hold" in capsys.readouterr().out


def test_nothing_recorded_is_no_comparison(tmp_path):
    assert main(["compare", str(tmp_path), str(tmp_path)]) == 2

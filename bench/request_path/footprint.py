"""The footprint of a server: memory of its process as it starts, works and is connected to; CPU until it is ready; CPU of a command."""

import subprocess
import sys
from itertools import repeat
from typing import Any

import psutil

from bench.processes import tree_seconds
from bench.request_path.load import opened
from bench.request_path.reads import balances_request
from bench.request_path.site import Ground, Site, grant
from tests.harness.installations import EMBEDDED

CONNECTIONS = 32
MANY_CONNECTIONS = 256
COMMAND = [sys.executable, "-m", "portcullis", "version"]


async def measure_footprint(ground: Ground, *, calls: int) -> dict[str, Any]:
    """Megabytes and CPU seconds of a server that was started by hand, as its user does, on a bank that is there."""
    with ground.site(EMBEDDED, over_http=True, by_hand=True) as site:
        found: dict[str, Any] = {"start_cpu_s": round(tree_seconds(site.pid), 2), "start_mb": _megabytes(site)}
        request = balances_request(site, await grant(site, "alice"))
        async with opened(site.mtls_port, site.context(), CONNECTIONS) as line:
            await line.send_all(repeat(request, calls))
        found |= {"calls": calls, "after_calls_mb": _megabytes(site)}
        async with opened(site.mtls_port, site.context(), MANY_CONNECTIONS) as line:
            await line.send_all(repeat(request, MANY_CONNECTIONS))
            found[f"with_{MANY_CONNECTIONS}_connections_mb"] = _megabytes(site)
    return found | {"command_cpu_s": round(_command_seconds(), 2)}


def _megabytes(site: Site) -> float:
    resident: int = psutil.Process(site.pid).memory_info().rss
    return round(resident / 2**20, 1)


def _command_seconds() -> float:
    """Of `portcullis version`, all that a command line costs."""
    before = _children_seconds()
    subprocess.run(COMMAND, check=True, capture_output=True)
    return _children_seconds() - before


def _children_seconds() -> float:
    times = psutil.Process().cpu_times()
    return float(times.children_user + times.children_system)

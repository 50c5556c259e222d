"""`make conformance SUITE=https://...`: run the judged plans of a running conformance suite against a sandbox, compare, and tell.

The suite must reach the sandbox, and the sandbox's pages the suite's callbacks: one machine, or names that both know. Without
--state-dir a sandbox is started on free ports and stopped at the end.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import aiohttp

from portcullis.cli.control_client import ServerRefused
from tests.conformance.configuration import enrol_clients, render_configuration
from tests.conformance.findings import Outcome, read_outcome, undeclared, unused
from tests.conformance.plans import Plan, load_expected, load_plans
from tests.conformance.results import record
from tests.conformance.suite import Suite, SuiteRefused
from tests.conformance.verdicts import exit_status, render_plan, render_verdict
from tests.harness.server import Server

MODULE_SECONDS_MAX = 420.0  # one module sleeps until a request URI has expired, and another until a code has
PASSED_ON = ("PORTCULLIS_OUTBOUND_AUTHORITIES",)  # who vouches for the suite, where we ping it
SETTLING_SECONDS = 12.0  # a server that has just started believes no proof from before its start; one module's proof is 10 s old


def main() -> int:
    arguments = _parse_arguments()
    plans = [plan for plan in load_plans() if any(fnmatchcase(plan.name, glob) for glob in arguments.plan or ["*"])]
    if not plans:
        print(f"no plan is called {' or '.join(arguments.plan)}: see tests/conformance/plans.toml", file=sys.stderr)
        return 2
    try:
        version = asyncio.run(_ask_version(arguments.suite))
    except (aiohttp.ClientError, SuiteRefused, TimeoutError) as error:
        print(f"no conformance suite answers at {arguments.suite}: {error}", file=sys.stderr)
        return 2
    with _sandbox(arguments.state_dir) as state_dir:
        return asyncio.run(_run_plans(arguments, plans, version, state_dir))


async def _ask_version(url: str) -> str:
    async with Suite(url) as suite:
        return await suite.version()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--suite", required=True, help="base URL of the running suite")
    parser.add_argument("--plan", action="append", help="a name of plans.toml, or a glob; may be repeated (default: all)")
    parser.add_argument(
        "--module", action="append", help="a glob of module names; may be repeated (default: all, and the results are recorded)"
    )
    parser.add_argument("--state-dir", type=Path, help="the state directory of a running sandbox")
    parser.add_argument(
        "--logs", type=Path, default=Path("var/conformance"), help="where the logs of modules that are not as expected go"
    )
    return parser.parse_args()  # fmt: skip


@contextmanager
def _sandbox(state_dir: Path | None) -> Iterator[Path]:
    """The running sandbox, or one of our own."""
    if state_dir is not None:
        yield state_dir
        return
    with tempfile.TemporaryDirectory(prefix="portcullis-conformance-") as directory:
        server = Server(Path(directory), {name: os.environ[name] for name in PASSED_ON if name in os.environ})
        try:
            server.start()
            time.sleep(SETTLING_SECONDS)
            yield server.state_dir
        finally:
            server.stop()


async def _run_plans(arguments: argparse.Namespace, plans: list[Plan], version: str, state_dir: Path) -> int:
    async with Suite(arguments.suite) as suite:
        wrong: dict[str, int] = {}
        for plan in plans:
            try:
                wrong[plan.name] = await _run_plan(suite, version, plan, state_dir, arguments)
            except (ServerRefused, SuiteRefused) as refused:
                print(f"\n{plan.name}: could not be run: {refused}")
                wrong[plan.name] = 1
            print(render_plan(plan.name, wrong[plan.name]), flush=True)
    print(render_verdict(wrong))
    return exit_status(wrong)


async def _run_plan(suite: Suite, version: str, plan: Plan, state_dir: Path, arguments: argparse.Namespace) -> int:
    """The number of modules, and of declarations, that are not as expected."""
    token = os.environ.get("PORTCULLIS_SANDBOX_TOKEN", "")
    folders = await asyncio.to_thread(enrol_clients, plan, suite.url, state_dir, token)
    created = await suite.create_plan(plan.plan, plan.variant, render_configuration(plan, suite.url, state_dir, folders))
    offered = tuple(module["testModule"] for module in created["modules"])
    print(
        f"\n{plan.name}: {len(offered)} modules of {plan.plan}, suite {version}, {suite.url}/plan-detail.html?plan={created['id']}"
    )
    wrong = 0
    if offered != plan.modules:
        print(f"  the suite's modules are not those of modules.toml: {sorted(set(offered) ^ set(plan.modules))}")
        wrong += 1
    outcomes: list[Outcome] = []
    expected = load_expected()
    for module in created["modules"]:
        if any(fnmatchcase(module["testModule"], glob) for glob in arguments.module or ["*"]):
            outcome, lines = await _run_module(suite, plan, created["id"], module, arguments.logs)
            outcomes.append(outcome)
            wrong += bool(lines)
    if not arguments.module:
        stale = [
            row for row in expected if fnmatchcase(plan.name, row.plan) and any(row.covers(plan.name, name) for name in offered)
        ]
        for row in unused(plan.name, outcomes, stale):
            print(f"  declared, and did not happen: {row.result} {row.condition} of {row.module}")
            wrong += 1
        record(plan, version, outcomes, expected)
    return wrong


async def _run_module(suite: Suite, plan: Plan, plan_id: str, module: dict[str, Any], logs: Path) -> tuple[Outcome, list[str]]:
    name, began = module["testModule"], time.monotonic()
    module_id = await suite.run_module(plan_id, name, module.get("variant"), MODULE_SECONDS_MAX)
    log = await suite.log(module_id)
    outcome = read_outcome(name, await suite.info(module_id), log)
    lines = undeclared(plan.name, outcome, load_expected())
    print(f"  {outcome.result:8} {name.removeprefix(plan.prefix)} ({time.monotonic() - began:.0f} s)", flush=True)
    for line in lines:
        print(f"           {line}", flush=True)
    if lines:
        folder = logs / plan.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(log, indent=1))
    return outcome, lines


if __name__ == "__main__":
    sys.exit(main())

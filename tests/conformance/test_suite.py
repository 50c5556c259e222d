"""The suite's interface, driven: a small suite of our own that answers as the real one does."""

import json

import pytest
from aiohttp import web

from tests.conformance.suite import Suite, SuiteRefused


class SmallSuite:
    """Modules go through the states that `states` names; what was called is kept."""

    def __init__(self, states):
        self.states = states
        self.calls = []

    def app(self):
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        return app

    async def answer(self, request):
        self.calls.append((request.method, request.path, dict(request.query)))
        match request.method, request.path.removeprefix("/api/").split("/"):
            case "POST", ["plan"]:
                assert request.content_type == "application/json"
                return web.json_response({"id": "plan-1", "modules": [], "given": await request.json()}, status=201)
            case "POST", ["runner"]:
                assert request.content_type == "application/json"
                return web.json_response({"id": "module-1"}, status=201)
            case "GET", ["runner", _, "wait-state"]:
                state = self.states[0]
                if state not in request.query["states"].split(","):
                    return web.json_response({"timeout": True})
                self.states.pop(0)
                return web.json_response({"state": state})
            case (("POST" | "DELETE"), ["runner", _]):
                return web.json_response({})
        return web.json_response({"error": "no such thing"}, status=404)

    def paths(self):
        return [f"{method} {path}" for method, path, _ in self.calls if not path.endswith("wait-state")]


@pytest.fixture
async def suite_with(aiohttp_server):
    async def make(*states):
        small = SmallSuite(list(states))
        server = await aiohttp_server(small.app())
        return small, Suite(str(server.make_url("/")))

    return make


async def test_a_plan_is_made_of_its_name_variant_and_configuration(suite_with):
    small, suite = await suite_with()
    async with suite:
        created = await suite.create_plan("a-plan", {"mode": "poll"}, {"alias": "one"})
    assert created["given"] == {"alias": "one"}
    ((_, _, query),) = small.calls
    assert (query["planName"], json.loads(query["variant"])) == ("a-plan", {"mode": "poll"})


async def test_a_module_that_waits_to_be_started_is_started(suite_with):
    small, suite = await suite_with("CONFIGURED", "FINISHED")
    async with suite:
        assert await suite.run_module("plan-1", "a-module", {"mode": "jarm"}, seconds=5) == "module-1"
    assert small.paths() == ["POST /api/runner", "POST /api/runner/module-1"]
    assert json.loads(small.calls[0][2]["variant"]) == {"mode": "jarm"}


@pytest.mark.parametrize("states", [("WAITING", "FINISHED"), ("FINISHED", "FINISHED"), ("INTERRUPTED", "INTERRUPTED")])
async def test_a_module_that_runs_by_itself_is_waited_for(suite_with, states):
    small, suite = await suite_with(*states)
    async with suite:
        assert await suite.run_module("plan-1", "a-module", None, seconds=5) == "module-1"
    assert small.paths() == ["POST /api/runner"]
    assert "variant" not in small.calls[0][2]


async def test_a_module_that_does_not_end_is_ended(suite_with):
    """It would hold the alias, and with it every later module."""
    small, suite = await suite_with("WAITING", "RUNNING")
    async with suite:
        assert await suite.run_module("plan-1", "a-module", None, seconds=0.2) == "module-1"
    assert small.paths()[-1] == "DELETE /api/runner/module-1"


async def test_a_refusal_by_the_suite_is_reported(suite_with):
    _, suite = await suite_with()
    async with suite:
        with pytest.raises(SuiteRefused, match="404"):
            await suite.info("unknown")

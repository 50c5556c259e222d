"""The conformance suite's REST interface, as far as a run needs it: make a plan, run its modules one by one, read their logs."""

import json
import time
from types import TracebackType
from typing import Any

import aiohttp

CALL_SECONDS = 60.0
WAIT_MILLISECONDS = 30_000  # the longest that the suite holds one call
RESTING = ("CONFIGURED", "WAITING", "FINISHED", "INTERRUPTED")
ENDED = ("FINISHED", "INTERRUPTED")


class SuiteRefused(Exception):
    """The suite answered a call with another status than its success."""


class Suite:
    """One running suite. Use as an async context manager. It is a test instrument with a certificate of its own making: not verified."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Suite":
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), connector=aiohttp.TCPConnector(ssl=False), trust_env=False
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._session is not None
        await self._session.close()

    async def version(self) -> str:
        server = await self._call("GET", "api/server", 200)
        return f"{server['version']} ({server['revision']})"

    async def create_plan(self, plan: str, variant: dict[str, str], configuration: dict[str, Any]) -> dict[str, Any]:
        """The plan's id and its modules, each with the variant to start it with."""
        query = {"planName": plan, "variant": json.dumps(variant)}
        created: dict[str, Any] = await self._call("POST", "api/plan", 201, query, configuration)
        return created

    async def run_module(self, plan_id: str, module: str, variant: dict[str, str] | None, seconds: float) -> str:
        """Start a module and wait until it has ended; its id. Raises TimeoutError after `seconds`."""
        query = {"test": module, "plan": plan_id} | ({"variant": json.dumps(variant)} if variant else {})
        module_id: str = (await self._call("POST", "api/runner", 201, query))["id"]
        deadline = time.monotonic() + seconds
        if await self._wait(module_id, RESTING, deadline) == "CONFIGURED":
            await self._call("POST", f"api/runner/{module_id}", 200)
        try:
            await self._wait(module_id, ENDED, deadline)
        except TimeoutError:
            await self._call("DELETE", f"api/runner/{module_id}", 200)
        return module_id

    async def _wait(self, module_id: str, states: tuple[str, ...], deadline: float) -> str:
        while (left := deadline - time.monotonic()) > 0:
            query = {"states": ",".join(states), "timeoutMs": str(min(WAIT_MILLISECONDS, int(left * 1000)))}
            answer = await self._call("GET", f"api/runner/{module_id}/wait-state", 200, query)
            if answer.get("state") in states:
                return str(answer["state"])
        raise TimeoutError(f"{module_id} did not become one of {states}")

    async def info(self, module_id: str) -> dict[str, Any]:
        info: dict[str, Any] = await self._call("GET", f"api/info/{module_id}", 200)
        return info

    async def log(self, module_id: str) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = await self._call("GET", f"api/log/{module_id}", 200)
        return log

    async def _call(
        self, method: str, path: str, status: int, query: dict[str, str] | None = None, document: object = None
    ) -> Any:
        assert self._session is not None
        body = None if document is None else json.dumps(document)
        headers = {"Content-Type": "application/json"}  # the suite asks for it even where there is no body
        async with self._session.request(method, f"{self.url}/{path}", params=query, data=body, headers=headers) as response:
            if response.status != status:
                raise SuiteRefused(f"{method} {path}: {response.status} {(await response.text())[:500]}")
            return await response.json(content_type=None)

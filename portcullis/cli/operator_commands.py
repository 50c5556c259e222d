"""An operator's command: carried out by the running server, so that no server goes on with what it changed; or directly, if none runs.

Without an answer on the operations port this process opens what a server opens, under the same lock (portcullis/serving/exclusive.py). Where
servers share a hot state, it joins them for a moment; a server that runs alone holds the lock, and the command is refused.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import MappingProxyType
from typing import Any

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.ids import RandomIds
from kernel.storage.sealed import Sealer
from portcullis.cli.control_client import ServerAbsent, ServerRefused, load_ready, post_command
from portcullis.compose.composition import compose
from portcullis.compose.keys.key_store import open_keys
from portcullis.compose.keys.sealing_keys import load_sealer
from portcullis.serving.exclusive import REFUSAL
from portcullis.serving.ops.commands import run_command, sign_command, target_of
from portcullis.serving.production import open_parts
from portcullis.settings.schema import Settings

Asked = Mapping[str, str]  # the members of a command apart from the brand
NOTHING: Asked = MappingProxyType({})


async def command_sandbox(settings: Settings, path: str, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    """Through the sandbox that runs on the state directory. Raises ServerRefused if there is none."""
    ready = load_ready(settings.state_dir)
    sealer = await asyncio.to_thread(load_sealer, settings.state_dir / "keys" / "sealing.keys")
    return await _send(ready["ops"], sealer, path, brand, asked)


async def command_server(settings: Settings, path: str, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    """Through the server that runs on this machine, or without one. Raises ServerRefused, ConfigurationRefused or KeyStoreFailed."""
    try:
        async with open_keys(settings) as keys:
            return await _send(f"http://127.0.0.1:{settings.ops_port}", keys.sealer, path, brand, asked)
    except ServerAbsent:
        return await _run_here(settings, path, brand, asked)


async def _send(ops: str, sealer: Sealer, path: str, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    target = target_of(path, brand, asked)
    authorization = sign_command(sealer, target, SystemClock().wall(), RandomIds().uuid())
    return await asyncio.to_thread(post_command, ops + target, authorization)


async def _run_here(settings: Settings, path: str, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        try:
            parts = await open_parts(stack, settings)
        except ConfigurationRefused as refused:
            if str(refused) != REFUSAL:
                raise
            raise ServerRefused(
                f"a server runs on this database, but not on this machine, or not with ops_port {settings.ops_port}: run the command where it runs"
            ) from None
        composition = await stack.enter_async_context(compose(parts))
        return await run_command(composition.services, parts.brands, path, brand, asked)

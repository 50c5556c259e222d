"""A TPP registers software of its own and manages the registration. RFC 7591 section 3, RFC 7592 section 2."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs, turned
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.wire import Answer


async def register(tpp: Tpp, metadata: Mapping[str, Any], *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
    """Register another client by the TPP's software statement. Returns the answer, a refusal too."""
    body = json.dumps({"software_statement": tpp.folder.software_statement, **metadata}).encode()
    return await manage(tpp, "POST", (await tpp.discover())["registration_endpoint"], None, body, knobs=knobs)


async def manage(
    tpp: Tpp, method: str, url: str, token: str | None, body: bytes = b"", *, knobs: Knobs = AS_IT_SHOULD_BE
) -> Answer:
    """One call to a registration. Returns the answer, a refusal too."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return await tpp.wire.call(method, url, certificate=knobs.certificate, headers=turned(headers, knobs.headers), body=body)

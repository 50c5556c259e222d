"""A small Vault: the part of its Transit engine that a key store uses, true to its checks, with knobs for what can go wrong.

It encrypts for real, with a key derived from name, version and context, so that everything opens only where it belongs.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.a-token-of-the-tests"
KEY = "portcullis"
MOUNT = "transit"
CIPHERTEXT = re.compile(r"vault:v(\d+):([A-Za-z0-9+/=]+)")


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class FakeVault:
    """`mischief` is what the next answers are instead of good ones: a status, or raw bytes of a body, or None for silence."""

    url: str = ""
    token: str = TOKEN
    namespace: str = ""
    derived: bool = True
    kind: str = "aes256-gcm96"
    version: int = 1
    mischief: list[int | bytes | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    root: bytes = field(default_factory=lambda: os.urandom(32))

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path))
        if self.mischief:
            match self.mischief.pop(0):
                case None:
                    await asyncio.sleep(60)
                case bytes() as body:
                    return web.Response(body=body, content_type="application/json")
                case int() as status:
                    return web.json_response({"errors": ["as the test wishes"]}, status=status, headers={"Location": "/another"})
        try:
            return web.json_response({"request_id": "r", "data": self.answer(request, await request.read())})
        except Refused as refused:
            return web.json_response({"errors": [refused.reason]}, status=refused.status)

    def answer(self, request: web.Request, body: bytes) -> dict[str, Any]:
        if request.headers.get("X-Vault-Token") != self.token or request.headers.get("X-Vault-Namespace", "") != self.namespace:
            raise Refused(403, "permission denied")
        if request.headers.get("X-Vault-Request") != "true":
            raise Refused(412, "required 'X-Vault-Request' header is missing")
        match request.method, request.path.removeprefix(f"/v1/{MOUNT}/").split("/"):
            case "GET", ["keys", name] if name == KEY:
                return {"name": name, "type": self.kind, "derived": self.derived, "latest_version": self.version}
            case "POST", ["encrypt", name] if name == KEY:
                return self.encrypt(**self.parsed(request, body))
            case "POST", ["decrypt", name] if name == KEY:
                return self.decrypt(**self.parsed(request, body))
            case _:
                raise Refused(404, "no handler, or no such key")

    def parsed(self, request: web.Request, body: bytes) -> dict[str, Any]:
        document = json.loads(body)
        self.bodies.append(document)
        return document

    def encrypt(self, *, plaintext: str, context: str) -> dict[str, Any]:
        nonce = os.urandom(12)
        sealed = nonce + self.cipher(self.version, context).encrypt(nonce, unb64(plaintext, "plaintext"), None)
        return {"ciphertext": f"vault:v{self.version}:{base64.b64encode(sealed).decode()}", "key_version": self.version}

    def decrypt(self, *, ciphertext: str, context: str) -> dict[str, Any]:
        found = CIPHERTEXT.fullmatch(ciphertext)
        if found is None or not 1 <= int(found[1]) <= self.version:
            raise Refused(400, "invalid ciphertext: no prefix, or an unknown version")
        sealed = unb64(found[2], "ciphertext")
        try:
            opened = self.cipher(int(found[1]), context).decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            raise Refused(400, "cipher: message authentication failed") from None
        return {"plaintext": base64.b64encode(opened).decode()}

    def cipher(self, version: int, context: str) -> AESGCM:
        """As Vault does: without `derived`, the context counts for nothing."""
        bound = unb64(context, "context") if self.derived else b""
        if self.derived and not bound:
            raise Refused(400, "missing 'context' for key derivation")
        return AESGCM(hashlib.sha256(self.root + version.to_bytes(4, "big") + bound).digest())


def unb64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(400, f"failed to base64-decode {what}") from None


@asynccontextmanager
async def running_vault() -> AsyncIterator[FakeVault]:
    """Listening on loopback while the context is open."""
    vault = FakeVault()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", vault.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    vault.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield vault
    finally:
        await runner.cleanup()

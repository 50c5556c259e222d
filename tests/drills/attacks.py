"""The acts of one attacker with one connection, by the name of the drill."""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import Mapping

from tests.drills.enemy import Attack, Enemy

HEAD_PIECES, PIECE_BYTES = 64, 16_384  # a head of 1 MiB, without end
BODY_BYTES, BODY_ANNOUNCED = 60_000, 65_536
CALLS = 3  # of each connection that floods
FORM = "application/x-www-form-urlencoded"


async def unfinished_head(enemy: Enemy, number: int) -> None:
    """Header fields without end."""
    reader, writer = await enemy.connect(number, mtls=number % 2 == 1)
    writer.write(b"GET /jwks HTTP/1.1\r\nHost: localhost\r\n")
    for piece in range(HEAD_PIECES):
        writer.write(b"X-%06d: %s\r\n" % (piece, b"a" * (PIECE_BYTES - 12)))
        try:
            await asyncio.wait_for(writer.drain(), 1)
        except TimeoutError:
            break  # the server reads no further
        if reader.at_eof() or writer.is_closing():
            break
    enemy.tally.counts[f"refused {await _read_refusal(reader)}"] += 1
    await _ended(reader)


async def slow_body(enemy: Enemy, number: int) -> None:
    """A form that is sent all but its end."""
    _, writer = await enemy.connect(number, mtls=number % 2 == 1)
    writer.write(_head(enemy, "POST", "/par" if number % 3 else "/token", length=BODY_ANNOUNCED if number % 3 else 16_384))
    writer.write(b"a" * (BODY_BYTES if number % 3 else 15_000))
    await writer.drain()


async def large_body(enemy: Enemy, number: int) -> None:
    """A megabyte for a resource API, from who has no token."""
    path = "/open-banking/v4.0/aisp/account-access-consents"
    reader, writer = await enemy.connect(number, mtls=number % 2 == 1)
    writer.write(_head(enemy, "POST", path, length=1_048_576, media_type="application/json"))
    writer.write(b"a" * 1_000_000)
    enemy.tally.counts[f"answered {await enemy.answer(reader)}"] += 1


async def silent_tcp(enemy: Enemy, number: int) -> None:
    """A TCP connection, and not a byte."""
    await enemy.connect(number, tls=False, mtls=number % 2 == 1)


async def broken_handshake(enemy: Enemy, number: int) -> None:
    """The beginning of a handshake, and no more."""
    _, writer = await enemy.connect(number, tls=False, mtls=number % 2 == 1)
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    await writer.drain()


async def idle(enemy: Enemy, number: int) -> None:
    """A handshake, and then nothing."""
    await enemy.connect(number, mtls=number % 2 == 1)


async def invented_cookies(enemy: Enemy, number: int) -> None:
    cookie = f"__Host-journey={secrets.token_urlsafe(32)}; __Host-dashboard={secrets.token_urlsafe(32)}"
    paths = ("/login", "/consent", "/consents")
    await _flood(enemy, number, [("GET", paths[call % len(paths)], {"Cookie": cookie}, b"") for call in range(CALLS)])


async def invented_forms(enemy: Enemy, number: int) -> None:
    cookie = {"Cookie": f"__Host-journey={secrets.token_urlsafe(32)}", "Content-Type": FORM}
    await _flood(enemy, number, [("POST", "/login", cookie, b"username=alice&password=guess")] * CALLS)


async def unknown_clients(enemy: Enemy, number: int) -> None:
    def path() -> str:
        return (
            f"/authorize?client_id={secrets.token_hex(8)}&request_uri=urn:ietf:params:oauth:request_uri:{secrets.token_hex(16)}"
        )

    await _flood(enemy, number, [("GET", path(), {}, b"") for _ in range(CALLS)])


async def key_sets(enemy: Enemy, number: int) -> None:
    await _flood(
        enemy, number, [("GET", "/jwks", {}, b""), ("GET", "/.well-known/openid-configuration", {}, b"")] * (CALLS // 2 + 1)
    )


async def anonymous_tokens(enemy: Enemy, number: int) -> None:
    await _flood(enemy, number, [("POST", "/token", {"Content-Type": FORM}, _invented_assertion()) for _ in range(CALLS)])


async def anonymous_pushes(enemy: Enemy, number: int) -> None:
    await _flood(enemy, number, [("POST", "/par", {"Content-Type": FORM}, _invented_assertion()) for _ in range(CALLS)])


async def anonymous_reads(enemy: Enemy, number: int) -> None:
    base = "/open-banking/v4.0/aisp"
    calls = [
        ("GET", f"{base}/accounts", {"Authorization": f"Bearer {secrets.token_urlsafe(64)}"}, b""),
        ("GET", f"{base}/accounts/{secrets.token_hex(8)}/transactions", {}, b""),
        ("POST", f"{base}/account-access-consents", {"Content-Type": "application/json"}, b"{}"),
    ]
    await _flood(enemy, number, calls, mtls=True)


HOLDING: Mapping[str, Attack] = {
    "heads": unfinished_head,
    "slow-bodies": slow_body,
    "large-bodies": large_body,
    "silent-tcp": silent_tcp,
    "broken-handshakes": broken_handshake,
    "idle": idle,
}
FLOODING: Mapping[str, Attack] = {
    "cookies": invented_cookies,
    "forms": invented_forms,
    "clients": unknown_clients,
    "documents": key_sets,
    "tokens": anonymous_tokens,
    "pushes": anonymous_pushes,
    "reads": anonymous_reads,
}


async def _flood(enemy: Enemy, number: int, calls: list[tuple[str, str, dict[str, str], bytes]], *, mtls: bool = False) -> None:
    reader, writer = await enemy.connect(number, mtls=mtls)
    for method, path, headers, body in calls:
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{enemy.target.mtls if mtls else enemy.target.public}"]
        lines += [f"{name}: {value}" for name, value in {**headers, "Content-Length": str(len(body))}.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        status = await enemy.answer(reader)
        enemy.tally.counts[f"answered {status}" if status else "cut off"] += 1
        if status == 0:
            break
    writer.close()


async def _read_refusal(reader: asyncio.StreamReader) -> str:
    try:
        line = await asyncio.wait_for(reader.readline(), 5)
    except (TimeoutError, OSError):
        return "in silence"
    return line.split()[1].decode() if line.count(b" ") >= 2 else "in silence"


async def _ended(reader: asyncio.StreamReader) -> None:
    """Until the server ends the connection, or for five seconds."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            while await reader.read(1024):
                pass


def _head(enemy: Enemy, method: str, path: str, *, length: int, media_type: str = FORM) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost:{enemy.target.public}\r\n"
    return f"{head}Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n".encode()


def _invented_assertion() -> bytes:
    def part(document: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    client = secrets.token_hex(8)
    token = f"{part({'alg': 'PS256', 'kid': 'k'})}.{part({'iss': client, 'sub': client, 'jti': client})}.{'A' * 342}"
    kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
    return f"grant_type=client_credentials&client_assertion_type={kind}&client_assertion={token}".encode()

"""Open the three listeners on one front door, announce them, and serve until a signal stops them."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from kernel import json
from kernel.brand import Brand
from kernel.config import ConfigurationRefused
from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.limits import Limits
from kernel.http.admission.newcomers import Newcomers
from kernel.http.admission.places import CAPS, Places
from kernel.http.client_cert import TrustedProxies
from kernel.http.message import Listener, Request, Response
from kernel.http.server.listener import serve
from kernel.http.tls import TlsIdentity, follow_identity, mtls_context, public_context, stamp_of
from kernel.observability.loop_delay import watch_delay
from kernel.observability.telemetry import Telemetry
from openapi import DIALECTS
from portcullis.serving.descriptors import OPS_CONNECTIONS_MAX
from portcullis.serving.front import FrontDoor
from portcullis.serving.memory import Collector, collect_when_calm, permanent
from portcullis.serving.ops.surface import Ops
from portcullis.settings.schema import Settings
from portcullis.shutdown import cancel

LOOPBACK = "127.0.0.1"
ROOM_BELOW = 60_000
OPS_LIMITS = Limits(connections=OPS_CONNECTIONS_MAX, connections_per_address=OPS_CONNECTIONS_MAX)


@asynccontextmanager
async def open_listeners(
    settings: Settings,
    front: FrontDoor,
    ops: Ops,
    identity: TlsIdentity,
    anchors: Sequence[Path],
    *,
    telemetry: Telemetry,
    reuse_port: bool = False,
) -> AsyncIterator[None]:
    """Accept on all three ports while the context is open. Raises ConfigurationRefused naming the port that cannot be opened."""
    tls12 = settings.tls is not None and settings.tls.minimum_version == "1.2"
    loaded = await asyncio.to_thread(stamp_of, identity)
    public, mtls = public_context(identity, tls12=tls12), mtls_context(identity, anchors, tls12=tls12)
    limits = _limits(settings)
    bodies, newcomers = _bodies(settings, telemetry), _newcomers(telemetry)
    async with AsyncExitStack() as stack:
        following = asyncio.create_task(follow_identity((public, mtls), identity, loaded), name="server certificate")
        stack.push_async_callback(cancel, following)
        watching = asyncio.create_task(watch_delay(telemetry.loop_delay.observe), name="loop delay")
        stack.push_async_callback(cancel, watching)
        faces: tuple[tuple[Listener, int, ssl.SSLContext], ...] = (
            ("public", settings.public_port, public),
            ("mtls", settings.mtls_port, mtls),
        )
        houses = _houses(settings, limits, telemetry)
        collector = Collector(list(houses.values()), newcomers.has_known_callers)
        stack.push_async_callback(cancel, asyncio.create_task(collect_when_calm(collector), name="memory"))
        for listener, port, context in faces:
            with _name_port(f"{listener}_port", settings.bind, port):
                await stack.enter_async_context(
                    serve(
                        front.handle,
                        refuse=front.refuse,
                        host=settings.bind,
                        port=port,
                        ssl_context=context,
                        listener=listener,
                        limits=limits,
                        proxies=TrustedProxies.parse(settings.trusted_proxies),
                        bodies=bodies,
                        places=houses[listener],
                        newcomers=newcomers,
                        reuse_port=reuse_port,
                    )
                )
        with _name_port("ops_port", LOOPBACK, settings.ops_port):
            await stack.enter_async_context(_serve_ops(ops, settings.ops_port))
        stack.enter_context(permanent())
        stack.enter_context(_accept(ops))
        yield


@contextmanager
def _accept(ops: Ops) -> Iterator[None]:
    ops.accepting = True
    try:
        yield
    finally:
        ops.accepting = False


def _serve_ops(ops: Ops, port: int) -> AbstractAsyncContextManager[object]:
    return serve(
        ops.handle,
        refuse=refuse_ops,
        host=LOOPBACK,
        port=port,
        ssl_context=None,
        listener="public",
        limits=OPS_LIMITS,
        places=Places("ops", OPS_LIMITS),
    )


def _bodies(settings: Settings, telemetry: Telemetry) -> BodyRoom:
    bodies = BodyRoom.split(settings.bodies.buffered_bytes, settings.bodies.buffered_bytes_per_peer)
    telemetry.watch("body_bytes", "Bytes of request bodies, in memory or spooled.", lambda: bodies.held)
    return bodies


def _newcomers(telemetry: Telemetry) -> Newcomers:
    newcomers = Newcomers()
    telemetry.watch("newcomers_waiting", "Handshakes and requests without a certificate that wait.", lambda: newcomers.waiting)
    return newcomers


def _limits(settings: Settings) -> Limits:
    return Limits(
        body_seconds=settings.bodies.seconds,
        connections=settings.connections.per_listener,
        connections_per_address=settings.connections.per_address,
        connections_per_organisation=settings.connections.per_organisation,
    )


def _houses(settings: Settings, limits: Limits, telemetry: Telemetry) -> dict[Listener, Places]:
    """The places of each TLS listener, with their counts in the metrics."""
    proxies, balancers = TrustedProxies.parse(settings.trusted_proxies), TrustedProxies.parse(settings.connections.balancers)
    listeners: tuple[Listener, ...] = ("public", "mtls")
    houses = {listener: Places(listener, limits, proxies=proxies, balancers=balancers) for listener in listeners}
    for listener, places in houses.items():
        _watch(telemetry, listener, places)
    return houses


def _watch(telemetry: Telemetry, listener: Listener, places: Places) -> None:
    telemetry.watch("connections", "Open connections, from accept.", lambda: places.open, listener=listener)
    for cap in CAPS:
        for name, counted in (("refused", places.refused), ("displaced", places.displaced)):
            telemetry.watch(
                f"connections_{name}",
                f"Connections {name} since the start, because one of the limits was reached.",
                partial(counted.__getitem__, cap),
                listener=listener,
                cap=cap,
            )


@contextmanager
def _name_port(key: str, host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigurationRefused(
            f"{key}: cannot listen on {host}:{port} ({error.strerror or type(error).__name__}). "
            f"Stop what uses it, or choose another port: PORTCULLIS_{key.upper()}={port + 1000 if port < ROOM_BELOW else port - 1000}"
        ) from None


def check_ports(settings: Settings) -> None:
    """Check that all three ports are free, before the slow part of the start. Raises ConfigurationRefused naming one that is not."""
    for key, host, port in (
        ("public_port", settings.bind, settings.public_port),
        ("mtls_port", settings.bind, settings.mtls_port),
        ("ops_port", LOOPBACK, settings.ops_port),
    ):
        with _name_port(key, host, port):
            for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a listener does
                    if family == socket.AF_INET6:
                        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    probe.bind(address)


def ready_document(settings: Settings, brand: Brand) -> bytes:
    """The content of ready.json: the server's addresses. It is written last, when every listener accepts."""
    dialects = {
        dialect.name: brand.mtls_url + dialect.services[0].base_path for dialect in DIALECTS if dialect.name in brand.dialects
    }
    document = {
        "issuer": brand.issuer,
        "mtls": brand.mtls_url,
        "ops": f"http://127.0.0.1:{settings.ops_port}",
        "pid": os.getpid(),
        "dialects": dialects,
    }
    return json.encode(document | ({"core_bank": settings.core_bank_url} if settings.upstream == "core_bank" else {}))


def refuse_ops(_request: Request, _problem: Exception) -> Response:
    return Response(400)

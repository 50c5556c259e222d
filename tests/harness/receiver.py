"""A TPP's notification endpoint: an https server of the test's own on loopback, which answers as the test says and remembers what came."""

import asyncio
import datetime
import ipaddress
import queue
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.harness.patience import PATIENCE_SECONDS

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Notification:
    path: str
    body: bytes
    authorization: str
    media_type: str
    headers: Mapping[str, str]


class Receiver(ThreadingHTTPServer):
    """`answers`: status and headers by path; 204 for any other."""

    daemon_threads = True

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Hearing)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.came: queue.Queue[Notification] = queue.Queue()

    def url(self, path: str) -> str:
        return f"https://localhost:{self.server_address[1]}{path}"

    async def next(self) -> Notification:
        """The next notification. Raises queue.Empty if none comes."""
        return await asyncio.to_thread(self.came.get, timeout=PATIENCE_SECONDS)


class _Hearing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        said = self.headers
        notification = Notification(self.path, body, said.get("Authorization", ""), said.get("Content-Type", ""), dict(said))
        status, sent = self.server.answers.get(self.path, (204, {}))
        self.send_response(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.server.came.put(notification)

    def log_message(self, *_: object) -> None:
        pass


def make_certificate(folder: Path) -> Path:
    """A certificate of `localhost` that vouches for itself, and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "receiver.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


@contextmanager
def receiving(certificate: Path) -> Iterator[Receiver]:
    """The receiver, on a port of its own."""
    receiver = Receiver(certificate)
    thread = threading.Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
        thread.join()

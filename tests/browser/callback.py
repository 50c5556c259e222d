"""A TPP's redirect address that is a page of its own on loopback, so that a browser can land there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Callback(ThreadingHTTPServer):
    """Remembers where it was visited."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Landing)
        self.landed: list[str] = []

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/callback"


class Landing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/callback"):
            self.server.landed.append(f"http://127.0.0.1:{self.server.server_address[1]}{self.path}")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>TPP</title><h1>Back at the TPP</h1>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def callback_server() -> Iterator[Callback]:
    server = Callback()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

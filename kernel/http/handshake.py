"""A TLS handshake in memory: what a client would say of a server's certificate, without a socket."""

import ssl

FLIGHTS_MAX = 10  # flights of messages in one TLS handshake in memory


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> None:
    """As `client` connecting to `host`. Raises ssl.SSLError, of which ssl.SSLCertVerificationError is one."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(FLIGHTS_MAX):
        done = [_is_done(end) for end in ends]  # each takes its turn
        if all(done):
            return
    raise ssl.SSLError("the handshake does not end")


def _is_done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True

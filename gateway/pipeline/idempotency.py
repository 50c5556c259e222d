"""The use of an idempotency key by one call: whose it is, at which endpoint, and the fingerprint of the request."""

import hashlib

from gateway.pipeline.exchange import Exchange, present
from kernel.commands.idempotency import Idempotency, digest_of_json, fingerprint_of
from kernel.http.message import Request
from openapi.dialect import Dialect, Row


def use_of(exchange: Exchange) -> Idempotency:
    """For a row that is idempotent: its policy has read the key, and its body was decoded."""
    row = exchange.row
    is_json = exchange.request.spool is None and row.request is not bytes
    digest = digest_of_json(exchange.request.body) if is_json else _digest_of_bytes(exchange.request)
    return Idempotency(
        brand=exchange.brand.name,
        client_id=present(exchange.caller).actor,
        endpoint=endpoint_of(exchange.dialect, row),
        key=exchange.idempotency_key,
        fingerprint=fingerprint_of(digest, exchange.path),
        former=digest if is_json else None,
    )


def _digest_of_bytes(request: Request) -> bytes:
    return hashlib.sha256(request.body).digest() if request.spool is None else request.spool.sha256


def endpoint_of(dialect: Dialect, row: Row) -> str:
    """The name under which the keys of a row are kept. It is stored: another name forgets them."""
    return f"{dialect.name} {row.method} {row.path}"

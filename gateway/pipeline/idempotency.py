"""The use of an idempotency key by one call: whose it is, for which operation, and the fingerprint of the body."""

import msgspec

from gateway.pipeline.exchange import Exchange, present
from kernel.commands.idempotency import Idempotency, fingerprint_of


def use_of(exchange: Exchange) -> Idempotency:
    """For a row that is idempotent: its policy has read the key, and its body was decoded."""
    return Idempotency(
        brand=exchange.brand.name,
        client_id=present(exchange.caller).actor,
        operation=exchange.row.operation,
        key=exchange.idempotency_key,
        fingerprint=fingerprint_of(msgspec.json.decode(exchange.request.body)),
    )

"""Refuse a request that accepts nothing its operation can produce. RFC 9110 section 12.5.1."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from kernel.errors import MediaTypeUnacceptable
from openapi.dialect import Row

RANGES_MAX = 32  # media ranges of an Accept header that are read


@dataclass(frozen=True)
class Accept:
    name = "accept"

    def applies(self, row: Row) -> bool:
        return row.encode is not None

    async def on_request(self, exchange: Exchange) -> None:
        headers = exchange.request.headers.getall("Accept", [])
        producible = exchange.dialect.media_types_of(exchange.row)
        if headers and not any(accepts(",".join(headers), media_type) for media_type in producible):
            raise MediaTypeUnacceptable(f"none of {', '.join(producible)} is accepted")


def accepts(header: str, media_type: str) -> bool:
    """True if the most specific range that matches has a quality above zero. An empty header accepts anything."""
    kind = media_type.partition("/")[0]
    ranks = {media_type: 3, f"{kind}/*": 2, "*/*": 1}
    ranges = [part for part in header.split(",") if part.strip()]
    matches = []
    for part in ranges[:RANGES_MAX]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name in ranks:
            matches.append((ranks[name], _quality(parameters)))
    best = max(matches, default=None)
    return not ranges or (best is not None and best[1] > 0)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0

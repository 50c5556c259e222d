"""Refuse a body in another media type, charset or coding than the operation reads. RFC 9110 sections 8.3, 8.4 and 15.5.16."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange
from kernel.errors import MediaTypeUnsupported
from openapi.dialect import Row


@dataclass(frozen=True)
class ContentType:
    name = "content_type"

    def applies(self, row: Row) -> bool:
        return row.request is not None

    async def on_request(self, exchange: Exchange) -> None:
        headers = exchange.request.headers
        types = headers.getall("Content-Type", [])
        readable = exchange.dialect.request_media_types_of(exchange.row)
        if len(types) != 1 or not any(_is(types[0], media_type) for media_type in readable):
            raise MediaTypeUnsupported(f"{len(types)} Content-Type headers, or another type than {', '.join(readable)}")
        if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise MediaTypeUnsupported("a content coding")


def _is(header: str, media_type: str) -> bool:
    name, *parameters = (piece.strip().lower() for piece in header.split(";"))
    charsets = [value.strip(' "') for name_, _, value in (p.partition("=") for p in parameters) if name_.strip() == "charset"]
    return name == media_type and all(charset in {"utf-8", "utf8"} for charset in charsets)

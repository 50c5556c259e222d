"""Judges of documents of ISO 20022: the official schemas, in `$PORTCULLIS_SPECS`, and a foreign implementation."""

import importlib
from functools import cache
from typing import Any

from lxml import etree

from tests.official import COUNTS, specs_folder


@cache
def _schema(message: str) -> "etree.XMLSchema | None":
    found = specs_folder() / "iso20022" / f"{message}.xsd"
    return etree.XMLSchema(etree.parse(found)) if found.is_file() else None


def validate(message: str, document: bytes) -> None:
    """Raises AssertionError where a document differs from its schema; where the schema is absent the document is counted as skipped."""
    schema = _schema(message)
    if schema is None:
        COUNTS.skip("the official schemas are absent (set PORTCULLIS_SPECS)")
        return
    assert schema.validate(etree.fromstring(document)), schema.error_log.filter_from_errors()
    COUNTS.validated += 1


def read_by_another(message: str, document: bytes) -> Any:
    """The document as pyiso20022 reads it."""
    from xsdata.formats.dataclass.parsers import XmlParser

    name = message.replace(".", "_")
    module = importlib.import_module(f"pyiso20022.{message[:4]}.{name}.{name}")
    return XmlParser().from_bytes(document, module.Document)


def write_by_another(document: Any) -> bytes:
    from xsdata.formats.dataclass.serializers import XmlSerializer

    return XmlSerializer().render(document).encode()

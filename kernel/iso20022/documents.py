"""Documents of ISO 20022 as they come from others: bytes that are believed in nothing before they have passed here.

The byte cap comes before the parser. A DOCTYPE is refused, so there are no entities; nothing is fetched; the namespace of the one root,
`Document`, decides the message and its version, and no element of another namespace may stand in it. A large document is parsed in a
thread of its own, so that no one waits for it.
"""

import asyncio
import re
from collections.abc import Collection

from lxml import etree

from kernel.iso20022.nodes import DocumentRefused, Node

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024  # of one document, before a parser sees it
INLINE_BYTES_MAX = 65_536  # of a document that is parsed at once; a larger one in a thread
ELEMENTS_MAX = 2_000_000  # of one document: what the parser builds takes far more room than the bytes
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3}\.\d{3}\.\d{2})")
_ENCODINGS = frozenset({"UTF-8", "UTF8", "US-ASCII", "ASCII"})
_ENVELOPE = "Envlp"  # of supplementary data: its content is of a namespace of its own, and is not read


def parse(document: bytes, accepted: Collection[str]) -> tuple[str, Node]:
    """The message, such as camt.053.001.08, and the element in the root. Raises DocumentRefused."""
    if len(document) > DOCUMENT_BYTES_MAX:
        raise DocumentRefused(f"of {len(document):,} bytes; at most {DOCUMENT_BYTES_MAX:,} are read")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRefused(f"no XML document: {error}") from None
    information = root.getroottree().docinfo
    if information.doctype or information.internalDTD is not None:
        raise DocumentRefused("a document with a DOCTYPE is not read")
    if (information.encoding or "UTF-8").upper() not in _ENCODINGS:
        raise DocumentRefused(f"in {information.encoding}; only UTF-8 is read")
    qualified = etree.QName(root)
    found = _NAMESPACE.fullmatch(qualified.namespace or "")
    if qualified.localname != "Document" or found is None:
        raise DocumentRefused("the root is no Document of ISO 20022")
    if found[1] not in accepted:
        raise DocumentRefused(f"a {found[1]}; read are {', '.join(sorted(accepted))}")
    _check_namespaces(root, str(qualified.namespace))
    (message,) = root if len(root) == 1 else (None,)
    if message is None:
        raise DocumentRefused(f"{len(root)} messages in one Document")
    return found[1], Node(message)


async def parse_apart(document: bytes, accepted: Collection[str]) -> tuple[str, Node]:
    """`parse`, without holding up the event loop. Raises DocumentRefused."""
    if len(document) <= INLINE_BYTES_MAX or len(document) > DOCUMENT_BYTES_MAX:
        return parse(document, accepted)
    return await asyncio.to_thread(parse, document, accepted)


def _check_namespaces(root: "etree._Element", namespace: str) -> None:
    """In one pass: who wrote the document may be a stranger."""
    prefix, envelopes, count = f"{{{namespace}}}", 0, 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        is_envelope = element.tag == prefix + _ENVELOPE
        if event == "end":
            envelopes -= is_envelope
            continue
        count += 1
        if count > ELEMENTS_MAX:
            raise DocumentRefused(f"more than {ELEMENTS_MAX:,} elements")
        if not envelopes and not element.tag.startswith(prefix):
            raise DocumentRefused(f"line {element.sourceline}: an element that is not of {namespace}")
        envelopes += is_envelope

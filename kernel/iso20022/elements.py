"""Elements as they are written: a tree of names and values, which lxml makes bytes of. What has no value is left out."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
Element = tuple[str, Any]  # a name, and a text, a Money, or the elements in it; None or none at all: left out


def write(message: str, content: Element) -> bytes:
    """The document of a message such as pain.001.001.09."""
    namespace = f"{NAMESPACE}{message}"
    root = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})
    _append(root, namespace, content)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _append(parent: "etree._Element", namespace: str, content: Element) -> None:
    name, value = content
    if value is None:
        return
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    if isinstance(value, Money):
        element.text = value.decimal()
        element.set("Ccy", value.currency)
    elif isinstance(value, str):
        element.text = value
    else:
        for each in value:
            _append(element, namespace, each)
        if not len(element):
            parent.remove(element)


def instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def side(amount: Money) -> str:
    return "CRDT" if amount.minor >= 0 else "DBIT"


def account(identifier: AccountIdentifier) -> Iterable[Element]:
    """The content of an account's element."""
    if identifier.scheme is Scheme.IBAN:
        return [("Id", [("IBAN", identifier.identification)])]
    return [("Id", [("Othr", [("Id", identifier.identification)])])]


def code(family: str, kind: str) -> Iterable[Element]:
    """A bank transaction code of payments."""
    return [("Domn", [("Cd", "PMNT"), ("Fmly", [("Cd", family), ("SubFmlyCd", kind)])])]

"""One element of a document, read strictly: what is asked for is there once, is of its type, and is not longer than the standard allows."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from kernel.banking.money import Money

if TYPE_CHECKING:
    from lxml import etree

TEXT_CHARACTERS_MAX = 35  # of an identifier in most places of ISO 20022 (Max35Text)
SIGNS = {"CRDT": 1, "DBIT": -1}
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class DocumentRefused(Exception):
    """A document that is not read. The text is for people, and holds nothing of the document but names of elements."""


class Node:
    """An element. Paths name children, with a slash between; each step of one is there once, or is missing where it may be."""

    __slots__ = ("_element", "_namespace")

    def __init__(self, element: "etree._Element") -> None:
        self._element = element
        self._namespace = element.tag[: element.tag.index("}") + 1]

    @property
    def name(self) -> str:
        return str(self._element.tag[len(self._namespace) :])

    def refuse(self, why: str) -> DocumentRefused:
        return DocumentRefused(f"line {self._element.sourceline}, {self.name}: {why}")

    def each(self, name: str) -> Iterator["Node"]:
        """Its children of that name."""
        return (Node(child) for child in self._element if child.tag == self._namespace + name)

    def find(self, path: str) -> "Node | None":
        """Raises DocumentRefused where there are two."""
        found: Node = self
        for step in path.split("/"):
            children = list(found.each(step))
            if len(children) > 1:
                raise found.refuse(f"{len(children)} of {step}, which is there once")
            if not children:
                return None
            found = children[0]
        return found

    def take(self, path: str) -> "Node":
        found = self.find(path)
        if found is None:
            raise self.refuse(f"lacks {path}")
        return found

    def content(self, characters: int = TEXT_CHARACTERS_MAX) -> str:
        """Its own text. Raises DocumentRefused for an empty one, for one that is too long, and for children."""
        if len(self._element):
            raise self.refuse("has elements, and its type is text")
        text = self._element.text or ""
        if not text.strip() or len(text) > characters or not text.isprintable():
            raise self.refuse(f"is empty, holds what cannot be printed, or has more than {characters} characters")
        return str(text)

    def text(self, path: str, characters: int = TEXT_CHARACTERS_MAX) -> str:
        return self.take(path).content(characters)

    def optional(self, path: str, characters: int = TEXT_CHARACTERS_MAX) -> str | None:
        found = self.find(path)
        return None if found is None else found.content(characters)

    def number(self, path: str) -> int | None:
        found = self.optional(path)
        if found is not None and not _NUMBER.fullmatch(found):
            raise self.refuse(f"{path} is no number")
        return None if found is None else int(found)

    def money(self, path: str) -> Money:
        """The amount with its currency: decimals that the currency does not have are refused, not rounded."""
        found = self.take(path)
        try:
            return Money.parse(found.content(), found._element.get("Ccy", ""))  # noqa: SLF001  a node of our own
        except ValueError as error:
            raise found.refuse(str(error)) from None

    def signed(self, amount: str = "Amt", indicator: str = "CdtDbtInd") -> Money:
        """Positive for a credit of the account."""
        found, word = self.money(amount), self.text(indicator)
        if word not in SIGNS:
            raise self.refuse(f"{indicator} is neither CRDT nor DBIT")
        return Money(found.currency, SIGNS[word] * found.minor)

    def day(self, path: str) -> date | None:
        """Of a date, or of a choice between `Dt` and `DtTm`."""
        found = self.find(path)
        if found is None:
            return None
        choice = found.find("Dt") or found.find("DtTm") or found
        match = _DATE.match(choice.content())
        try:
            return date.fromisoformat(match[1] if match is not None else "")
        except ValueError:
            raise choice.refuse("is no date") from None

    def instant(self, path: str) -> datetime | None:
        """One without an offset is UTC, as the standard's own examples are."""
        found = self.find(path)
        if found is None:
            return None
        try:
            return _read_instant(found.content())
        except ValueError:
            raise found.refuse("is no date and time") from None


def _read_instant(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    if "T" not in text:
        raise ValueError(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)

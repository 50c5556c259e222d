"""Judge what a caller names by an id: a text that can be one at all, before any store is asked. Anything else is unknown."""

import re

IDENTIFIER_CHARACTERS_MAX = 128  # of an identifier, as the columns that hold one
_IDENTIFIER = re.compile(rf"[!-~]{{1,{IDENTIFIER_CHARACTERS_MAX}}}", re.ASCII)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_identifier(text: str) -> bool:
    """True if `text` is 1 to 128 visible ASCII characters."""
    return _IDENTIFIER.fullmatch(text) is not None


def is_storable(text: str) -> bool:
    """True if every database, log and wire can hold the text: PostgreSQL holds no NUL, and half of a surrogate pair is no UTF-8."""
    return _UNSTORABLE.search(text) is None

"""Which texts can be an identifier at all. Anything else is unknown without asking a store."""

import re

_IDENTIFIER = re.compile(r"[!-~]{1,128}", re.ASCII)


def is_identifier(text: str) -> bool:
    """Whether `text` is 1 to 128 visible ASCII characters."""
    return _IDENTIFIER.fullmatch(text) is not None

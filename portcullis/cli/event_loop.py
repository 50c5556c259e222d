"""The event loop that a command of the command line runs on."""

import gc
import os
from collections.abc import Coroutine
from typing import Any

OTHERS = 0o077  # what a server writes is for its own user, unless a file says otherwise


def run(work: Coroutine[Any, Any, None]) -> None:
    import uvloop  # noqa: PLC0415  a command loads what it needs

    os.umask(OTHERS)
    gc.freeze()  # with what the command loaded
    uvloop.run(work)

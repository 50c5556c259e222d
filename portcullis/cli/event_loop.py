"""The event loop that a command of the command line runs on."""

import gc
import os
import sys
from collections.abc import Coroutine
from typing import Any

OTHERS = 0o077  # what a server writes is for its own user, unless a file says otherwise

SWITCH_SECONDS = 0.0001  # that a thread may compute while another waits, as one does at each step of a call to SQLite


def run(work: Coroutine[Any, Any, None]) -> None:
    import uvloop  # noqa: PLC0415  a command loads what it needs

    os.umask(OTHERS)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()  # with what the command loaded
    uvloop.run(work)

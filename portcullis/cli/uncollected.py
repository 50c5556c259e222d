"""Load modules without the garbage collector: what is loaded stays until the end. It would find nothing in it, and look for a fifth of
the time that loading takes, then again and again while callers wait."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

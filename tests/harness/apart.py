"""Run a piece of work in a thread of its own: a fixture may be set up while an event loop is running."""

import threading
from collections.abc import Callable


def run_apart(work: Callable[[], None]) -> None:
    """Wait for `work`, and raise what it raised."""
    failures: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]

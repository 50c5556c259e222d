"""The work that one server of a cluster does: the name of its lease, the pause between two runs, and the run."""

from collections.abc import Awaitable, Callable, Sequence

from kernel.storage.lease import Lease, LeaseLost

Work = Callable[[Lease], Awaitable[None]]
Singleton = tuple[str, float, Work]


def in_turn(works: Sequence[Work]) -> Work:
    """All of them as one: what fails in one is raised after the last. LeaseLost ends them at once."""

    async def run(lease: Lease) -> None:
        failures: list[Exception] = []
        for work in works:
            try:
                await work(lease)
            except LeaseLost:
                raise
            except Exception as error:  # it is raised below
                failures.append(error)
        if failures:
            raise ExceptionGroup("in turn", failures)

    return run

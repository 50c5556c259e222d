"""Fails what blocks the event loop while it serves: a file read, a name looked up, a lock waited for, under a coroutine of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from blockbuster import BlockBuster

SERVING = ("kernel", "consent", "orders", "notices", "gateway", "policies", "plugins", "openapi")
MAY_BLOCK = (
    # before anybody is served
    ("kernel/config.py", "read_file"),
    ("kernel/storage/database.py", "_engines"),
    ("kernel/storage/migrate.py", "_scripts"),
    ("kernel/storage/migrate.py", "_run_scripts"),
    ("kernel/storage/migrate.py", "_current_revision"),
    ("kernel/storage/migrate.py", "pending"),
    ("kernel/certificates/trust_lists.py", "load_certificates"),
    ("plugins/certificates/crl_files.py", "load"),
    ("asyncpg/connect_utils.py", "_read_password_from_pgpass"),  # where the URL says no password
    # the source lines of a traceback that is logged
    ("linecache.py", "checkcache"),
    ("linecache.py", "updatecache"),
    ("rich/traceback.py", "_render_stack"),
)


@contextmanager
def never_blocking() -> Iterator[None]:
    watch = _watch()
    watch.activate()
    try:
        yield
    finally:
        watch.deactivate()


@cache
def _watch() -> BlockBuster:
    """One for all tests of a process: making it takes longer than many a test."""
    watch = BlockBuster(list(SERVING))
    for function in watch.functions.values():
        for file, name in MAY_BLOCK:
            function.can_block_in(file, name)
    return watch

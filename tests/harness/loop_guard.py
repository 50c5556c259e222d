"""Fails what blocks the event loop while it serves: a file read, a name looked up, a lock waited for, under a coroutine of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from blockbuster import blockbuster_ctx

SERVING = ("kernel", "consent", "orders", "gateway", "policies", "plugins", "openapi")
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
    with blockbuster_ctx(list(SERVING)) as watched:
        for function in watched.functions.values():
            for file, name in MAY_BLOCK:
                function.can_block_in(file, name)
        yield

"""Databases of a test's own, on SQLite and on PostgreSQL: empty, or the copy of one that was prepared once.

Migrating takes longer than most tests, and so does making a bank or signing keys; copying what one test needed for all others takes
milliseconds.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import sqlalchemy as sa

from portcullis.compose.contexts import upgrade_all
from tests.harness.apart import run_apart

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)

Prepare = Callable[[str], Coroutine[None, None, None]]


async def migrate(url: str) -> None:
    """Every context's tables, without a row."""
    await upgrade_all(url, sandbox=True)


@dataclass
class Databases:
    """`folder` is where SQLite's templates stand; `postgresql` gives the URL of a maintenance database."""

    folder: Path
    postgresql: Callable[[], str]
    serial: Iterator[int] = field(default_factory=itertools.count)
    templates: dict[tuple[str, Prepare], str] = field(default_factory=dict)

    @contextmanager
    def database(self, kind: str, folder: Path, prepare: Prepare | None = None) -> Iterator[str]:
        """The URL of a database that is gone afterwards, or goes with `folder`. `prepare` runs once for all that ask for it."""
        template = None if prepare is None else self._template(kind, prepare)
        if kind == SQLITE:
            yield self._file(folder, template)
            return
        url = self._create(template)
        try:
            yield url
        finally:
            self._execute(f'DROP DATABASE "{name_of(url)}" WITH (FORCE)')

    def _template(self, kind: str, prepare: Prepare) -> str:
        if (kind, prepare) not in self.templates:
            url = self._file(self.folder, None) if kind == SQLITE else self._create(None)
            run_apart(lambda: asyncio.run(prepare(url)))
            self.templates[kind, prepare] = url
        return self.templates[kind, prepare]

    def _file(self, folder: Path, template: str | None) -> str:
        path = folder / f"{next(self.serial)}.db"
        if template is not None:
            shutil.copyfile(name_of(template), path)  # its last connection was closed: all is in this one file
        return f"sqlite:///{path}"

    def _create(self, template: str | None) -> str:
        name = f"t_{os.environ.get('PYTEST_XDIST_WORKER', 'w')}_{os.getpid()}_{next(self.serial)}"
        source = "" if template is None else f' TEMPLATE "{name_of(template)}"'
        self._execute(f'CREATE DATABASE "{name}"{source} STRATEGY file_copy')
        base, _, query = self.postgresql().partition("?")
        return f"{base.rsplit('/', 1)[0]}/{name}?{query}"

    def _execute(self, statement: str) -> None:
        url = self.postgresql()

        async def work() -> None:
            connection = await asyncpg.connect(url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        run_apart(lambda: asyncio.run(work()))


def name_of(url: str) -> str:
    """The database's name, or its file."""
    name = sa.make_url(url).database
    assert name is not None
    return name
